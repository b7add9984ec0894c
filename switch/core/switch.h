// The deterministic core: (now, request) → events and outcome. Reads memory, never a clock, a
// socket, a file or entropy.
//
// What belongs to whom
//
//     Switch ──── State       all that the journal's events add up to; nobody else changes it
//        │   └── Rulebook     the schemes, read from the state's bytes; derived, never saved
//        └────── OpenBatch    between `begin` and `finish`; what modules work with
//
// The switch itself knows no rule. It finds out whether a request came before, and hands one that
// is new to its module: the table on top of switch.cpp has one line for each command of
// `core::Command`, and a command without a line does not compile.
//
//     accounts.h      OpenAccount, ChangeAccount, QueryAccount
//     transfers.h     MoveMoney, MoveLinked, Reserve, Settle, Release,     due: reservations
//                     Reverse
//     schemes.h       LoadScheme
//     settlements.h                                                        due: settlements
//     profiles.h      StoreProfile
//     orders.h        OpenOrder, MoveOrder, QueryOrder, ListOrders         due: orders
//     notices.h       EndAttempt, SendNotice, ListNotices                  due: attempts
//     requests.h      QueryRequest, and what is remembered of all others
//
// Modules are functions over an `OpenBatch`. Each plans first: it looks at the state, refuses in
// the order that command.h and the books document, and fills in whole records. Only then does it
// write: `OpenBatch::emit` carries a record out and journals it, and cannot refuse. So a request is
// done whole or not at all, and a replay of the journal, which only carries out, comes to the same
// state. Modules call each other downwards only: orders → notices, order_payment → movements.
//
// One request's states
//
//     handle ─┬─ known key, same digest ── the stored outcome again
//             ├─ known key, other digest ─ modified_request
//             ├─ may have left memory ──── must_look_up: handled again with a `Finding`
//             └─ new ── decided ─┬─ refused: remembered under its key, so a retry hears the same
//                                └─ accepted: its records hold the key
//
// Orders, notices and profiles have keys of their own instead: what is refused leaves nothing.
//
// What it buys: the outcome depends on the journal before it, the batch's time, the request and
// what was found on disk. Two runs over the same inputs give the same bytes, which is what
// recovery, the audit, the simulation and a restart after kill -9 rely on.
//
// One thread owns a switch. Outcomes and effects must not be told before the batch is durable:
// that is the engine's part (switch/engine/engine.h).
#pragma once

#include "ledger/records/batch.h"
#include "ledger/state/state.h"
#include "switch/core/command.h"
#include "switch/core/effect.h"
#include "switch/core/open_batch.h"
#include "switch/core/outcome.h"
#include "switch/core/rules/rulebook.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace tuma::core {

/// Decides requests on top of a ledger state. Between `begin` and `finish` events gather in one
/// batch; outcomes must not be told before that batch is durable.
class Switch {
public:
    /// Throws ledger::StateError when a scheme in the state cannot be read.
    explicit Switch(ledger::State state);
    /// Requires: no open batch.
    Switch(Switch&& other);
    Switch& operator=(Switch&& other);

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
    /// Requires: an open batch.
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
    /// pays merchants out. What is due at one moment is done in the order of the state's parts
    /// (`ledger::parts_of`), orders before attempts. What fell due while nobody ran is done
    /// now, in its order, once.
    Due run_due(std::size_t limit);

    /// What the open batch causes outside, in order; to leave once the batch is durable.
    std::vector<Effect> take_effects() { return std::move(effects_); }

    /// Attempts that were begun before a restart and of which nothing is known: to be made again.
    std::vector<Effect> unfinished() const;

    using Decided = core::Decided;
    /// Closes the batch. A batch without events takes no sequence number and is not to be stored;
    /// its outcomes still wait for the batches before it.
    Decided finish();

    /// When `run_due` will next have something to do.
    std::optional<Timestamp> next_deadline() const { return state_.next_due(); }

    const ledger::State& state() const { return state_; }

    /// Ends the core and gives its state away. `last_hash` is that of the last batch made durable.
    /// Requires: no open batch.
    ledger::State release(const ledger::Hash& last_hash) &&;

private:
    Outcome handle_with_own_key(const Request& request);
    Outcome decide(const Request& request);

    ledger::State state_;
    Rulebook rulebook_;
    std::vector<Effect> effects_;
    /// Refers to the members above.
    std::optional<OpenBatch> batch_;
};

}  // namespace tuma::core
