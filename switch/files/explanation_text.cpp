#include "switch/core/limits.h"
#include "switch/files/explanation.h"
#include "switch/files/scheme_text.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace tuma {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

std::string moment_text(const core::Scheme& scheme, Timestamp time) {
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
    rule.minimum_payout = 0;
    rule.payout_fee = 0;
    rule.reserve_basis_points = 0;
    return settlement_text(rule, currency);
}

// What must have gathered before anything is paid out.
std::string threshold_text(const core::SettlementRule& rule, std::int64_t gathered,
                           Currency currency) {
    const auto amount = [&](std::int64_t minor) { return Money{minor, currency}.text(); };
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
        const auto end = bands_end(type);
        return end ? fmt::format("The tariff ends at {}.", amount(*end))
                   : "The fee would be more than an amount can be.";
    }
    if (explanation.refusal == Refusal::transaction_limit_exceeded &&
        explanation.occasion.amount > type.maximum)
        return fmt::format("The most is {}.", amount(type.maximum));
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
        fmt::format("{} of {} {} on {}\n", occasion.type, letters(scheme.currency),
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
        {"currency", letters(scheme.currency)},
        {"type", occasion.type},
        {"purpose", ledger::name(explanation.type.purpose)},
        {"amount", amount(occasion.amount)},
        {"on", text(occasion.day)},
        {"at", time_text(occasion.at)},
        {"zone", zone_text(scheme.zone_offset_minutes)},
        {"tariff", text(explanation.type.period)},
    };
    if (explanation.account_class) root["class"] = explanation.account_class->name;
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
