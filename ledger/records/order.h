// Orders: wishes to move money that take time, because somebody must approve them, answer, or wait.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/transfer.h"
#include "ledger/words/id.h"
#include "ledger/words/money.h"
#include "ledger/words/refusal.h"
#include "ledger/words/time.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::ledger {

/// Where an order stands.
enum class OrderState : std::uint8_t {
    awaiting_customer = 1,  ///< the customer's handset has been asked
    awaiting_merchant = 2,  ///< the merchant has been asked whether it takes the payment
    processing = 3,         ///< the money has moved, or never will; nobody has been told yet
    succeeded = 4,
    failed = 5,
    closed = 6,   ///< ended by the merchant before it was paid
    expired = 7,  ///< nobody paid in time
};
/// Stable snake_case name ("awaiting_customer").
std::string_view name(OrderState state);
/// True for states that last for ever.
constexpr bool is_final(OrderState state) {
    return state >= OrderState::succeeded;
}

/// What the simulated customer does at `Order::acts_at`.
enum class CustomerAction : std::uint8_t {
    none = 0,     ///< nobody acts by itself: an administrator or the wallet does
    approve = 1,  ///< pays; the books may still refuse
    decline = 2,  ///< does not pay, for the reason `Order::decline_code`
};

/// When a notice channel speaks.
enum class NoticeWhen : std::uint8_t { never = 0, ended = 1, succeeded = 2, asked = 3 };

/// What is done to a notice on purpose.
enum class NoticeFault : std::uint8_t { none = 0, lost = 1, twice = 2 };

/// One way of telling somebody outside about an order.
struct NoticeChannel {
    NoticeWhen when = NoticeWhen::never;
    /// The dialect's own number of how it tries again; never interpreted here, and never 0.
    std::uint8_t schedule = 1;
    NoticeFault fault = NoticeFault::none;
    std::uint8_t reserved = 0;
    std::uint32_t delay_ms = 0;  ///< after the order's end, before the first attempt

    bool operator==(const NoticeChannel&) const = default;
};
inline constexpr std::size_t notice_channels = 3;

/// What an account held when an order ended, for reports that state it.
struct WatchedBalance {
    AccountId account;
    std::uint32_t reserved_bytes = 0;
    std::int64_t balance = 0;
    std::int64_t reserved = 0;

    bool operator==(const WatchedBalance&) const = default;
};

/// Bounds of an order's parts.
inline constexpr std::size_t order_keys_max = 4;
inline constexpr std::size_t order_key_bytes_max = 160;
inline constexpr std::size_t order_content_max = 16'000;
inline constexpr std::size_t order_answer_max = 4'000;
inline constexpr std::size_t watched_accounts_max = 4;
inline constexpr std::uint32_t order_children_max = 50;

/// The fixed part of an order as it was asked for; also the front of its journal record.
struct OrderTerms {
    std::uint8_t record_kind = 8;
    std::uint8_t version = 1;
    std::uint16_t size = 0;  ///< of the whole record
    /// The dialect's own number of what kind of order this is; never interpreted here.
    std::uint16_t kind = 0;
    Purpose purpose = Purpose::pay_merchant;
    CustomerAction action = CustomerAction::none;
    OrderId id;
    AccountId debit;   ///< 0: known once somebody pays
    AccountId credit;  ///< 0 with no amount: an enquiry moves no money
    std::int64_t amount = 0;
    OrderId parent;                  ///< the order that this one gives back part of, or 0
    std::int64_t acts_at = 0;        ///< when the customer acts or processing ends, microseconds
    std::int64_t expires_at = 0;     ///< 0: never
    AccountId charges;               ///< who bears the debited side's charges instead of it, or 0
    std::uint16_t decline_code = 0;  ///< the dialect's own number
    Currency currency = Currency::kes;
    std::uint8_t key_count = 0;
    std::uint8_t watched_count = 0;
    /// `order_flag_...`
    std::uint16_t flags = 0;
    std::uint32_t content_bytes = 0;
    std::array<AccountId, watched_accounts_max> watched{};
    std::array<NoticeChannel, notice_channels> channels{};

