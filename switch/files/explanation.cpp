#include "switch/files/explanation.h"

#include "ledger/state/books.h"
#include "switch/core/rules/limits.h"
#include "switch/core/rules/settlement.h"
#include "switch/files/scheme_text.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

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
    // A merchant's class says by name what it receives; a customer's class is good for everything
    // that a wallet does.
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
    // The ceiling is looked at first, because the switch does so.
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
                // A commission is not borne by either side: the operator gives it out of its fee.
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
    // One receipt alone: what else would fall due on that day an explanation cannot know.
    ledger::Maturing alone;
    alone.sales = explanation.occasion.amount;
    alone.fees = explanation.borne_by_payee;
    alone.sales_count = 1;
    explanation.settlement = core::close_settlement(
        scheme, rule, AccountId{}, explanation.usable_at, alone, explanation.usable_at);
    // Told beside the payout, because a merchant with one small sale waits for more to gather.
    explanation.gathered =
        core::compared_with_minimum(rule, alone, explanation.settlement->reserve_held);
}

Timestamp utc(const core::Scheme& scheme, const Occasion& occasion) {
    return occasion.day + occasion.at - std::chrono::minutes{scheme.zone_offset_minutes};
}

Result<const PaymentType*> find_type(const core::Scheme& scheme, const Occasion& occasion) {
    if (const PaymentType* type = scheme.find_type(occasion.type, occasion.day)) return type;
    // Known under another date: then the date is what is wrong, and not the name.
    const std::string periods = periods_of(scheme, occasion.type);
    if (!periods.empty())
        return InputError{"on", fmt::format("no tariff of {} is in force on {}; it has those {}",
                                            occasion.type, text(occasion.day), periods)};
    return InputError{"type", fmt::format("\"{}\" is no type of {}; there are {}", occasion.type,
                                          scheme.name, fmt::join(type_names(scheme), ", "))};
}

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

std::string moment_text(const core::Scheme& scheme, Timestamp time) {
    // All times in the text are the scheme's own. Its readers think in that zone.
    const std::chrono::minutes offset{scheme.zone_offset_minutes};
    const core::LocalDay day = scheme.day_of(time);
    const auto of_day = std::chrono::floor<std::chrono::minutes>(time + offset - day);
    return fmt::format("{} {} {} {}", weekdays[std::chrono::weekday{day}.c_encoding()], text(day),
                       time_text(of_day), zone_text(scheme.zone_offset_minutes));
}

/// A name, an amount and what it is, a line each.
class Balance {
public:
    explicit Balance(Currency currency) : currency_(currency) {}

    void add(std::string_view name, std::int64_t amount, std::string_view why) {
        text_ += fmt::format("  {:<19} {:>18}   {}\n", name, Money{amount, currency_}.text(), why);
    }
    const std::string& text() const { return text_; }

private:
    Currency currency_;
    std::string text_;
};

std::string legs_text(const Explanation& explanation, Currency currency) {
    std::size_t width = 0;
    for (const ExplainedLeg& leg : explanation.legs)
        width = std::max({width, leg.debit.size(), leg.credit.size()});
    std::string result = fmt::format("\n  leg  {:<13} {:<{}}  {:<{}} {:>18}\n", "purpose", "debit",
                                     width, "credit", width, "amount");
    int number = 0;
    for (const ExplainedLeg& leg : explanation.legs)
        result += fmt::format("  {:>3}  {:<13} {:<{}}  {:<{}} {:>18}\n", ++number,
                              ledger::name(leg.purpose), leg.debit, width, leg.credit, width,
                              Money{leg.amount, currency}.text());
    return result;
}

std::string sums_text(const core::Scheme& scheme, const Explanation& explanation) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    Balance balance(scheme.currency);
    balance.add("payer pays", explanation.payer_pays,
                explanation.borne_by_payer == 0
                    ? "the amount"
                    : fmt::format("the amount and {}", amount(explanation.borne_by_payer)));
    balance.add("payee gets", explanation.payee_gets,
                explanation.borne_by_payee == 0
                    ? "the amount"
                    : fmt::format("the amount less {}", amount(explanation.borne_by_payee)));
    // What the operator keeps is the fee less what it passes on.
    balance.add("operator earns", explanation.fee - explanation.commission,
                explanation.commission == 0
                    ? "the fee without tax"
                    : fmt::format("the fee of {} without tax, less the commission",
                                  amount(explanation.fee)));
    if (explanation.tax != 0)
        balance.add(
            "state gets", explanation.tax,
            fmt::format("tax of {} on the fee", percent_text(explanation.type.tax.basis_points)));
    if (explanation.commission != 0)
        balance.add("agent gets", explanation.commission, "commission, out of the fee income");
    return "\n" + balance.text();
}

