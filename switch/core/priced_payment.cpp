#include "switch/core/priced_payment.h"

#include "ledger/ensure.h"
#include "switch/core/limits.h"
#include "switch/core/settlement.h"

namespace tuma::core {
namespace {

using ledger::Posting;
using ledger::Purpose;

// The two sides of a payment and whose tariff holds.
struct Sides {
    AccountRules payer;
    AccountRules payee;

    const RulebookEntry& tariff() const { return payee ? *payee.entry : *payer.entry; }
};

bool has_tariff(Purpose purpose) {
    switch (purpose) {
        case Purpose::deposit:
        case Purpose::withdraw:
        case Purpose::transfer:
        case Purpose::pay_merchant:
        case Purpose::disburse:
        case Purpose::redeem:
            return true;
        case Purpose::issue:
        case Purpose::adjust:
        case Purpose::fee:
        case Purpose::tax:
        case Purpose::commission:
        case Purpose::refund:
        case Purpose::payout:
        case Purpose::bank_transfer:
            return false;
    }
    unreachable("a purpose outside the enumeration");
}

std::optional<Refusal> check_ceiling(const AccountRules& payee, const ledger::State& state,
                                     const Posting& principal, Timestamp now) {
    if (!payee) return std::nullopt;
    const Limits* limits = limits_on(*payee.account_class, payee.entry->scheme.day_of(now));
    if (limits == nullptr) return std::nullopt;
    return check_payee(*limits, *state.books.find(principal.credit), principal.amount.minor);
}

std::optional<Refusal> check_turnover(const AccountRules& payer, const ledger::State& state,
                                      const Posting& principal, Timestamp now) {
    if (!payer || !ledger::counts_as_paid(principal.purpose)) return std::nullopt;
    const LocalDay today = payer.entry->scheme.day_of(now);
    const Limits* limits = limits_on(*payer.account_class, today);
    if (limits == nullptr) return std::nullopt;
    return check_payer(*limits, state.turnovers.find(principal.debit).on(today),
                       principal.amount.minor);
}

const PaymentType* tariff_type(const Sides& sides, Purpose purpose, LocalDay day) {
    const Scheme& scheme = sides.tariff().scheme;
    if (purpose == Purpose::pay_merchant && sides.payee)
        return scheme.find_type(sides.payee.account_class->receives, day);
    return scheme.find_type(purpose, day);
}

void add_leg(PricedPayment& payment, const Posting& principal, Purpose purpose, AccountId debit,
             AccountId credit, std::int64_t amount) {
    payment.legs[payment.leg_count++] = {purpose, debit, credit,
                                         Money{amount, principal.amount.currency}, principal.memo};
}

void add_charges(PricedPayment& payment, const Posting& principal, const Price& price,
                 const OperatorAccounts& accounts) {
    for (const Charge& charge : price.list()) {
        const AccountId bearer =
            charge.bearer == Bearer::payer ? principal.debit : principal.credit;
        if (charge.purpose == Purpose::commission)
            add_leg(payment, principal, charge.purpose, accounts.fees, accounts.commission,
                    charge.amount);
        else
            add_leg(payment, principal, charge.purpose, bearer,
                    charge.purpose == Purpose::tax ? accounts.tax : accounts.fees, charge.amount);
    }
}

std::optional<Refusal> add_price(PricedPayment& payment, const Sides& sides,
                                 const ledger::State& state, const Posting& principal,
                                 Timestamp now) {
    // What a scheme charges for moving money to a bank is the person's price; merchants pay none.
    if (principal.purpose == Purpose::redeem &&
        state.books.find(principal.debit)->kind != ledger::AccountKind::wallet)
        return std::nullopt;
    const RulebookEntry& tariff = sides.tariff();
    const PaymentType* type = tariff_type(sides, principal.purpose, tariff.scheme.day_of(now));
    if (type == nullptr) {
        // Schemes that say nothing of bank withdrawals let e-money leave as the operator's own.
        if (principal.purpose == Purpose::redeem) return std::nullopt;
        return Refusal::not_offered;
    }
    const std::int64_t withdrawn =
        sides.payer ? state.turnovers.find(principal.debit).withdrawn : 0;
    Price price;
    if (const auto refusal = price_payment(*type, principal.amount.minor, withdrawn, price))
        return refusal;
    add_charges(payment, principal, price, tariff.accounts);
    return std::nullopt;
}

// A refund gives back what the payee was charged on such an amount, where the scheme says so.
void add_returned_fee(PricedPayment& payment, const AccountRules& merchant,
                      const Posting& principal, Timestamp now) {
    const Scheme& scheme = merchant.entry->scheme;
    if (!scheme.reversal.returns_fee) return;
    const PaymentType* type =
        scheme.find_type(merchant.account_class->receives, scheme.day_of(now));
    Price price;
    if (type == nullptr || price_payment(*type, principal.amount.minor, 0, price)) return;
    for (const Charge& charge : price.list()) {
        if (charge.bearer != Bearer::payee || charge.purpose == Purpose::commission) continue;
        const OperatorAccounts& accounts = merchant.entry->accounts;
        add_leg(payment, principal, charge.purpose,
                charge.purpose == Purpose::tax ? accounts.tax : accounts.fees, principal.debit,
                charge.amount);
    }
}

}  // namespace

Timestamp usable_at(const AccountRules& rules, Timestamp now) {
    if (!rules.is_settled_to_bank()) return now;
    return due_of_sale(rules.entry->scheme, rules.account_class->settlement, now);
}

std::optional<Refusal> price_posting(const ledger::State& state, const Rulebook& rulebook,
                                     Timestamp now, const Posting& principal, LimitCheck check,
                                     PricedPayment& payment) {
    payment.legs[0] = principal;
    payment.leg_count = 1;
    payment.due = now;
    if (state.terms.empty()) return std::nullopt;
    const Sides sides{rulebook.of(principal.debit, state.terms),
                      rulebook.of(principal.credit, state.terms)};
    if (!sides.payer && !sides.payee) return std::nullopt;

    const Purpose purpose = principal.purpose;
    if (sides.payer.is_settled_to_bank() && purpose != Purpose::refund)
        return Refusal::account_kind_not_allowed;
    if (check == LimitCheck::counted_now && purpose != Purpose::refund)
        if (const auto refusal = check_ceiling(sides.payee, state, principal, now)) return refusal;
    if (has_tariff(purpose))
        if (const auto refusal = add_price(payment, sides, state, principal, now)) return refusal;
    if (check == LimitCheck::counted_now)
        if (const auto refusal = check_turnover(sides.payer, state, principal, now)) return refusal;
    if (purpose == Purpose::refund) {
        payment.due = usable_at(sides.payer, now);
        if (sides.payer) add_returned_fee(payment, sides.payer, principal, now);
        return std::nullopt;
    }
    payment.due = usable_at(sides.payee, now);
    return std::nullopt;
}

}  // namespace tuma::core