    bool operator==(const OrderTerms&) const = default;
};
static_assert(sizeof(OrderTerms) == 112);
/// The state that an order is opened in.
OrderState first_state(const OrderTerms& terms);
/// At most one open order of this sort for one debited account.
inline constexpr std::uint16_t order_flag_exclusive = 1;
/// The merchant is asked before anything else happens.
inline constexpr std::uint16_t order_flag_ask_merchant = 2;
/// With `order_flag_ask_merchant`: no answer in time means yes.
inline constexpr std::uint16_t order_flag_silence_accepts = 4;
/// A payment that the customer declines or the books refuse leaves the order open, so that the
/// customer can try again.
inline constexpr std::uint16_t order_flag_keeps_open = 8;
/// Several orders that are paid at once or not at all: this one moves no money itself, the orders
/// with the next numbers that have `order_flag_member` do.
inline constexpr std::uint16_t order_flag_group = 16;
/// One of them: only the group is acted upon.
inline constexpr std::uint16_t order_flag_member = 32;
/// However it ends, other than by being closed, the same order is opened anew for its next moment,
/// until `expires_at`. What the next moment is stands in the flags too: see `repeat_flags`.
inline constexpr std::uint16_t order_flag_repeats = 64;
inline constexpr std::size_t order_members_max = 50;

/// How long it is from one moment of a repeated order to the next.
enum class RepeatPeriod : std::uint8_t {
    day = 0,
    week = 1,
    two_weeks = 2,
    month = 3,
    two_months = 4,
    quarter = 5,
    half_year = 6,
    year = 7,
};
/// The flags of an order that repeats: 64, the period from bit 7 on, `day` from bit 10 on. `day` is
/// the day of the month on which it falls due, 1 to 31, or 0 where days are counted; of a month
/// that has no such day it is the last one.
constexpr std::uint16_t repeat_flags(RepeatPeriod period, unsigned day) {
    return static_cast<std::uint16_t>(order_flag_repeats | static_cast<unsigned>(period) << 7U |
                                      day << 10U);
}
/// Those of its bits that are no flag of their own.
inline constexpr std::uint16_t repeat_bits = 0x7F80;
/// True for what `repeat_flags` makes, and nothing beside it.
bool are_repeat_flags(std::uint16_t flags);
/// Whether an order with these terms can go on without anybody's doing: it says how it repeats, and
/// nothing in it waits for somebody else.
bool can_repeat(const OrderTerms& terms);
/// The moment after `moment` for the flags of an order that repeats, at the same time of the day.
/// Days are those of UTC. Requires: `order_flag_repeats` is among them.
Timestamp next_moment(Timestamp moment, std::uint16_t flags);

/// An order was opened: terms, what it can be found by, and what the dialect needs to answer.
struct OrderOpened {
    OrderTerms terms;
    /// What the order is found by; unique over all orders ("w/1900000001/n/ORDER-1").
    std::vector<std::string> keys;
    /// The dialect's own bytes; never interpreted here.
    std::string content;

    bool operator==(const OrderOpened&) const = default;
    /// Found by its own keys, not by a request's.
    static RequestKey key() { return {}; }
};

/// The fixed part of a change of an order.
struct OrderMoveHead {
    std::uint8_t record_kind = 9;
    std::uint8_t version = 1;
    std::uint16_t size = 0;
    OrderState state = OrderState::processing;
    std::uint8_t watched_count = 0;
    std::uint16_t code = 0;  ///< the dialect's own reason, 0 for none
    OrderId order;
    TransferId transfer;              ///< the first record of what it moved, or 0
    std::int64_t acts_at = 0;         ///< the next moment something happens by itself, 0 for none
    AccountId debit;                  ///< who paid
    Refusal refusal = Refusal::none;  ///< why the books said no
    std::uint16_t answer_bytes = 0;

    bool operator==(const OrderMoveHead&) const = default;
};
static_assert(sizeof(OrderMoveHead) == 40);