// The rule's days and hours, without the amounts that other sentences name.
std::string timing_text(core::SettlementRule rule, Currency currency) {
    // Amounts have sentences of their own; said twice they would look like two rules.
    rule.minimum_payout = 0;
    rule.payout_fee = 0;
    rule.reserve_basis_points = 0;
    return settlement_text(rule, currency);
}

// What must have gathered before anything is paid out.
std::string threshold_text(const core::SettlementRule& rule, std::int64_t gathered,
                           Currency currency) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, currency}.text(); };
    // Enough for the minimum, and still less than what the payout itself costs.
    if (gathered >= rule.minimum_payout)
        return fmt::format("more than {}, what a payout costs, has gathered",
                           amount(rule.payout_fee));
    return fmt::format(
        "{} have gathered{}", amount(rule.minimum_payout),
        rule.minimum_basis == core::MinimumBasis::net ? ", fees off" : " before fees");
}

std::string waiting_text(const core::Scheme& scheme, const Explanation& explanation) {
    const core::SettlementRule& rule = explanation.account_class->settlement;
    return fmt::format(
        "The merchant's bank does not have it before {}; alone it is {}.\n"
        "Each payout from {} on looks whether they have: {}.\n",
        threshold_text(rule, explanation.gathered, scheme.currency),
        Money{explanation.gathered, scheme.currency}.text(),
        moment_text(scheme, explanation.usable_at), timing_text(rule, scheme.currency));
}

std::string paid_text(const core::Scheme& scheme, const Explanation& explanation) {
    const ledger::SettlementClosed& settlement = *explanation.settlement;
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    std::string result = fmt::format(
        "The merchant's bank has {} on {}: {}.\n",
        settlement.paid_out == explanation.payee_gets ? "the money"
                                                      : amount(settlement.paid_out) + " of it",
        moment_text(scheme, explanation.usable_at),
        timing_text(explanation.account_class->settlement, scheme.currency));
    if (settlement.payout_fee != 0)
        result += fmt::format("The payout costs {}, once for all that is paid out with it.\n",
                              amount(settlement.payout_fee));
    return result;
}

std::string owing_text(const core::Scheme& scheme, const Explanation& explanation) {
    const bool is_collected = explanation.settlement->paid_out < 0;
    return fmt::format(
        "The fees are more than the amount: {} are {} on {}.\n",
        Money{-explanation.payee_gets, scheme.currency}.text(),
        is_collected ? "collected from the merchant's bank" : "carried to the next payout",
        moment_text(scheme, explanation.usable_at));
}

std::string settlement_sentences(const core::Scheme& scheme, const Explanation& explanation) {
    const ledger::SettlementClosed& settlement = *explanation.settlement;
    // Looked at before everything else, for nothing is paid out then.
    if (settlement.paid_out < 0 || settlement.carried_out < 0)
        return owing_text(scheme, explanation);
    std::string result = waits_for_more(explanation) ? waiting_text(scheme, explanation)
                                                     : paid_text(scheme, explanation);
    if (settlement.reserve_held != 0)
        result += fmt::format("{} are held back until {}.\n",
                              Money{settlement.reserve_held, scheme.currency}.text(),
                              moment_text(scheme, Timestamp{Duration{settlement.reserve_due_at}}));
    return result;
}

std::string usable_text(const core::Scheme& scheme, const Explanation& explanation) {
    if (explanation.settlement) return "\n" + settlement_sentences(scheme, explanation);
    if (explanation.type.purpose == ledger::Purpose::redeem)
        return "\nThe money leaves the wallet at once; when the bank shows it, the scheme does not "
               "say.\n";
    if (explanation.payee_gets < 0)
        return fmt::format(
            "\nThe fees are more than the amount: the payee's account needs {} "
            "before.\n",
            Money{-explanation.payee_gets, scheme.currency}.text());
    return "\nThe payee can use the money at once.\n";
}

