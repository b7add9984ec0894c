// The double-entry state machine in memory: accounts, open reservations, what was reversed.
//
// An account keeps four sums that never fall below zero, in minor units of one currency:
//
//                    debit side                  credit side
//     posted         debits_posted               credits_posted        money that has moved
//     pending        debits_pending              credits_pending       money set aside to move
//
// Its kind has a normal side. Balance is posted on that side less posted on the other; available is
// balance less what is set aside to leave less the floor.
//
// A transfer's states, each step one record that names both accounts and one amount:
//
//     post ──────────────────────────▶ posted ─────┬─ reverse ─▶ reversed, as often as
//     reserve ─▶ reserved ─┬─ settle ─▶ settled ───┘            something of it is left
//                          ├─ release ▶ released
//                          └─ expire ─▶ expired
//
// Every movement takes two steps. `plan_…` is const: it checks everything, in the order of refusals
// that it documents, and fills in the whole record, balances after it included. `apply` carries a
// record out and decides nothing, so that it cannot fail, and a replay of the journal is `apply`
// alone. Between the two nothing may happen to the books: what was planned is true only now.
// A set of linked records is planned and applied record by record; when a later one is refused,
// `undo` takes the earlier ones back, the newest first.
//
// What that buys, and `broken_invariants` checks, at every moment between sets, per currency:
//
//     debits = credits, posted and pending      no record moves money on one side only
//     balance - set aside >= floor              nobody spends what is promised or not there
//     pending sums = open reservations          every promise ends, once
//     trust = owed + own, own >= 0              customers' money is there (safeguarding); own funds
//                                               may be short where the rules in force say so
//     bank = bank accounts                      the world outside, mirrored apart
//
// `violation` says the same of a record from outside, before `apply` is allowed to see it.
//
// Who owns what: the books own accounts, their identities and reservations, for ever: nothing in
// here is forgotten but reservations that ended. History is the journal's. What schemes count and
// what is owed to merchants are parts of their own (limit_counters.h, takings.h,
// pending_settlements.h); they are fed by the same records and kept true by `State`. One thread
// uses the books; replay of a snapshot in the making has books of its own.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/event.h"
#include "ledger/records/state_bytes.h"
#include "ledger/records/transfer.h"

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
    ChargeFate fate = ChargeFate::unsaid;  ///< of a charge
    TransferId subject{};                  ///< what this gives back a part of, or 0
};

__extension__ using WideSum = __int128;

/// The operator's own funds of one currency: what is on fee_income, tax_payable and commission
/// accounts, minor units.
struct OwnFunds {
    Currency currency = Currency::kes;
    WideSum balance = 0;
    WideSum reserved = 0;  ///< set aside to leave them
    /// The rules say that the operator may owe; not a part of what is saved.
    bool may_be_short = false;

    bool is_short() const { return balance < 0 && !may_be_short; }
    /// As an amount of money, cut where it does not fit.
    Money money() const;
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
    /// ceiling_exceeded, own_funds_insufficient.
    /// `incoming`: what later legs of the same set bring to the debited account, which may be paid
    /// out of it; the set as a whole leaves the account where its floor allows.
    std::optional<Refusal> plan_post(const Posting& posting, TransferRecord& record,
                                     std::int64_t incoming = 0) const;
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
    std::optional<std::string> violation(const TransferRecord& record) const;
    std::optional<std::string> violation(const AccountOpened& opened) const;
    std::optional<std::string> violation(const AccountChanged& changed) const;

    /// Carries out what a record says and decides nothing. Requires: no `violation`.
    void apply(const TransferRecord& record);
    void apply(const AccountOpened& opened);
    void apply(const AccountChanged& changed);

    /// Takes back the newest record of both its accounts; for the legs of a set of which a later
    /// one is refused. Requires: `record` is posted, reversed or settled and was applied last;
    /// `settled` is the reservation that a settled one ended.
    void undo(const TransferRecord& record, const std::optional<Reservation>& settled = {});

    /// Already moved back of transfer `original`, minor units: by reversals, and by refunds that
    /// name it.
    std::int64_t reversed_amount(TransferId original) const;
    /// The operator's own funds of a currency; zero where nothing is known of any.
    OwnFunds own_funds(Currency currency) const;
    /// Whether those of any currency are below zero where they may not be.
    bool are_own_funds_short() const { return are_own_funds_short_; }
    /// Those of all currencies that are below zero where they may not be.
    std::vector<OwnFunds> short_own_funds() const;
    /// Whether movements may bring own funds of a currency below zero. Kept by who knows the rules.
    void let_own_funds_be_short(Currency currency, bool may_be_short);
    /// True if the record takes from own funds without adding to others.
    bool lowers_own_funds(const TransferRecord& record) const;
    const Reservation* find_reservation(TransferId id) const;
    std::size_t open_reservations() const { return reservations_.size(); }
    /// The reservation that expires first, ties by number; nothing when none is open.
    std::optional<std::pair<Timestamp, TransferId>> next_expiry() const;
    std::optional<Timestamp> next_due() const {
        if (expiries_.empty()) return std::nullopt;
        return expiries_.begin()->first;
    }

    /// Hints that these accounts will be needed soon.
    void prefetch(AccountId debit, AccountId credit) const;

    /// All open reservations in order of their numbers.
    std::vector<std::pair<TransferId, Reservation>> sorted_reservations() const;

    /// Broken invariants in words, empty when there are none: per currency debits = credits,
    /// posted and pending; floors; ceilings are not checked (they bind only new credits);
    /// reservations = pending sums; safeguarding (trust = owed + own); own funds not below zero
    /// unless they may be; money outside (bank = bank accounts). O(accounts).
    std::vector<std::string> broken_invariants() const;

    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError when the bytes do not fit.
    void load(ByteSource& source);

private:
    /// The accounts of a posting that was found to be possible.
    struct Sides {
        const Account* debit = nullptr;
        const Account* credit = nullptr;
    };

    Account& at(AccountId id);
    /// The refusals that posting and reserving share, from debit_account_not_found on.
    std::optional<Refusal> check_posting(const Posting& posting, std::int64_t incoming,
                                         Sides& sides) const;
    std::optional<Refusal> check_own_funds(const Account& debit, const Account& credit,
                                           std::int64_t amount) const;
    OwnFunds& own_funds_of(Currency currency);
    /// Counts what a movement between these two does to own funds; negative amounts take it back.
    void count_own(const Account& debit, const Account& credit, std::int64_t amount) {
        // Most movements are between customers: only this look stands on their way.
        if (is_own(debit) != is_own(credit))
            add_own(debit.currency, is_own(credit) ? amount : -amount);
    }
    void add_own(Currency currency, std::int64_t amount);
    void look_for_short_own_funds();
    void count_own_reserved(const Account& debit, const Account& credit, std::int64_t amount);
    void count_given_back(TransferId original, std::int64_t amount);
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
    /// One for each currency in which somebody has moved own funds, by first movement.
    std::vector<OwnFunds> own_funds_;
    bool are_own_funds_short_ = false;
    /// Amounts moved back, by original; as many entries as there are originals of reversals and of
    /// refunds that name theirs.
    boost::unordered_flat_map<TransferId, std::int64_t, std::hash<TransferId>> reversed_;
};

}  // namespace tuma::ledger
