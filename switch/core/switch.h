// The deterministic core: (now, request) → events and outcome. Reads memory, never a clock, a
// socket, a file or chance.
#pragma once

#include "ledger/batch.h"
#include "ledger/state.h"
#include "switch/core/command.h"
#include "switch/core/effect.h"
#include "switch/core/outcome.h"
#include "switch/core/priced_payment.h"
#include "switch/core/rulebook.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace tuma::core {

/// Decides requests on top of a ledger state. Between `begin` and `finish` events gather in one
/// batch; outcomes must not be told before that batch is durable.
class Switch {
public:
    /// Throws ledger::StateError when a scheme in the state cannot be read.
    explicit Switch(ledger::State state);

    /// Opens a batch at switch time `now`; events are appended to `buffer`, which is emptied first.
    /// Requires: no open batch, `now` not before the last batch.
    /// `outside` is what clocks like the clients' show, from which switch time may differ.
    void begin(Timestamp now, std::vector<std::byte> buffer, Timestamp outside);
    void begin(Timestamp now, std::vector<std::byte> buffer) { begin(now, std::move(buffer), now); }

    /// Decides one request inside the open batch. A known key gets the stored outcome, or
    /// `modified_request`; a new one is decided and its outcome remembered, refusals included.
    /// A key that may have left memory is not decided without a `finding` that is new enough: the
    /// outcome says `must_look_up`.
    Outcome handle(const Request& request, const Finding* finding = nullptr);

    /// How many requests were remembered so far, over the whole journal.
    std::uint64_t requests() const { return state_.keys.next(); }
    /// Requests before number `until` are found on disk and may leave memory.
    void may_leave(std::uint64_t until) { state_.keys.may_leave(until); }
    /// The first `until` orders that were on their way out are on disk and may leave memory.
    void orders_may_leave(std::uint64_t until) { state_.orders.may_leave(until); }
    /// What has begun to leave since the last call. Requires: the orders are kept (`Orders::keep`).
    std::vector<std::shared_ptr<const ledger::Order>> take_leaving() {
        return state_.orders.take_leaving();
    }
    /// A finding to be filled in for a request that must be looked up now.
    Finding begin_finding() const {
        return {.asked_at = state_.keys.next(), .orders_asked_at = state_.orders.leaving()};
    }
    /// False for a request that is certainly new or in memory: no need to look for it on disk.
    bool must_look_up(const Request& request) const;

    /// Hints that `request` will be handled soon.
    void prefetch(const Request& request) const;

    /// What became of deadlines.
    struct Due {
        std::size_t expired = 0;  ///< reservations given back
        std::size_t settled = 0;  ///< merchants' settlements closed
        std::size_t orders = 0;   ///< orders that moved by themselves
        std::size_t notices = 0;  ///< attempts of notices begun

        std::size_t count() const { return expired + settled + orders + notices; }
    };
    /// Does what has fallen due, earliest first, `limit` things at most: gives reservations back,
    /// pays merchants out. What fell due while nobody ran is done now, in its order, once.
    Due run_due(std::size_t limit);

    /// A batch that was decided: header without hashes, and its bytes for `ledger::seal`.
    struct Decided {
        ledger::BatchHeader header;
        std::vector<std::byte> bytes;
    };
    /// What the open batch causes outside, in order; to leave once the batch is durable.
    std::vector<Effect> take_effects() { return std::move(effects_); }

    /// Attempts that were begun before a restart and of which nothing is known: to be made again.
    std::vector<Effect> unfinished() const;

    /// Closes the batch. A batch without events takes no sequence number and is not to be stored;
    /// its outcomes still wait for the batches before it.
    Decided finish();

    /// When `run_due` will next have something to do.
    std::optional<Timestamp> next_deadline() const;

    const ledger::State& state() const { return state_; }

    /// Ends the core and gives its state away. `last_hash` is that of the last batch made durable.
    /// Requires: no open batch.
    ledger::State release(const ledger::Hash& last_hash) &&;

private:
    /// Plans record `i` of a set on the state that the records before it have left.
    using PlanLeg = std::function<std::optional<Refusal>(std::size_t, ledger::TransferRecord&)>;

