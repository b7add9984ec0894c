#include "switch/core/rules/limits.h"

#include <algorithm>

namespace tuma::core {
namespace {

// Both at least 0, so the difference fits.
bool passes(std::int64_t limit, std::int64_t before, std::int64_t amount) {
    return limit != no_limit && amount > limit - before;
}

}  // namespace

const Limits* limits_on(const AccountClass& account_class, LocalDay day) {
    const auto& limits = account_class.limits;
    const auto found = std::find_if(limits.begin(), limits.end(),
                                    [day](const Limits& of) { return of.period.holds(day); });
    return found == limits.end() ? nullptr : &*found;
}

std::optional<Refusal> check_payer(const Limits& limits, const ledger::LimitCounter& counter,
                                   std::int64_t amount) {
    if (passes(limits.per_transaction, 0, amount)) return Refusal::transaction_limit_exceeded;
    if (passes(limits.daily, counter.of_day, amount)) return Refusal::daily_limit_exceeded;
    if (passes(limits.monthly, counter.of_month, amount)) return Refusal::monthly_limit_exceeded;
    if (passes(limits.yearly, counter.of_year, amount)) return Refusal::yearly_limit_exceeded;
    if (passes(limits.lifetime, counter.of_life, amount)) return Refusal::lifetime_limit_exceeded;
    return std::nullopt;
}

std::optional<Refusal> check_payee(const Limits& limits, const ledger::Account& payee,
                                   std::int64_t amount) {
    // A copy with the ceiling of the class: so it counts what is pending as the account's own
    // ceiling does.
    ledger::Account bounded = payee;
    bounded.ceiling = limits.ceiling;
    if (amount > ledger::headroom(bounded)) return Refusal::ceiling_exceeded;
    return std::nullopt;
}

const AccountClass* only_wallet_class(const Scheme& scheme) {
    const AccountClass* only = nullptr;
    for (const AccountClass& account_class : scheme.classes) {
        if (account_class.kind != ledger::AccountKind::wallet) continue;
        if (only != nullptr) return nullptr;
        only = &account_class;
    }
    return only;
}

std::optional<Refusal> check_alone(const PaymentType& type, const Limits* limits,
                                   std::int64_t amount, std::int64_t withdrawn, Price& price) {
    if (const auto refusal = price_payment(type, amount, withdrawn, price)) return refusal;
    if (limits == nullptr) return std::nullopt;
    // On its own a payment meets empty windows; only the lifetime sum is known.
    ledger::LimitCounter counter;
    counter.of_life = withdrawn;
    return check_payer(*limits, counter, amount);
}

}  // namespace tuma::core
