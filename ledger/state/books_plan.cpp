// The decisions of the books: what is refused, in which order, and the record that follows if not.
#include "ledger/state/books.h"

#include <algorithm>

namespace tuma::ledger {
namespace {

bool is_outside(AccountKind kind) {
    return row(kind).cover == Cover::outside;
}

bool runs_between(Purpose purpose, AccountKind debit, AccountKind credit) {
    using enum AccountKind;
    // What is held for others and what lies at banks outside never mix.
    if (is_outside(debit) != is_outside(credit)) return false;
    switch (purpose) {
        // E-money comes into being only with money at the bank.
        case Purpose::issue:
            return debit == trust && row(credit).cover == Cover::owed;
        case Purpose::redeem:
            return debit != trust && credit == trust;
        case Purpose::deposit:
            return debit == agent_float && credit == wallet;
        case Purpose::withdraw:
            return debit == wallet && credit == agent_float;
        case Purpose::transfer:
            return debit == wallet && credit == wallet;
        // A till has the money at once; a payable waits for its settlement.
        case Purpose::pay_merchant:
            return debit == wallet && (credit == till || credit == settlement_payable);
        case Purpose::adjust:
            return true;
        // Charges run both ways, because they come back with a refund.
        case Purpose::fee:
            return credit == fee_income || debit == fee_income;
        case Purpose::tax:
            return credit == tax_payable || debit == tax_payable;
        case Purpose::commission:
            return (debit == fee_income && credit == AccountKind::commission) ||
                   (debit == AccountKind::commission && credit == fee_income);
        case Purpose::refund:
            return (debit == till || debit == settlement_payable) && credit == wallet;
        case Purpose::disburse:
            return debit == till && credit == wallet;
        // Both ways: what a merchant owes is collected.
        case Purpose::payout:
            return (debit == settlement_payable && (credit == trust || credit == fee_income)) ||
                   (debit == trust && credit == settlement_payable) ||
                   (debit == bank && credit == bank_account) ||
                   (debit == bank_account && credit == bank);
        case Purpose::bank_transfer:
            return is_outside(debit);
    }
    unreachable("a purpose outside the enumeration");
}

// The state part of the checks: closed before frozen, debit before credit.
std::optional<Refusal> check_states(const Account& debit, const Account& credit) {
    if (debit.state == AccountState::closed) return Refusal::debit_account_closed;
    if (credit.state == AccountState::closed) return Refusal::credit_account_closed;
    if (debit.state == AccountState::frozen) return Refusal::debit_account_frozen;
    if (credit.state == AccountState::frozen) return Refusal::credit_account_frozen;
    return std::nullopt;
}

bool overflows(std::int64_t posted, std::int64_t pending, std::int64_t amount) {
    // What is set aside will be posted one day, so that it needs its room already.
    std::int64_t sum = 0;
    return __builtin_add_overflow(posted, pending, &sum) ||
           __builtin_add_overflow(sum, amount, &sum);
}

// The money part: an account's balance falls on the side that is not its normal one.
std::optional<Refusal> check_money(const Account& debit, const Account& credit, std::int64_t amount,
                                   std::int64_t incoming = 0) {
    if (overflows(debit.debits_posted, debit.debits_pending, amount) ||
        overflows(credit.credits_posted, credit.credits_pending, amount))
        return Refusal::balance_overflow;
    // Overflow stands before funds, and funds before ceilings, as their numbers do.
    const bool debit_falls = row(debit.kind).normal_side == Side::credit;
    const bool credit_falls = row(credit.kind).normal_side == Side::debit;
    if (debit_falls && available(debit) < amount - incoming) return Refusal::insufficient_funds;
    if (credit_falls && available(credit) < amount) return Refusal::insufficient_funds;
    if (!debit_falls && headroom(debit) < amount) return Refusal::ceiling_exceeded;
    if (!credit_falls && headroom(credit) < amount) return Refusal::ceiling_exceeded;
    return std::nullopt;
}

std::optional<Refusal> check_amount(std::int64_t amount) {
    if (amount <= 0) return Refusal::amount_not_positive;
    if (amount > amount_max) return Refusal::amount_too_large;
    return std::nullopt;
}

std::int64_t balance_after(const Account& account, Side side, std::int64_t amount) {
    return row(account.kind).normal_side == side ? balance(account) + amount
                                                 : balance(account) - amount;
}

// Everything in a record that follows from the accounts. `posts` is false for records that move
// only pending sums.
void fill_accounts(TransferRecord& record, AccountId debit_id, const Account& debit,
                   AccountId credit_id, const Account& credit, bool posts) {
    const std::int64_t moved = posts ? record.amount : 0;
    record.debit = debit_id;
    record.credit = credit_id;
    record.currency = debit.currency;
    record.debit_previous = debit.last_transfer;
    record.credit_previous = credit.last_transfer;
    record.debit_balance_after = balance_after(debit, Side::debit, moved);
    record.credit_balance_after = balance_after(credit, Side::credit, moved);
}

}  // namespace

std::optional<Refusal> Books::check_posting(const Posting& posting, std::int64_t incoming,
                                            Sides& sides) const {
    const Account* const debit = sides.debit = find(posting.debit);
    if (debit == nullptr) return Refusal::debit_account_not_found;
    const Account* const credit = sides.credit = find(posting.credit);
    if (credit == nullptr) return Refusal::credit_account_not_found;
    if (posting.debit == posting.credit) return Refusal::accounts_not_different;
    const Currency currency = posting.amount.currency;
    if (debit->currency != currency || credit->currency != currency)
        return Refusal::currency_mismatch;
    if (!runs_between(posting.purpose, debit->kind, credit->kind))
        return Refusal::account_kind_not_allowed;
    if (const auto refusal = check_states(*debit, *credit)) return refusal;
    if (const auto refusal = check_money(*debit, *credit, posting.amount.minor, incoming))
        return refusal;
    return check_own_funds(*debit, *credit, posting.amount.minor);
}

std::optional<Refusal> Books::plan_post(const Posting& posting, TransferRecord& record,
                                        std::int64_t incoming) const {
    if (const auto refusal = check_amount(posting.amount.minor)) return refusal;
    Sides sides;
    if (const auto refusal = check_posting(posting, incoming, sides)) return refusal;

    // From here on it must succeed.
    record.kind = TransferKind::posted;
    // Version 1 wherever it says all there is, so that such records stay as they always were.
    if (posting.fate != ChargeFate::unsaid || posting.subject) record.version = 2;
    record.flags =
        static_cast<std::uint16_t>(static_cast<unsigned>(posting.fate) * flag_fate_factor);
    record.subject = posting.subject;
    record.purpose = posting.purpose;
    record.amount = posting.amount.minor;
    record.memo = posting.memo;
    fill_accounts(record, posting.debit, *sides.debit, posting.credit, *sides.credit, true);
    return std::nullopt;
}

std::optional<Refusal> Books::plan_reserve(const Posting& posting, Duration timeout, Timestamp now,
                                           TransferRecord& record) const {
    if (const auto refusal = check_amount(posting.amount.minor)) return refusal;
    if (timeout < reservation_min || timeout > reservation_max)
        return Refusal::timeout_out_of_range;
    Sides sides;
    if (const auto refusal = check_posting(posting, 0, sides)) return refusal;

    // From here on it must succeed.
    record.kind = TransferKind::reserved;
    record.purpose = posting.purpose;
    record.amount = posting.amount.minor;
    record.memo = posting.memo;
    record.due_at = (now + timeout).time_since_epoch().count();
    fill_accounts(record, posting.debit, *sides.debit, posting.credit, *sides.credit, false);
    return std::nullopt;
}

std::optional<Refusal> Books::plan_settle(TransferId reservation, std::int64_t amount,
                                          TransferRecord& record) const {
    // No freeze, ceiling or floor is looked at: the promise was made before, and its sums were
    // checked when it was made.
    const Reservation* open = find_reservation(reservation);
    if (open == nullptr) return Refusal::reservation_not_open;
    if (amount < 0) return Refusal::amount_not_positive;
    if (amount > open->amount) return Refusal::exceeds_reservation;

    // From here on it must succeed: the reservation holds the room in every sum.
    record.kind = TransferKind::settled;
    record.purpose = open->purpose;
    record.subject = reservation;
    record.amount = amount == 0 ? open->amount : amount;
    fill_accounts(record, open->debit, *find(open->debit), open->credit, *find(open->credit), true);
    return std::nullopt;
}

std::optional<Refusal> Books::plan_end(TransferId reservation, TransferKind kind,
                                       TransferRecord& record) const {
    ensure(kind == TransferKind::released || kind == TransferKind::expired,
           "a reservation ends by release or expiry");
    const Reservation* open = find_reservation(reservation);
    if (open == nullptr) return Refusal::reservation_not_open;

    // From here on it must succeed.
    record.kind = kind;
    record.purpose = open->purpose;
    record.subject = reservation;
    record.amount = open->amount;
    fill_accounts(record, open->debit, *find(open->debit), open->credit, *find(open->credit),
                  false);
    return std::nullopt;
}

std::optional<Refusal> Books::plan_reverse(const TransferRecord& original, std::int64_t amount,
                                           TransferRecord& record) const {
    // What never moved cannot be moved back, and a reversal is not reversed in its turn.
    if (original.kind != TransferKind::posted && original.kind != TransferKind::settled)
        return Refusal::original_not_reversible;
    if (amount < 0) return Refusal::amount_not_positive;
    const std::int64_t left = original.amount - reversed_amount(original.id);
    if (left == 0 || amount > left) return Refusal::exceeds_original;
    const std::int64_t moved = amount == 0 ? left : amount;
    const Account* debit = find(original.credit);
    const Account* credit = find(original.debit);
    ensure(debit != nullptr && credit != nullptr, "accounts of a durable transfer exist");
    // Not asked: between which kinds a purpose runs. What ran one way may run back.
    if (const auto refusal = check_states(*debit, *credit)) return refusal;
    if (const auto refusal = check_money(*debit, *credit, moved)) return refusal;
    if (const auto refusal = check_own_funds(*debit, *credit, moved)) return refusal;

    // From here on it must succeed.
    record.kind = TransferKind::reversed;
    record.purpose = original.purpose;
    record.subject = original.id;
    record.amount = moved;
    fill_accounts(record, original.credit, *debit, original.debit, *credit, true);
    return std::nullopt;
}

}  // namespace tuma::ledger