/// An order changed. What it says replaces what was there.
struct OrderMoved {
    OrderMoveHead head;
    std::vector<WatchedBalance> balances;
    std::string answer;  ///< what the merchant or the wallet added, the dialect's own bytes

    bool operator==(const OrderMoved&) const = default;
    /// Found by its own keys, not by a request's.
    static RequestKey key() { return {}; }
};

/// Where a notice stands.
enum class NoticeState : std::uint8_t {
    waiting = 1,    ///< for its next attempt
    sending = 2,    ///< an attempt is under way
    delivered = 3,  ///< the receiver has acknowledged it
    given_up = 4,   ///< it is not tried again
};
/// Stable snake_case name ("given_up").
std::string_view name(NoticeState state);

/// A notice came into being or went on.
struct NoticeMoved {
    std::uint8_t record_kind = 10;
    std::uint8_t version = 1;
    std::uint16_t size = 40;
    NoticeState state = NoticeState::waiting;
    std::uint8_t channel = 0;
    std::uint16_t attempts = 0;  ///< begun so far
    NoticeId id;
    OrderId order;
    std::int64_t next_at = 0;  ///< when the next attempt is due, microseconds; 0 for none
    std::uint16_t status = 0;  ///< HTTP status of the last attempt; 0 for no answer
    std::array<std::uint8_t, 6> reserved{};

    bool operator==(const NoticeMoved&) const = default;
    /// Found by its own keys, not by a request's.
    static RequestKey key() { return {}; }
};
static_assert(sizeof(NoticeMoved) == 40);

/// A notice that is not at its end.
struct Notice {
    NoticeId id;
    OrderId order;
    NoticeState state = NoticeState::waiting;
    std::uint8_t channel = 0;
    std::uint16_t attempts = 0;
    std::uint16_t status = 0;
    Timestamp next_at{};  ///< of a waiting notice

    bool operator==(const Notice&) const = default;
};

/// A named piece of configuration (merchant, app, registered addresses) was stored; empty content
/// removes it. Its fixed front; name and content follow.
struct ProfileHead {
    std::uint8_t record_kind = 7;
    std::uint8_t version = 1;
    std::uint16_t size = 0;
    std::uint16_t name_bytes = 0;
    std::uint16_t content_bytes = 0;

    bool operator==(const ProfileHead&) const = default;
};
static_assert(sizeof(ProfileHead) == 8);
inline constexpr std::size_t profile_name_max = 160;
inline constexpr std::size_t profile_content_max = 32'000;

struct ProfileStored {
    ProfileHead head;
    std::string name;
    std::string content;  ///< the dialect's own bytes

    bool operator==(const ProfileStored&) const = default;
    /// Found by its own keys, not by a request's.
    static RequestKey key() { return {}; }
};

/// An order with everything that became of it.
struct Order {
    OrderTerms terms;
    std::vector<std::string> keys;
    std::string content;
    OrderState state = OrderState::awaiting_customer;
    std::uint16_t code = 0;
    Refusal refusal = Refusal::none;
    AccountId debit;
    TransferId transfer;
    Timestamp opened_at{};
    Timestamp moved_at{};
    /// When something next happens by itself; the zero time for never.
    Timestamp acts_at{};
    std::vector<WatchedBalance> balances;
    std::string answer;
    std::int64_t returned = 0;   ///< amount of its children that did not fail
    std::uint32_t children = 0;  ///< that did not fail

    bool operator==(const Order&) const = default;
};

/// The fixed front of a recalled order's record; the order follows.
struct RecallHead {
    std::uint8_t record_kind = 11;
    std::uint8_t version = 1;
    std::uint16_t size = 0;  ///< of the whole record
    std::uint32_t reserved = 0;

    bool operator==(const RecallHead&) const = default;
};
static_assert(sizeof(RecallHead) == 8);

/// An order that had left memory is there again, as it was, because something new happens to it.
struct OrderRecalled {
    RecallHead head;
    Order order;

    bool operator==(const OrderRecalled&) const = default;
    /// Found by its own keys, not by a request's.
    static RequestKey key() { return {}; }
};

}  // namespace tuma::ledger
