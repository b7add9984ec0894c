// What can be asked of the switch: one struct a wish, and the envelope that all of them come in.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/event.h"
#include "ledger/records/order.h"
#include "ledger/records/transfer.h"
#include "ledger/state/request_keys.h"
#include "ledger/words/id.h"
#include "ledger/words/money.h"
#include "ledger/words/time.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tuma::core {

/// Most legs of one linked set that a client may send.
inline constexpr std::size_t legs_max = 6;

/// Opens an account. Outcome: its number in `id`. Under a scheme whose class settles to a bank, the
/// bank account that it is paid out to is opened with it: the next number, the identity with
/// ".bank" behind it, no floor.
struct OpenAccount {
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    Currency currency = Currency::kes;
    std::int64_t floor = 0;                     ///< minor units; see ledger::Account::floor
    std::int64_t ceiling = ledger::no_ceiling;  ///< minor units
    ledger::Identity identity{};
    SchemeId scheme{};               ///< whose rules apply; 0 for none
    std::uint8_t account_class = 0;  ///< which of the scheme's classes, counted from 0
};

/// Loads a scheme or a newer version of one. Outcome: its number in `id`. With the first version
/// the operator's accounts of the scheme are opened (see `core::operator_account`).
struct LoadScheme {
    ledger::Identity name{};
    ledger::Identity scheme_version{};
    std::array<std::byte, 32> source_hash{};
    /// As `scheme_bytes` writes it.
    std::shared_ptr<const std::vector<std::byte>> content;
};

/// Moves money at once: issue, redeem, deposit, withdraw, transfer, pay_merchant, refund, disburse,
/// bank_transfer. Between accounts under a scheme the payment is priced: fee, tax and commission
/// are legs of one linked set with it, all or none.
struct MoveMoney {
    ledger::Purpose purpose = ledger::Purpose::transfer;
    AccountId debit;
    AccountId credit;
    Money amount;
    std::uint64_t memo = 0;
};

/// One leg of a linked set.
struct Leg {
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;
};

/// Moves money over 1..6 legs, all or none. Outcome: the number of the first leg's record.
struct MoveLinked {
    Currency currency = Currency::kes;
    std::uint8_t leg_count = 0;
    std::array<Leg, legs_max> legs{};
    std::uint64_t memo = 0;
};

/// Sets money aside until it is settled, released, or `timeout` has passed.
struct Reserve {
    AccountId debit;
    AccountId credit;
    Money amount;
    Duration timeout{};
    std::uint64_t memo = 0;
};

/// Moves `amount` of an open reservation (0: all of it); the rest goes back to the payer.
struct Settle {
    TransferId reservation;
    std::int64_t amount = 0;
    std::uint64_t memo = 0;
};

/// Gives an open reservation back to the payer.
struct Release {
    TransferId reservation;
    std::uint64_t memo = 0;
};

/// Moves a posted or settled transfer back: `amount` of its first record, or 0 for all that is left
/// of every record of its set, the last one first. History is not in memory, so whoever hands this
/// to the core looks the original's records up in the journal first (they never change) and passes
/// them along; null or empty means that there is no such durable transfer.
struct Reverse {
    TransferId original;
    std::int64_t amount = 0;
    std::uint64_t memo = 0;
    std::shared_ptr<const std::vector<ledger::TransferRecord>> records;
    Timestamp original_time{};  ///< when it was decided: the time of its batch
};

/// Freezes, unfreezes or closes an account.
struct ChangeAccount {
    AccountId account;
    ledger::AccountChange change = ledger::AccountChange::freeze;
};

/// Asks for sums and state of an account, by number, or by identity when the number is 0.
struct QueryAccount {
    AccountId account;
    ledger::Identity identity{};
};

/// Asks what became of the request with the envelope's own key.
struct QueryRequest {};

/// Stores a named piece of a dialect's configuration; empty content removes it.
/// Refuses: order_invalid (a name or content beyond its bounds), profile_changed.
struct StoreProfile {
    std::shared_ptr<const ledger::ProfileStored> profile;
    /// If given: only where this is stored now, empty: where nothing is. Who looks first and stores
    /// then is refused if another one has stored in between.
    std::optional<std::string> before{};
};

/// What an order is to be; see ledger::OrderTerms for what is not explained here.
struct OrderRequest {
    /// Everything but number, `acts_at` and `expires_at`, which the moment of decision gives.
    ledger::OrderTerms terms;
    Duration acts_after{};     ///< until the customer acts, processing ends or silence is an answer
    Duration expires_after{};  ///< 0: never
    /// The money moves with the opening and only the telling takes time; what the books refuse
    /// becomes a failed order. Otherwise the customer has to pay first.
    bool decides_now = false;
    /// With `decides_now`: what the books refuse is refused and leaves no order.
    bool refuses_openly = false;
    std::vector<std::string> keys;
    std::string content;
    /// Orders that are paid together with this one, which then moves no money itself: 1..50, each
    /// with an amount, a credited account, keys and content of its own. They are opened with the
    /// numbers that follow this one's, and end as it ends.
    std::vector<OrderRequest> members{};
    /// Of a refund: the first record of what its parent moved, `Order::transfer`.
    TransferId original{};
};

