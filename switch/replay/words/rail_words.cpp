#include "switch/replay/words/rail_words.h"

#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tuma::replay {
namespace {

std::string join(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

bool is_free(const core::FeeRule& rule) {
    if (!rule.bands.empty())
        return std::all_of(rule.bands.begin(), rule.bands.end(),
                           [](const core::FeeBand& band) { return band.fee == 0; });
    // A cap of nothing makes any rate free.
    return (rule.basis_points == 0 && rule.flat == 0 && rule.minimum == 0) || rule.cap == 0;
}

std::string rule_words(const core::FeeRule& rule, Currency currency) {
    std::vector<std::string> parts;
    if (!rule.bands.empty()) parts.emplace_back("by amount band");
    if (rule.basis_points != 0) parts.push_back(percent_text(rule.basis_points));
    if (rule.flat != 0) parts.push_back(money_text(rule.flat, currency) + " a payment");
    if (rule.minimum != 0) parts.push_back("at least " + money_text(rule.minimum, currency));
    if (rule.cap != core::no_limit) parts.push_back("at most " + money_text(rule.cap, currency));
    if (rule.free_up_to != 0)
        parts.push_back("free up to " + money_text(rule.free_up_to, currency));
    if (rule.free_lifetime != 0)
        parts.push_back("free up to " + money_text(rule.free_lifetime, currency) + " in all");
    if (rule.bearer == core::Bearer::payer) parts.emplace_back("the payer pays it");
    return join(parts);
}

}  // namespace

std::string percent_text(std::int64_t basis_points) {
    return fmt::format("{}.{:02} %", basis_points / 100, basis_points % 100);
}

std::string fee_words(const core::PaymentType& type, Currency currency) {
    std::vector<std::string> parts;
    for (const core::FeeRule& rule : type.fees)
        if (!is_free(rule)) parts.push_back(rule_words(rule, currency));
    if (parts.empty()) return "free";
    // Included tax changes nothing that is paid, so it is not told here.
    if (type.tax.mode == core::TaxMode::on_top)
        parts.push_back(fmt::format("{} tax on top", percent_text(type.tax.basis_points)));
    return join(parts);
}

std::string settlement_words(const core::SettlementRule& rule, const core::Calendar& calendar,
                             Currency currency) {
    if (!rule.to_bank) return "at once";
    const bool is_business = rule.lag_unit == core::LagUnit::business;
    std::vector<std::string> parts{fmt::format("T+{} {} day{}", rule.lag_days,
                                               is_business ? "business" : "calendar",
                                               rule.lag_days == 1 ? "" : "s")};
    if (is_business || rule.roll)
        // Which days count matters only where some do not.
        parts.back() +=
            calendar.name().empty() ? " (Monday to Friday)" : fmt::format(" ({})", calendar.name());
    if (rule.roll) parts.emplace_back("sales of other days count on the next business day");
    if (rule.cut_off < std::chrono::hours{24})
        parts.push_back(fmt::format("sales from {:02}:{:02} count on the next day",
                                    rule.cut_off.count() / 60, rule.cut_off.count() % 60));
    // The basis is told where it is not the usual one.
    if (rule.minimum_payout != 0)
        parts.push_back(
            fmt::format("payouts from {}{}", money_text(rule.minimum_payout, currency),
                        rule.minimum_basis == core::MinimumBasis::net ? "" : " before fees"));
    if (rule.payout_fee != 0)
        parts.push_back(fmt::format("a payout costs {}", money_text(rule.payout_fee, currency)));
    if (rule.reserve_basis_points != 0)
        parts.push_back(fmt::format("{} held back for {} days",
                                    percent_text(rule.reserve_basis_points), rule.reserve_days));
    return join(parts);
}

}  // namespace tuma::replay
