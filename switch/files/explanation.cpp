#include "switch/files/explanation.h"

#include "ledger/books.h"
#include "switch/core/limits.h"
#include "switch/core/settlement.h"
#include "switch/files/scheme_text.h"

#include <fmt/format.h>

namespace tuma {
namespace {

using core::AccountClass;
using core::Bearer;
using core::PaymentType;
using ledger::AccountKind;
using ledger::Purpose;

/// What stands for the two sides of a payment.
struct Parties {
    std::string payer;
    std::string payee;
};

Parties parties_of(const core::Scheme& scheme, Purpose purpose, const AccountClass* receiver) {
    switch (purpose) {
        case Purpose::deposit:
            return {"agent's float", "customer's wallet"};
        case Purpose::withdraw:
            return {"customer's wallet", "agent's float"};
        case Purpose::transfer:
            return {"payer's wallet", "payee's wallet"};
        case Purpose::disburse:
            return {"business's till", "customer's wallet"};
        case Purpose::redeem:
            return {"customer's wallet", scheme.name + ".trust"};
        default:
            break;
    }
    const bool waits = receiver != nullptr && receiver->settlement.to_bank;
    return {"payer's wallet", waits ? "merchant's payable" : "merchant's till"};
}

bool fits(const AccountClass& account_class, const PaymentType& type) {
    if (type.purpose == Purpose::pay_merchant) return account_class.receives == type.name;
    return account_class.kind == AccountKind::wallet;
}

/// The class that is asked for, or the first that fits; null if the scheme has none.
Result<const AccountClass*> choose_class(const core::Scheme& scheme, const PaymentType& type,
                                         const std::string& wanted) {
    std::vector<std::string> fitting;
    for (const AccountClass& account_class : scheme.classes) {
        if (!fits(account_class, type)) continue;
        if (wanted.empty() || account_class.name == wanted) return &account_class;
        fitting.push_back(account_class.name);
    }
    if (wanted.empty()) return static_cast<const AccountClass*>(nullptr);
    return InputError{"class", fmt::format("\"{}\" is no class for {}; there are {}", wanted,
                                           type.name, fmt::join(fitting, ", "))};
}

/// The class whose limits hold for the customer: of a payment to a merchant only when there is no
/// choice.
const AccountClass* customer_class(const core::Scheme& scheme, const PaymentType& type,
                                   const AccountClass* chosen) {
    return type.purpose == Purpose::pay_merchant ? core::only_wallet_class(scheme) : chosen;
}

bool passes_ceiling(const PaymentType& type, const core::Limits& limits, std::int64_t amount) {
    const bool is_received = type.purpose == Purpose::deposit ||
                             type.purpose == Purpose::disburse || type.purpose == Purpose::transfer;
    return is_received && amount > limits.ceiling;
}

/// What the switch would refuse it for, in its order; `price` is filled in otherwise.
std::optional<Refusal> find_refusal(const Explanation& explanation, core::Price& price) {
    const PaymentType& type = explanation.type;
    const Occasion& occasion = explanation.occasion;
    if (explanation.limits && passes_ceiling(type, *explanation.limits, occasion.amount))
        return Refusal::ceiling_exceeded;
    // A business pays a disbursement, and the limits are the customer's.
    const bool is_payer = ledger::counts_as_paid(type.purpose) && type.purpose != Purpose::disburse;
    const core::Limits* limits = explanation.limits && is_payer ? &*explanation.limits : nullptr;
    return core::check_alone(type, limits, occasion.amount, occasion.withdrawn, price);
}

void add_legs(const core::Scheme& scheme, const core::Price& price, const Parties& parties,
              Explanation& explanation) {
    explanation.legs.push_back(
        {explanation.type.purpose, parties.payer, parties.payee, explanation.occasion.amount});
    const std::string fees = scheme.name + ".fees";
    for (const core::Charge& charge : price.list()) {
        const std::string& bearer = charge.bearer == Bearer::payer ? parties.payer : parties.payee;
        switch (charge.purpose) {
            case Purpose::tax:
                explanation.tax += charge.amount;
                explanation.legs.push_back(
                    {charge.purpose, bearer, scheme.name + ".tax", charge.amount});
                break;
            case Purpose::commission:
                explanation.commission += charge.amount;
                explanation.legs.push_back(
                    {charge.purpose, fees, scheme.name + ".commission", charge.amount});
                break;
            default:
                explanation.fee += charge.amount;
                explanation.legs.push_back({charge.purpose, bearer, fees, charge.amount});
        }
    }
}

// What becomes of a merchant's receipt that is paid out to a bank.
void add_settlement(const core::Scheme& scheme, const core::SettlementRule& rule,
                    Explanation& explanation) {
    explanation.is_at_once = false;
    explanation.usable_at = core::due_of_sale(scheme, rule, explanation.usable_at);
    ledger::Maturing alone;
    alone.sales = explanation.occasion.amount;
    alone.fees = explanation.borne_by_payee;
    alone.sales_count = 1;
    explanation.settlement = core::close_settlement(
        scheme, rule, AccountId{}, explanation.usable_at, alone, explanation.usable_at);
    explanation.gathered =
        core::compared_with_minimum(rule, alone, explanation.settlement->reserve_held);
}

Timestamp utc(const core::Scheme& scheme, const Occasion& occasion) {
    return occasion.day + occasion.at - std::chrono::minutes{scheme.zone_offset_minutes};
}

Result<const PaymentType*> find_type(const core::Scheme& scheme, const Occasion& occasion) {
    if (const PaymentType* type = scheme.find_type(occasion.type, occasion.day)) return type;
    const std::string periods = periods_of(scheme, occasion.type);
    if (!periods.empty())
        return InputError{"on", fmt::format("no tariff of {} is in force on {}; it has those {}",
                                            occasion.type, text(occasion.day), periods)};
    return InputError{"type", fmt::format("\"{}\" is no type of {}; there are {}", occasion.type,
                                          scheme.name, fmt::join(type_names(scheme), ", "))};
}

}  // namespace

Result<Explanation> explain(const core::Scheme& scheme, const Occasion& occasion) {
    if (occasion.amount <= 0 || occasion.amount > ledger::amount_max)
        return InputError{"amount", fmt::format("found {}; above 0 and at most {} is needed",
                                                Money{occasion.amount, scheme.currency}.text(),
                                                Money{ledger::amount_max, scheme.currency}.text())};
    const Result<const PaymentType*> type = find_type(scheme, occasion);
    if (!type) return type.error();
    const Result<const AccountClass*> chosen = choose_class(scheme, **type, occasion.account_class);
    if (!chosen) return chosen.error();

    Explanation explanation;
    explanation.occasion = occasion;
    explanation.type = **type;
    if (*chosen != nullptr) explanation.account_class = **chosen;
    if (const AccountClass* customer = customer_class(scheme, **type, *chosen))
        if (const core::Limits* limits = core::limits_on(*customer, occasion.day))
            explanation.limits = *limits;

    core::Price price;
    explanation.refusal = find_refusal(explanation, price);
    if (explanation.refusal) return explanation;

    add_legs(scheme, price, parties_of(scheme, (*type)->purpose, *chosen), explanation);
    explanation.borne_by_payer = price.borne_by(Bearer::payer);
    explanation.borne_by_payee = price.borne_by(Bearer::payee);
    explanation.payer_pays = occasion.amount + explanation.borne_by_payer;
    explanation.payee_gets = occasion.amount - explanation.borne_by_payee;
    explanation.usable_at = utc(scheme, occasion);
    if (*chosen != nullptr && (*chosen)->settlement.to_bank)
        add_settlement(scheme, (*chosen)->settlement, explanation);
    return explanation;
}

}  // namespace tuma