/// The largest amount that every banded fee of the type has a band for, or nothing without bands.
std::optional<std::int64_t> bands_end(const core::PaymentType& type) {
    // Bands of different fees may end at different amounts, and the earliest end is the tariff's.
    std::optional<std::int64_t> end;
    for (const core::FeeRule& fee : type.fees)
        if (!fee.bands.empty())
            end = std::min(end.value_or(core::no_limit), fee.bands.back().up_to);
    return end;
}

std::string bound_text(const core::Scheme& scheme, const Explanation& explanation) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    const core::PaymentType& type = explanation.type;
    if (explanation.refusal == Refusal::below_minimum)
        return fmt::format("The least is {}.", amount(type.minimum));
    if (explanation.refusal == Refusal::not_offered) {
        // Two causes have one code, and only the tariff knows which it was.
        const auto end = bands_end(type);
        return end ? fmt::format("The tariff ends at {}.", amount(*end))
                   : "The fee would be more than an amount can be.";
    }
    if (explanation.refusal == Refusal::transaction_limit_exceeded &&
        explanation.occasion.amount > type.maximum)
        return fmt::format("The most is {}.", amount(type.maximum));
    // A limit was passed and there is one place to read them: all of them, since one alone would
    // not explain the sum.
    if (!explanation.limits) return "";
    return fmt::format("Limits: {}.", limits_text(*explanation.limits, scheme.currency));
}

std::string refusal_text(const core::Scheme& scheme, const Explanation& explanation) {
    return fmt::format("\nThe switch refuses it, {}: {} {}\n", name(*explanation.refusal),
                       sentence(*explanation.refusal), bound_text(scheme, explanation));
}

/// The bands that hold the amount, a line for each fee that has bands.
std::string bands_text(const core::Scheme& scheme, const Explanation& explanation) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    std::string result;
    for (const core::FeeRule& fee : explanation.type.fees) {
        const auto band = std::find_if(
            fee.bands.begin(), fee.bands.end(),
            [&](const core::FeeBand& of) { return explanation.occasion.amount <= of.up_to; });
        if (band == fee.bands.end()) continue;
        const std::int64_t above = band == fee.bands.begin() ? 0 : std::prev(band)->up_to;
        result +=
            fmt::format("band    above {}, up to {}: {} {}\n", amount(above), amount(band->up_to),
                        fee.bearer == core::Bearer::payer ? "payer" : "payee", amount(band->fee));
    }
    return result;
}

/// The limits that were not looked at: those of customers whose class nobody named.
std::string customers_text(const core::Scheme& scheme, const Explanation& explanation) {
    // Who pays a merchant is not asked for here, so its limits are told and not applied.
    if (explanation.type.purpose != ledger::Purpose::pay_merchant || explanation.limits) return "";
    std::string result;
    for (const core::AccountClass& customer : scheme.classes) {
        const core::Limits* limits = core::limits_on(customer, explanation.occasion.day);
        if (customer.kind != ledger::AccountKind::wallet || limits == nullptr) continue;
        result += fmt::format("{}{}: {}", result.empty() ? "" : "; ", customer.name,
                              limits_text(*limits, scheme.currency));
    }
    if (result.empty()) return "";
    return fmt::format("limits  of the customer's class, not looked at: {}\n", result);
}

std::string head_text(const core::Scheme& scheme, const Explanation& explanation) {
    const Occasion& occasion = explanation.occasion;
    const Timestamp time =
        occasion.day + occasion.at - std::chrono::minutes{scheme.zone_offset_minutes};
    std::string result =
        fmt::format("{} of {} {} on {}\n", occasion.type, alphabetic_code(scheme.currency),
                    Money{occasion.amount, scheme.currency}.text(), moment_text(scheme, time));
    result += fmt::format("scheme  {} {}\n", scheme.name, scheme.version);
    if (explanation.account_class)
        result += fmt::format("class   {}\n", explanation.account_class->name);
    result += fmt::format("tariff  {}: {}\n", text(explanation.type.period),
                          price_text(explanation.type, scheme.currency));
    return result + bands_text(scheme, explanation) + customers_text(scheme, explanation);
}