    Outcome decide(const Request& request);
    /// What became of the request with this key, as far as memory and `finding` tell.
    struct Known {
        const ledger::RememberedRequest* request = nullptr;
        bool must_look_up = false;
        bool is_unknowable = false;
    };
    Known known(const RequestKey& key, const Finding* finding) const;
    Outcome undecided(bool must_look_up) const;
    Outcome handle_order(const Request& request, const Finding* finding);
    /// Something that the command is about is not in memory and may be on disk.
    bool lacks_orders(const Command& command) const;
    bool lacks(OrderId id) const;
    bool lacks(const std::string& key) const;
    bool lacks_any(const OrderWish& wish) const;
    bool has_room_for(const Command& command) const;
    /// In memory, or as it was found on disk; null if it is nowhere.
    std::shared_ptr<const ledger::Order> find_order(OrderId id) const;
    std::shared_ptr<const ledger::Order> find_order(const std::string& key) const;
    /// Brings an order back into memory if it is not there, because something happens to it.
    void recall(OrderId id);
    Outcome refuse(const Request& request, Refusal refusal);
    Outcome accept(ledger::TransferRecord& record);
    void emit(ledger::TransferRecord& record);
    void check_own_funds(const ledger::TransferRecord& record) const;
    /// All records or none: on a refusal the ones before it are taken back.
    Outcome post_set(const Request& request, std::span<ledger::TransferRecord> records,
                     const PlanLeg& plan);
    /// Plans and applies the records of a set in order; on a refusal nothing has changed.
    std::optional<Refusal> apply_set(const Request& request,
                                     std::span<ledger::TransferRecord> records,
                                     const PlanLeg& plan);
    /// Remembers and journals the records of an applied set.
    void emit_set(std::span<const ledger::TransferRecord> records);
    void expire(TransferId reservation);
    void settle(const ledger::Maturities::Key& key);
    ledger::SettlementClosed pay_out(const AccountRules& rules, AccountId payable, Timestamp due);
    std::optional<Refusal> plan_account(const OpenAccount& command, ledger::AccountOpened& opened,
                                        std::optional<ledger::AccountOpened>& bank) const;
    std::optional<Refusal> plan_scheme(const LoadScheme& command, ledger::SchemeLoaded& loaded,
                                       RulebookEntry& entry) const;
    /// Own funds of a currency may be short as soon as one of its schemes says so.
    void apply_own_funds_rule(Currency currency);
    std::optional<Refusal> open_operator_accounts(const Scheme& scheme,
                                                  std::vector<ledger::AccountOpened>& opened) const;
    template <typename Record>
    void emit_record(const Record& record) {
        state_.apply(record, now_);
        ledger::append(bytes_, record);
        ++event_count_;
    }
    std::optional<Refusal> check_open(TransferId reservation) const;
    Outcome on(const Request& request, const OpenAccount& command);
    Outcome on(const Request& request, const LoadScheme& command);
    Outcome on(const Request& request, const MoveMoney& command);
    Outcome on(const Request& request, const MoveLinked& command);
    Outcome on(const Request& request, const Reserve& command);
    Outcome on(const Request& request, const Settle& command);
    Outcome on(const Request& request, const Release& command);
    Outcome on(const Request& request, const Reverse& command);
    Outcome on(const Request& request, const ChangeAccount& command);
    Outcome on(const Request& request, const QueryAccount& command) const;
    Outcome on(const Request& request, const QueryRequest& command) const;
    Outcome look_back(const RequestKey& key, const Finding* finding) const;
    Outcome on(const Request& request, const StoreProfile& command);
    Outcome on(const Request& request, const OpenOrder& command);
    Outcome on(const Request& request, const MoveOrder& command);
    Outcome on(const Request& request, const QueryOrder& command) const;
    Outcome on(const Request& request, const ListOrders& command) const;
    Outcome on(const Request& request, const EndAttempt& command);
    Outcome on(const Request& request, const SendNotice& command);
    Outcome on(const Request& request, const ListNotices& command) const;

    std::optional<Refusal> check_wish(const OrderWish& wish) const;
    std::optional<Refusal> check_members(const OrderWish& wish) const;
    /// An order that has one of the wish's keys already, or null.
    std::shared_ptr<const ledger::Order> find_taken(const OrderWish& wish) const;
    void open_member(const OrderWish& wish);
    /// Empty for an order that is no group.
    std::vector<std::shared_ptr<const ledger::Order>> members_of(const ledger::Order& order) const;
    Outcome open_decided(const OrderWish& wish, const ledger::OrderOpened& opened,
                         Original original);
    std::optional<Refusal> price_order(const ledger::OrderTerms& terms, AccountId payer,
                                       PricedPayment& payment, Original original = {}) const;
    /// Moves the members' money, all or none; the numbers of their first records.
    std::optional<Refusal> pay_members(
        const std::vector<std::shared_ptr<const ledger::Order>>& members, AccountId payer,
        std::vector<TransferId>& transfers);
    /// Moves the order's money from `payer`; the number of the first record.
    std::optional<Refusal> pay(const ledger::OrderTerms& terms, AccountId payer,
                               TransferId& transfer, Original original = {});
    /// Whether `original` is of the order that a refund gives back part of, which has that much
    /// left.
    std::optional<Refusal> check_original(const ledger::OrderTerms& terms, Original original) const;
    std::shared_ptr<const ledger::Order> find_order(OrderId id, const std::string& key) const;
    /// The customer pays, or fails to: the order ends, or stays open where it may be tried again.
    std::optional<Refusal> approve(const ledger::Order& order, AccountId payer,
                                   const std::string& answer);
    /// The customer or the merchant says no: the order ends, or stays open as above.
    void decline(const ledger::Order& order, std::uint16_t code, const std::string& answer);
    /// The customer does nothing by itself any more.
    void wait_for_nobody(const ledger::Order& order);
    void move_order(const ledger::Order& order, ledger::OrderMoved moved);
    void end_order(const ledger::Order& order, ledger::OrderState state, std::uint16_t code,
                   const std::string& answer);
    void act(const ledger::Order& order);
    void notify(OrderId order, ledger::NoticeWhen moment);
    void open_notice(const ledger::Order& order, std::uint8_t channel, Duration delay);
    void begin_attempt(const ledger::Notice& notice);

    ledger::State state_;
    Rulebook rulebook_;
    std::vector<std::byte> bytes_;
    std::vector<Effect> effects_;
    Timestamp now_{};
    Timestamp outside_{};
    TransferId first_transfer_{};
    std::uint32_t event_count_ = 0;
    bool is_open_ = false;
    /// Of the request that is being decided.
    const Finding* finding_ = nullptr;
};

}  // namespace tuma::core
