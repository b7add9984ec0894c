#include "switch/core/rules/priced_payment.h"

#include "ledger/words/ensure.h"
#include "switch/core/rules/limits.h"
#include "switch/core/rules/settlement.h"

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
    // Without a scheme there is only the ceiling that the account was opened with, which the books
    // watch.
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
    // The counter is brought up to date by the payer's next record. Until then `on` leaves out
    // days, months and years that have passed.
    return check_payer(*limits, state.limit_counters.find(principal.debit).on(today),
                       principal.amount.minor);
}

const PaymentType* tariff_type(const Sides& sides, Purpose purpose, LocalDay day) {
    const Scheme& scheme = sides.tariff().scheme;
    // Merchants of one scheme pay by different tariffs: their class says which.
    if (purpose == Purpose::pay_merchant && sides.payee)
        return scheme.find_type(sides.payee.account_class->receives, day);
    return scheme.find_type(purpose, day);
}

Posting& add_leg(PricedPayment& payment, const Posting& principal, Purpose purpose, AccountId debit,
                 AccountId credit, std::int64_t amount) {
    ensure(payment.legs.size() < payment_legs_max, "a payment has a bounded number of legs");
    return payment.legs.emplace_back(
        Posting{purpose, debit, credit, Money{amount, principal.amount.currency}, principal.memo});
}

void add_charge(PricedPayment& payment, const Posting& principal, const ChargeLeg& leg,
                const OperatorAccounts& accounts) {
    const Charge& charge = leg.charge;
    const AccountId bearer = charge.bearer == Bearer::payer ? principal.debit : principal.credit;
    Posting& posting =
        charge.purpose == Purpose::commission
            ? add_leg(payment, principal, charge.purpose, accounts.fees, accounts.commission,
                      charge.amount)
            : add_leg(payment, principal, charge.purpose, bearer,
                      charge.purpose == Purpose::tax ? accounts.tax : accounts.fees, charge.amount);
    posting.fate = leg.fate;
}

void add_charges(PricedPayment& payment, const Posting& principal, const Price& price,
                 const RulebookEntry& tariff) {
    for (const Charge& charge : price.list()) {
        const auto legs = charge_legs(charge, tariff.scheme.reversal);
        for (const ChargeLeg& leg : legs.list())
            add_charge(payment, principal, leg, tariff.accounts);
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
        sides.payer ? state.limit_counters.find(principal.debit).withdrawn : 0;
    Price price;
    if (const auto refusal = price_payment(*type, principal.amount.minor, withdrawn, price))
        return refusal;
    add_charges(payment, principal, price, tariff);
    return std::nullopt;
}

// What the payee bore comes to whoever gives the payment back, the rest to whoever bore it.
void add_returned_charges(PricedPayment& payment, const ledger::State& state,
                          const ReversalRule& rule, const Posting& principal, Original original) {
    const AccountId payee = original.front().credit;
    for (const ReturnedCharge& part :
         returned_charges(state, rule, original, principal.amount.minor)) {
        const ledger::TransferRecord& charge = *part.charge;
        const AccountId bearer = charge.debit == payee ? principal.debit : charge.debit;
        // The books count by this number what has come back of each charge.
        add_leg(payment, principal, charge.purpose, charge.credit, bearer, part.amount).subject =
            charge.id;
    }
}

void add_share_of_taking(PricedPayment& payment, const ledger::State& state,
                         const AccountRules& merchant, const Posting& principal) {
    // No payment is named, so no single charge can be looked up. A share of all that was charged to
    // this merchant comes back.
    const ledger::ChargeSums share =
        returned_of_taking(state.takings.find(principal.debit), merchant.entry->scheme.reversal,
                           principal.amount.minor);
    const OperatorAccounts& accounts = merchant.entry->accounts;
    const auto add = [&](Purpose purpose, AccountId from, std::int64_t amount) {
        if (amount > 0) add_leg(payment, principal, purpose, from, principal.debit, amount);
    };
    add(Purpose::fee, accounts.fees, share.fees);
    add(Purpose::tax, accounts.tax, share.taxes);
}

// Whose word holds where records say nothing: the payee's scheme before the payer's.
ReversalRule rule_of(const Sides& refund) {
    const AccountRules& rules = refund.payer ? refund.payer : refund.payee;
    return rules ? rules.entry->scheme.reversal : ReversalRule{};
}

void price_refund(PricedPayment& payment, const ledger::State& state, const Sides& sides,
                  const Posting& principal, Original original) {
    if (!original.empty())
        add_returned_charges(payment, state, rule_of(sides), principal, original);
    else if (sides.payer)
        add_share_of_taking(payment, state, sides.payer, principal);
}

}  // namespace

std::int64_t PricedPayment::incoming() const {
    std::int64_t sum = 0;
    for (const Posting& leg : std::span{legs}.subspan(1))
        if (leg.credit == legs.front().debit) sum += leg.amount.minor;
    return sum;
}

Timestamp usable_at(const AccountRules& rules, Timestamp now) {
    if (!rules.is_settled_to_bank()) return now;
    return due_of_sale(rules.entry->scheme, rules.account_class->settlement, now);
}

std::optional<Refusal> price_posting(const ledger::State& state, const Rulebook& rulebook,
                                     Timestamp now, const Posting& principal, LimitCheck check,
                                     PricedPayment& payment, Original original) {
    payment.legs.clear();
    payment.legs.push_back(principal);
    // Named in the record, so that the books bound what goes back of the payment in total.
    if (!original.empty()) payment.legs.front().subject = original.front().id;
    payment.due = now;
    if (state.terms.empty()) return std::nullopt;
    const Sides sides{rulebook.of(principal.debit, state.terms),
                      rulebook.of(principal.credit, state.terms)};
    if (!sides.payer && !sides.payee) return std::nullopt;

    const Purpose purpose = principal.purpose;
    // If anybody else took from what waits for a settlement, the payout would find less than its
    // statement says. A refund is a line of that statement.
    if (sides.payer.is_settled_to_bank() && purpose != Purpose::refund)
        return Refusal::account_kind_not_allowed;
    // A reservation was counted as pending when it was made. Counted again, it could refuse its own
    // settlement.
    if (check == LimitCheck::counted_now && purpose != Purpose::refund)
        if (const auto refusal = check_ceiling(sides.payee, state, principal, now)) return refusal;
    if (has_tariff(purpose))
        if (const auto refusal = add_price(payment, sides, state, principal, now)) return refusal;
    if (check == LimitCheck::counted_now)
        if (const auto refusal = check_turnover(sides.payer, state, principal, now)) return refusal;
    if (purpose == Purpose::refund) {
        // A refund lowers what the merchant has coming, so it falls due by the merchant's rule. In
        // a refund the merchant is the payer.
        payment.due = usable_at(sides.payer, now);
        price_refund(payment, state, sides, principal, original);
        return std::nullopt;
    }
    payment.due = usable_at(sides.payee, now);
    return std::nullopt;
}

}  // namespace tuma::core
