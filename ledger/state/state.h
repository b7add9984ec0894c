// Everything that the journal's events add up to: books, remembered requests, the position.
#pragma once

#include "ledger/batch.h"
#include "ledger/books.h"
#include "ledger/event.h"
#include "ledger/maturities.h"
#include "ledger/old_refunds.h"
#include "ledger/orders.h"
#include "ledger/profiles.h"
#include "ledger/request_keys.h"
#include "ledger/takings.h"
#include "ledger/terms.h"
#include "ledger/turnover.h"

#include <optional>

namespace tuma::ledger {

/// What a state is made with: sizes that bound its memory, and the secret of its hash index.
struct StateLimits {
    std::size_t accounts_max = 16'000'000;
    std::size_t request_keys_max = 4'000'000;
    Duration request_keys_retention = std::chrono::days{7};
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

/// The fold of all events. `apply` decides nothing.
class State {
public:
    explicit State(const StateLimits& limits);

    Books books;
    RequestKeys keys;
    Terms terms;
    Turnovers turnovers;
    Maturities maturities;
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
    /// turnovers and maturities.
    void remember(const TransferRecord& record, Timestamp time);

    /// Replays a whole checked batch and moves the position. Returns what does not fit (sequence,
    /// chain, event bytes, ids, counts) in words, or nothing when all is well.
    std::optional<std::string> replay(const BatchView& batch);

    /// Broken invariants in words, empty when there are none: those of the books; what falls due of
    /// a payable that is paid out = its balance; it is paid out to a bank account of its currency.
    /// They hold between batches. O(accounts).
    std::vector<std::string> broken_invariants() const;

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

}  // namespace tuma::ledger