/// When the money is usable, and what of it where that is not all.
void add_usable(const core::Scheme& scheme, const Explanation& explanation,
                boost::json::object& root) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    root["usable_at"] = text(explanation.usable_at);
    root["usable_at_once"] = explanation.is_at_once;
    // Where the payout is the whole amount, more fields would only raise questions.
    if (!explanation.settlement || explanation.settlement->paid_out == explanation.payee_gets)
        return;
    const ledger::SettlementClosed& settlement = *explanation.settlement;
    root["paid_out"] = amount(settlement.paid_out);
    root["payout_fee"] = amount(settlement.payout_fee);
    root["held_back"] = amount(settlement.reserve_held);
    root["carried"] = amount(settlement.carried_out);
    if (settlement.reserve_held != 0)
        root["held_back_until"] = text(Timestamp{Duration{settlement.reserve_due_at}});
    if (!waits_for_more(explanation)) return;
    // Nobody knows when more is sold.
    root["usable_at"] = nullptr;
    root["payouts_from"] = text(explanation.usable_at);
    const core::SettlementRule& rule = explanation.account_class->settlement;
    root["minimum_payout"] = amount(rule.minimum_payout);
    root["minimum_basis"] = rule.minimum_basis == core::MinimumBasis::net ? "net" : "before_fees";
    root["gathered"] = amount(explanation.gathered);
}

}  // namespace

Result<Explanation> explain(const core::Scheme& scheme, const Occasion& occasion) {
    // The same bounds as a payment's, so that what is explained could also be made.
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
    // Asked before any leg is made: a refused payment has none.
    explanation.refusal = find_refusal(explanation, price);
    if (explanation.refusal) return explanation;

    add_legs(scheme, price, parties_of(scheme, (*type)->purpose, *chosen), explanation);
    explanation.borne_by_payer = price.borne_by(Bearer::payer);
    explanation.borne_by_payee = price.borne_by(Bearer::payee);
    explanation.payer_pays = occasion.amount + explanation.borne_by_payer;
    // May be below zero, where the fees are more than the amount; the text says so.
    explanation.payee_gets = occasion.amount - explanation.borne_by_payee;
    explanation.usable_at = utc(scheme, occasion);
    if (*chosen != nullptr && (*chosen)->settlement.to_bank)
        add_settlement(scheme, (*chosen)->settlement, explanation);
    return explanation;
}

std::string explanation_text(const core::Scheme& scheme, const Explanation& explanation) {
    std::string result = head_text(scheme, explanation);
    if (explanation.refusal) return result + refusal_text(scheme, explanation);
    result += legs_text(explanation, scheme.currency);
    result += sums_text(scheme, explanation);
    return result + usable_text(scheme, explanation);
}

std::string explanation_json(const core::Scheme& scheme, const Explanation& explanation) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    const Occasion& occasion = explanation.occasion;
    boost::json::object root{
        {"scheme", scheme.name},
        {"version", scheme.version},
        {"currency", alphabetic_code(scheme.currency)},
        {"type", occasion.type},
        {"purpose", ledger::name(explanation.type.purpose)},
        {"amount", amount(occasion.amount)},
        {"on", text(occasion.day)},
        {"at", time_text(occasion.at)},
        {"zone", zone_text(scheme.zone_offset_minutes)},
        {"tariff", text(explanation.type.period)},
    };
    if (explanation.account_class) root["class"] = explanation.account_class->name;
    // The same as in the text: programs get the reason and no figures that did not come about.
    if (explanation.refusal) {
        root["refusal"] = name(*explanation.refusal);
        return boost::json::serialize(root) + "\n";
    }
    boost::json::array legs;
    legs.reserve(explanation.legs.size());
    for (const ExplainedLeg& leg : explanation.legs)
        legs.push_back(boost::json::object{{"purpose", ledger::name(leg.purpose)},
                                           {"debit", leg.debit},
                                           {"credit", leg.credit},
                                           {"amount", amount(leg.amount)}});
    root["legs"] = std::move(legs);
    root["payer_pays"] = amount(explanation.payer_pays);
    root["payee_gets"] = amount(explanation.payee_gets);
    root["fee"] = amount(explanation.fee);
    root["tax"] = amount(explanation.tax);
    root["commission"] = amount(explanation.commission);
    root["borne_by_payer"] = amount(explanation.borne_by_payer);
    root["borne_by_payee"] = amount(explanation.borne_by_payee);
    add_usable(scheme, explanation, root);
    return boost::json::serialize(root) + "\n";
}

}  // namespace tuma
