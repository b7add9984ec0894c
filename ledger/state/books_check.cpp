// What the books look at from outside: records that do not fit, and invariants over everything.
#include "ledger/state/books.h"

#include <fmt/format.h>

#include <map>

namespace tuma::ledger {
namespace {

__extension__ using Wide = __int128;

// Sums over all accounts of one currency.
struct CurrencySums {
    Wide debits_posted = 0;
    Wide credits_posted = 0;
    Wide debits_pending = 0;
    Wide credits_pending = 0;
    Wide trust = 0;
    Wide owed_and_own = 0;
    Wide outside = 0;  ///< at banks outside less the accounts held there

    void add(const Account& account) {
        debits_posted += account.debits_posted;
        credits_posted += account.credits_posted;
        debits_pending += account.debits_pending;
        credits_pending += account.credits_pending;
        switch (row(account.kind).cover) {
            case Cover::trust:
                trust += balance(account);
                break;
            case Cover::owed:
            case Cover::own:
                owed_and_own += balance(account);
                break;
            case Cover::outside:
                // Debit less credit for both kinds: the banks' mirror and the accounts held there
                // cancel out.
                outside += Wide{account.debits_posted} - account.credits_posted;
                break;
        }
    }
};

void check_sums(Currency currency, const CurrencySums& sums, std::vector<std::string>& broken) {
    const std::string_view code = alphabetic_code(currency);
    if (sums.debits_posted != sums.credits_posted)
        broken.push_back(fmt::format("{}: posted debits and credits differ", code));
    if (sums.debits_pending != sums.credits_pending)
        broken.push_back(fmt::format("{}: pending debits and credits differ", code));
    if (sums.trust != sums.owed_and_own)
        broken.push_back(
            fmt::format("{}: money in trust is not e-money owed plus the operator's own", code));
    if (sums.outside != 0)
        broken.push_back(
            fmt::format("{}: the banks outside do not hold what is on the bank accounts", code));
}

void check_account(AccountId id, const Account& account, std::vector<std::string>& broken) {
    if (account.debits_pending < 0 || account.debits_posted < 0 || account.credits_pending < 0 ||
        account.credits_posted < 0)
        broken.push_back(fmt::format("account {}: a sum is negative", id.value));
    // Ceilings are not looked at: they bind only what comes in.
    if (account.floor != no_floor && available(account) < 0)
        broken.push_back(fmt::format("account {}: {} minor units below its floor", id.value,
                                     -available(account)));
}

}  // namespace

std::optional<std::string> Books::violation(const TransferRecord& record) const {
    // Floors are not looked at here. They hold from set to set, and not from record to record.
    const Account* debit = find(record.debit);
    const Account* credit = find(record.credit);
    if (debit == nullptr || credit == nullptr || record.debit == record.credit)
        return fmt::format("transfer {}: accounts {} and {} are not two existing accounts",
                           record.id.value, record.debit.value, record.credit.value);
    if (debit->currency != record.currency || credit->currency != record.currency)
        return fmt::format("transfer {}: currency differs from its accounts'", record.id.value);
    if (record.amount <= 0 || record.amount > amount_max)
        return fmt::format("transfer {}: amount out of range", record.id.value);
    if (debit->last_transfer != record.debit_previous ||
        credit->last_transfer != record.credit_previous)
        return fmt::format("transfer {}: does not follow its accounts' newest transfers",
                           record.id.value);
    const bool settles = record.kind == TransferKind::settled;
    const bool gives_back =
        record.kind == TransferKind::released || record.kind == TransferKind::expired;
    if (settles || gives_back) {
        const Reservation* open = find_reservation(record.subject);
        // Only a settlement may be of a part; what is given back is all of it.
        if (open == nullptr || open->debit != record.debit || open->credit != record.credit ||
            open->purpose != record.purpose || open->amount < record.amount ||
            (gives_back && open->amount != record.amount))
            return fmt::format(
                "transfer {}: reservation {} is not open with these accounts, purpose and amount",
                record.id.value, record.subject.value);
    }
    // Wide, because a record from outside may bring any numbers.
    const Wide moved = posts_money(record.kind) ? record.amount : 0;
    const auto after = [moved](const Account& account, Side side) {
        return row(account.kind).normal_side == side ? Wide{balance(account)} + moved
                                                     : Wide{balance(account)} - moved;
    };
    if (after(*debit, Side::debit) != record.debit_balance_after ||
        after(*credit, Side::credit) != record.credit_balance_after)
        return fmt::format("transfer {}: balances after it do not follow", record.id.value);
    return std::nullopt;
}

std::optional<std::string> Books::violation(const AccountOpened& opened) const {
    if (opened.id.value != accounts_.size() + 1)
        return fmt::format("account {} opened after account {}", opened.id.value, accounts_.size());
    if (accounts_.size() >= accounts_max_)
        return fmt::format("account {} is more than --accounts={} allows", opened.id.value,
                           accounts_max_);
    if (find(opened.identity))
        return fmt::format("account {}: its identity is taken", opened.id.value);
    return std::nullopt;
}

std::optional<std::string> Books::violation(const AccountChanged& changed) const {
    // Requests are held to the same: a change that would be refused was never recorded.
    if (plan_change(changed))
        return fmt::format("account {} cannot be changed this way", changed.id.value);
    return std::nullopt;
}

std::vector<std::string> Books::broken_invariants() const {
    std::vector<std::string> broken;
    std::map<Currency, CurrencySums> by_currency;
    Wide pending = 0;
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        const Account& account = accounts_[i];
        check_account(AccountId{static_cast<std::uint32_t>(i + 1)}, account, broken);
        by_currency[account.currency].add(account);
        // One side is enough, since both sides are compared by currency.
        pending += account.debits_pending;
    }
    for (const auto& [currency, sums] : by_currency) check_sums(currency, sums, broken);
    for (const OwnFunds& own : short_own_funds())
        broken.push_back(fmt::format(
            "{}: the operator's own funds are {}, so that less is in trust than is owed",
            alphabetic_code(own.currency), own.money().text()));
    Wide open = 0;
    for (const auto& [id, reservation] : reservations_) open += reservation.amount;
    if (open != pending) broken.emplace_back("open reservations do not add up to the pending sums");
    return broken;
}

}  // namespace tuma::ledger