/// Opens an order. Outcome: its number in `id` and the order itself. With a key that an order has
/// already: `order_exists`, and that order; that holds for the keys of members too.
/// With `wish->original`, the records of that set from there on are looked up in the journal and
/// handed over, as for Reverse. Refuses a refund of an order without them: original_not_found.
struct OpenOrder {
    std::shared_ptr<const OrderRequest> wish;
    std::shared_ptr<const std::vector<ledger::TransferRecord>> original{};
};

/// What can be done to an open order from outside.
enum class OrderStep : std::uint8_t {
    approve = 1,  ///< the customer pays
    decline = 2,  ///< the customer or the merchant says no, for the reason `code`
    close = 3,    ///< the merchant does not want it any more
    accept = 4,   ///< the merchant, having been asked, takes the payment
    ignore = 5,   ///< the customer does nothing, whatever it was going to do
};

/// One step of an order.
struct OrderAction {
    OrderId order{};  ///< 0: the one found by `key`
    std::string key{};
    AccountId customer{};  ///< if given: the exclusive order that is open for this account instead
    OrderStep step = OrderStep::approve;
    std::uint16_t code = 0;  ///< the dialect's own reason
    AccountId payer{};       ///< with approve, where the order does not know it
    std::string answer{};    ///< the dialect's own bytes, kept with the order
};

/// Outcome: the order as it is afterwards, also when refused.
struct MoveOrder {
    std::shared_ptr<const OrderAction> act;
};

/// Asks for an order by number, or by key when the number is 0.
struct QueryOrder {
    OrderId order{};
    std::string key{};
    AccountId customer{};  ///< if given: the exclusive order that is open for this account instead
};

/// Most orders that one ListOrders looks at.
inline constexpr std::uint32_t listed_orders_max = 1'000;

/// Asks for orders of some kinds behind number `after`, in order of their numbers. Looks at
/// `listed_orders_max` of them at most. Outcome: those that fit in `orders`; in `id` where to go
/// on, 0 at the end. With `newest` it looks at the last so many orders instead, as far as they are
/// in memory, and `id` is how many have been opened.
struct ListOrders {
    OrderId after{};
    std::uint16_t kind_first = 0;
    std::uint16_t kind_last = 0xFFFF;
    std::uint32_t newest = 0;
};

/// The numbers that a ListOrders looks at: from the first to before the second. `next` is that of
/// the next order to be opened.
constexpr std::pair<OrderId, OrderId> listed_range(const ListOrders& command, OrderId next) {
    const std::uint64_t last = next.value - 1;
    // What is behind the newest order is the end, whatever number was given.
    std::uint64_t first = (command.after.value < last ? command.after.value : last) + 1;
    if (command.newest != 0) {
        const std::uint64_t most = std::min(command.newest, listed_orders_max);
        first = most < last ? next.value - most : 1;
    }
    const std::uint64_t stop = first + listed_orders_max;
    return {OrderId{first}, OrderId{stop < next.value ? stop : next.value}};
}

/// An attempt to deliver a notice came to an end. Outcome: the notice's `ledger::NoticeState` as a
/// number in `id`; 0 when nothing was changed.
struct EndAttempt {
    NoticeId notice;
    std::uint16_t attempt = 0;  ///< 1 for the first; a late word on an earlier one changes nothing
    std::uint16_t status = 0;   ///< HTTP status, 0 for no answer
    bool is_delivered = false;
    /// When it is not delivered: how long until the next attempt; nothing: there is none.
    std::optional<Duration> again_after{};
};

/// Tries a notice of an order again at once, or tells about an ended order once more.
struct SendNotice {
    OrderId order;
    std::uint8_t channel = 0;
};

/// What was found on disk of what a request is about and what had left memory.
struct Finding {
    /// The newest request with this key among those that have left, or nothing.
    std::optional<ledger::RememberedRequest> request{};
    /// How many requests had been remembered when it was asked for: what came since is in memory,
    /// unless it has left by now; then it is to be looked for again.
    std::uint64_t asked_at = 0;
    /// False when the disk could not be read: the request is not executed.
    bool is_readable = true;
    /// Orders that the command is about, by key or number, among those that have left.
    std::vector<std::shared_ptr<const ledger::Order>> orders{};
    /// As `asked_at`, for orders that were on their way out.
    std::uint64_t orders_asked_at = 0;
};

/// Most notices that one ListNotices gives.
inline constexpr std::uint32_t listed_notices_max = 1'000;

/// Asks for open notices, of one order or of all when it is 0. Outcome: the newest in `notices`,
/// the newest first, `most` or `listed_notices_max` of them at most; in `id` how many notices there
/// ever were.
struct ListNotices {
    OrderId order{};
    std::uint32_t most = listed_notices_max;
};

using Command =
    std::variant<OpenAccount, MoveMoney, MoveLinked, Reserve, Settle, Release, Reverse,
                 ChangeAccount, QueryAccount, QueryRequest, LoadScheme, StoreProfile, OpenOrder,
                 MoveOrder, QueryOrder, ListOrders, EndAttempt, SendNotice, ListNotices>;

/// A command with what makes it recognisable. Queries need no key; orders have keys of their own.
struct Request {
    RequestKey key;
    Digest digest{};
    /// Not to be executed after this moment, which clients name by their own clocks: it is compared
    /// with the time outside, not with switch time. The zero time means no limit.
    Timestamp valid_until{};
    Command command;
};

}  // namespace tuma::core
