// Everything that the journal's events add up to: books, remembered requests, the position.
#pragma once

#include "ledger/records/batch.h"
#include "ledger/records/event.h"
#include "ledger/state/books.h"
#include "ledger/state/limit_counters.h"
#include "ledger/state/old_refunds.h"
#include "ledger/state/orders.h"
#include "ledger/state/pending_settlements.h"
#include "ledger/state/profiles.h"
#include "ledger/state/request_keys.h"
#include "ledger/state/takings.h"
#include "ledger/state/terms.h"

#include <concepts>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace tuma::ledger {

/// A part that has something due by itself, and when the next of it is.
template <typename Part>
concept HasMoments = requires(const Part& part) {
    { part.next_due() } -> std::same_as<std::optional<Timestamp>>;
};

/// What a state is made with: sizes that bound its memory, and the secret of its hash index.
struct StateLimits {
    std::size_t accounts_max = 16'000'000;
    std::size_t request_keys_max = 4'000'000;
    Duration request_keys_retention = std::chrono::days{7};
    std::uint64_t key_filter_bytes = 0;       ///< as in RequestKeys
    std::uint64_t hash_seed = 0;              ///< as in Books and RequestKeys
    std::size_t orders_max = 1'000'000;       ///< as in Orders
    std::size_t orders_leaving_max = 16'384;  ///< as in Orders
};

/// How far into the journal a state has come.
struct Position {
    std::uint64_t sequence = 0;   ///< last batch applied
    Hash hash{};                  ///< its hash; known to who seals and to who replays
    Timestamp time{};             ///< its time
    TransferId next_transfer{1};  ///< number of the next transfer record

    bool operator==(const Position&) const = default;
};

/// The fold of all events: a list of parts (`parts_of`), each a fold of its own. `apply` decides
/// nothing.
///
/// A part has `save` and `load`; `next_due` if something of it falls due by itself; and
/// `broken_invariants`, by itself or given the parts it rests on. What walks the list (`save`,
/// `load`, `hash`, `broken_invariants`, `next_due`) need not be told of a new part.
class State {
public:
    explicit State(const StateLimits& limits);

    Books books;
    RequestKeys keys;
    Terms terms;
    LimitCounters limit_counters;
    PendingSettlements pending_settlements;
    Profiles profiles;
    Orders orders;
    Takings takings;
    OldRefunds old_refunds;
    Position position;

    /// Carries out one event of the batch that is being decided or replayed at `time`.
    void apply(const Event& event, Timestamp time);
    void apply(const TransferRecord& record, Timestamp time);
    void apply(const AccountOpened& opened, Timestamp time);
    void apply(const AccountChanged& changed, Timestamp time);
    void apply(const RequestRefused& refused, Timestamp time);
    void apply(const SchemeLoaded& loaded, Timestamp time);
    void apply(const SettlementClosed& closed, Timestamp time);
    void apply(const ProfileStored& stored, Timestamp time);
    void apply(const OrderOpened& opened, Timestamp time);
    void apply(const OrderMoved& moved, Timestamp time);
    void apply(const NoticeMoved& moved, Timestamp time);
    void apply(const OrderRecalled& recalled, Timestamp time);

    /// The part of `apply` that does not concern the books: the request key, the next number,
    /// limit counters and pending_settlements.
    void remember(const TransferRecord& record, Timestamp time);

    /// Replays a whole checked batch and moves the position. Returns what does not fit (sequence,
    /// chain, event bytes, ids, counts) in words, or nothing when all is well.
    std::optional<std::string> replay(const BatchView& batch);

    /// Broken invariants of all parts in words, empty when there are none. They hold between
    /// batches. O(accounts).
    std::vector<std::string> broken_invariants() const;

    /// When the first of the parts has something due; nothing when none has.
    std::optional<Timestamp> next_due() const;

    /// Position (without the batch's hash, which the decider does not know) and everything else, in
    /// a canonical order: the same state gives the same bytes.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);
    /// SHA-256 over what `save` writes.
    Hash hash() const;

private:
    /// What a transfer means for accounts with terms.
    void count(const TransferRecord& record, Timestamp time);
    /// Takes one record off `bytes` and applies it, or says why not.
    std::optional<std::string> replay_next(std::span<const std::byte>& bytes, Timestamp time);
};

/// All parts of a state. The order is that of their bytes in a snapshot, and that in which is done
/// what is due at one moment: reservations end before settlements are closed, and both before
/// orders act. A new part goes to the end.
template <typename AnyState>
auto parts_of(AnyState& state) {
    return std::tie(state.books, state.keys, state.terms, state.limit_counters,
                    state.pending_settlements, state.profiles, state.orders, state.takings,
                    state.old_refunds);
}

}  // namespace tuma::ledger
