// What merchants are owed and when it falls due: the settlement payables by date.
#pragma once

#include "ledger/records/event.h"
#include "ledger/records/state_bytes.h"
#include "ledger/state/books.h"
#include "ledger/state/terms.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tuma::ledger {

/// Everything of one settlement payable that falls due at one moment, minor units.
struct Maturing {
    std::int64_t sales = 0;
    std::int64_t refunds = 0;
    std::int64_t fees = 0;  ///< tax on fees included
    std::int64_t adjustments = 0;
    std::int64_t reserve = 0;  ///< held back earlier
    std::int64_t carried = 0;  ///< from the settlement before
    std::uint32_t sales_count = 0;
    std::uint32_t refunds_count = 0;
    /// Taken off `carried`; what it was before fees matters where the smallest payout looks at
    /// that.
    std::int64_t carried_fees = 0;

    bool operator==(const Maturing&) const = default;
    std::int64_t net() const { return sales - refunds - fees + adjustments + reserve + carried; }
};

/// A fold over transfers that credit or debit a settlement payable with terms, each counted at its
/// `due_at`, and over settlements, which end a moment of an account. Always: the sum of an
/// account's entries is its posted balance.
class PendingSettlements {
public:
    using Key = std::pair<Timestamp, AccountId>;  ///< due, payable

    PendingSettlements() = default;
    PendingSettlements(PendingSettlements&&) = default;
    PendingSettlements& operator=(PendingSettlements&&) = default;

    /// What falls due first, ties by account; nothing when nobody is owed anything.
    std::optional<Key> next() const;
    std::optional<Timestamp> next_due() const {
        const auto first = next();
        return first ? std::optional{first->first} : std::nullopt;
    }
    /// What falls due for `account` at `due`; all zero if nothing.
    Maturing find(const Key& key) const;
    /// Net of all entries of `account`.
    std::int64_t outstanding(AccountId account) const;
    const std::map<Key, Maturing>& entries() const { return entries_; }

    /// Requires: `record` posts money; payouts are skipped, the settlement that follows counts
    /// them.
    void apply(const TransferRecord& record, const Terms& terms);
    void apply(const SettlementClosed& closed);
    /// Why the statement does not fit what fell due or the account's `balance`, which what it paid
    /// out has left already; or nothing.
    std::optional<std::string> violation(const SettlementClosed& closed,
                                         std::int64_t balance) const;

    /// In words, empty when there are none: what falls due of a payable that is paid out = its
    /// balance; it is paid out to a bank account of its currency. O(accounts).
    std::vector<std::string> broken_invariants(const Books& books, const Terms& terms) const;

    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    /// True if settlements of this account are tracked: it has terms with an account to pay out to.
    static bool is_tracked(const Terms& terms, AccountId account);

    /// One account's entries together.
    struct Payable {
        std::int64_t outstanding = 0;
        /// The entry that was counted last, as most records of a day fall due together; null after
        /// a settlement. Entries stay where they are, also when a map moves.
        Maturing* newest = nullptr;
        Timestamp newest_due{};
    };

    /// What `payable` has coming at `due`, all zero if nothing yet.
    Maturing& entry(AccountId account, Payable& payable, Timestamp due);

    std::map<Key, Maturing> entries_;
    boost::unordered_flat_map<AccountId, Payable, std::hash<AccountId>> payables_;
};

}  // namespace tuma::ledger
