// The double-entry state machine in memory: accounts, open reservations, what was reversed.
#pragma once

#include "ledger/account.h"
#include "ledger/event.h"
#include "ledger/state_bytes.h"
#include "ledger/transfer.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tuma::ledger {

/// One transfer moves at most this many minor units.
inline constexpr std::int64_t amount_max = 1'000'000'000'000'000;
/// Bounds of a reservation's life.
inline constexpr Duration reservation_min = std::chrono::milliseconds{1};
inline constexpr Duration reservation_max = std::chrono::days{90};

/// A wish to move money, as far as the books are concerned.
struct Posting {
    Purpose purpose = Purpose::transfer;
    AccountId debit;
    AccountId credit;
    Money amount;
    std::uint64_t memo = 0;
};

/// An open reservation.
struct Reservation {
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;
    Timestamp expires_at{};
    Purpose purpose = Purpose::transfer;

    bool operator==(const Reservation&) const = default;
};

/// Accounts and reservations. Every movement is made in two steps: `plan_…` decides, changes
/// nothing and fills in the whole record, or refuses; `apply` carries a record out and decides
/// nothing. Replay is `apply` alone. Only one thread uses it.
class Books {
public:
    /// Holds at most `accounts_max` accounts; memory is touched only as accounts are opened.
    /// `hash_seed` is a secret of the process against identities that collide on purpose; nothing
    /// that is saved or told depends on it.
    explicit Books(std::size_t accounts_max, std::uint64_t hash_seed = 0);

    std::size_t account_count() const { return accounts_.size(); }
    std::size_t accounts_max() const { return accounts_max_; }
    /// The account, or null if the number is zero or was never assigned.
    const Account* find(AccountId id) const;
    /// The account with this external identity, or the zero id.
    AccountId find(const Identity& identity) const;
    const Identity& identity(AccountId id) const;

    /// Refuses, in this order: identity_invalid, identity_taken, account_limits_invalid,
    /// account_capacity_reached.
    std::optional<Refusal> plan_open(AccountOpened& opened) const;
    /// Refuses, in this order: account_not_found, account_already_closed, account_not_empty.
    std::optional<Refusal> plan_change(const AccountChanged& changed) const;

    /// Money that moves at once. Refuses, in this order: amount_not_positive, amount_too_large,
    /// debit_account_not_found, credit_account_not_found, accounts_not_different,
    /// currency_mismatch, account_kind_not_allowed, debit_account_closed, credit_account_closed,
    /// debit_account_frozen, credit_account_frozen, balance_overflow, insufficient_funds,
    /// ceiling_exceeded.
    std::optional<Refusal> plan_post(const Posting& posting, TransferRecord& record) const;
    /// As `plan_post`, with timeout_out_of_range after amount_too_large.
    std::optional<Refusal> plan_reserve(const Posting& posting, Duration timeout, Timestamp now,
                                        TransferRecord& record) const;
    /// `amount` 0 settles all. A freeze does not stop it: the promise was made before.
    /// Refuses, in this order: reservation_not_open, amount_not_positive, exceeds_reservation.
    std::optional<Refusal> plan_settle(TransferId reservation, std::int64_t amount,
                                       TransferRecord& record) const;
    /// Refuses: reservation_not_open. `kind` is released or expired.
    std::optional<Refusal> plan_end(TransferId reservation, TransferKind kind,
                                    TransferRecord& record) const;
    /// Moves `amount` of `original` back, 0 for all that is left of it.
    /// Refuses, in this order: original_not_reversible, amount_not_positive, exceeds_original,
    /// then as `plan_post` from debit_account_closed on.
    std::optional<Refusal> plan_reverse(const TransferRecord& original, std::int64_t amount,
                                        TransferRecord& record) const;

    /// Why `record` cannot be carried out on this state (unknown accounts, another previous record,
    /// other balances, no such reservation), or nothing when it can. For records read from outside.
    std::optional<std::string> misfit(const TransferRecord& record) const;
    std::optional<std::string> misfit(const AccountOpened& opened) const;
    std::optional<std::string> misfit(const AccountChanged& changed) const;

    /// Carries out what a record says and decides nothing. Requires: no `misfit`.
    void apply(const TransferRecord& record);
    void apply(const AccountOpened& opened);
    void apply(const AccountChanged& changed);

    /// Takes back the newest record of both its accounts; for the legs of a set of which a later
    /// one is refused. Requires: `record` is posted, reversed or settled and was applied last;
    /// `settled` is the reservation that a settled one ended.
    void undo(const TransferRecord& record, const std::optional<Reservation>& settled = {});

    /// Already moved back of transfer `original`, minor units.
    std::int64_t reversed_amount(TransferId original) const;
    const Reservation* find_reservation(TransferId id) const;
    std::size_t open_reservations() const { return reservations_.size(); }
    /// The reservation that expires first, ties by number; nothing when none is open.
    std::optional<std::pair<Timestamp, TransferId>> next_expiry() const;

    /// Hints that these accounts will be needed soon.
    void prefetch(AccountId debit, AccountId credit) const;

    /// All open reservations in order of their numbers.
    std::vector<std::pair<TransferId, Reservation>> sorted_reservations() const;

    /// Broken invariants in words, empty when there are none: per currency debits = credits,
    /// posted and pending; floors; ceilings are not checked (they bind only new credits);
    /// reservations = pending sums; safeguarding (trust = owed + own); money outside (bank = bank
    /// accounts). O(accounts).
    std::vector<std::string> broken_invariants() const;

    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError when the bytes do not fit.
    void load(ByteSource& source);

private:
    Account& at(AccountId id);
    /// The refusals that posting and reserving share, from debit_account_not_found on.
    std::optional<Refusal> check_posting(const Posting& posting) const;
    std::size_t slot_of(const Identity& identity) const;
    void index_identity(AccountId id);
    void end_reservation(const TransferRecord& record, Account& debit, Account& credit);
    void load_accounts(ByteSource& source);
    void load_reservations(ByteSource& source);
    void load_reversed(ByteSource& source);

    std::size_t accounts_max_;
    std::vector<Account> accounts_;
    std::vector<Identity> identities_;
    /// Open-addressing table of account numbers by identity; zero is an empty slot.
    struct FreeDeleter {
        void operator()(std::uint32_t* slots) const;
    };
    std::unique_ptr<std::uint32_t[], FreeDeleter> identity_slots_;
    std::size_t identity_mask_ = 0;
    std::uint64_t hash_seed_;
    boost::unordered_flat_map<TransferId, Reservation, std::hash<TransferId>> reservations_;
    std::set<std::pair<Timestamp, TransferId>> expiries_;
    /// Amounts moved back, by original; as many entries as there are reversed records.
    boost::unordered_flat_map<TransferId, std::int64_t, std::hash<TransferId>> reversed_;
};

}  // namespace tuma::ledger
