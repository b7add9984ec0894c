#include "switch/files/scheme_text.h"

#include "switch/core/rules/scheme_bytes.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma {
namespace {

using core::Limits;
using core::no_limit;

std::string amount_text(std::int64_t minor, Currency currency) {
    return Money{minor, currency}.text();
}

std::string join(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string bands_text(const core::FeeRule& rule, Currency currency) {
    const auto [low, high] =
        std::minmax_element(rule.bands.begin(), rule.bands.end(),
                            [](const auto& a, const auto& b) { return a.fee < b.fee; });
    return fmt::format("{} bands of {} to {}, up to {}", rule.bands.size(),
                       amount_text(low->fee, currency), amount_text(high->fee, currency),
                       amount_text(rule.bands.back().up_to, currency));
}

std::string_view name(core::Bearer bearer) {
    return bearer == core::Bearer::payer ? "payer" : "payee";
}

std::string type_line(const core::PaymentType& type, Currency currency) {
    std::string line =
        fmt::format("  {:<24} {:<13} {:<25} {}", type.name, ledger::name(type.purpose),
                    text(type.period), price_text(type, currency));
    if (type.commission) line += fmt::format("; agent {}", fee_text(*type.commission, currency));
    // One unit is what every amount has at least; only a real minimum is worth a word.
    if (type.minimum > 1) line += fmt::format("; from {}", amount_text(type.minimum, currency));
    if (type.maximum != no_limit)
        line += fmt::format("; to {}", amount_text(type.maximum, currency));
    return line + "\n";
}

std::string class_lines(const core::AccountClass& account_class, Currency currency) {
    std::string lines =
        fmt::format("  {:<24} {}", account_class.name, ledger::row(account_class.kind).name);
    if (!account_class.receives.empty())
        lines += fmt::format(", receives {}, {}", account_class.receives,
                             settlement_text(account_class.settlement, currency));
    if (!account_class.identifiers.empty())
        lines += fmt::format(", named {}", fmt::join(account_class.identifiers, " or "));
    lines += "\n";
    for (const Limits& limits : account_class.limits)
        lines += fmt::format("  {:<24} limits {}: {}\n", "", text(limits.period),
                             limits_text(limits, currency));
    return lines;
}

std::string calendar_text(const core::Calendar& calendar) {
    // Said aloud, because without a calendar a bank holiday counts as a day like any other.
    if (calendar.name().empty()) return "weekends only";
    if (calendar.holidays().empty())
        // A calendar that nobody has filled looks like one and is none.
        return fmt::format("calendar {} without a file of holidays: weekends only",
                           calendar.name());
    return fmt::format("calendar {} with {} holidays, {} to {}", calendar.name(),
                       calendar.holidays().size(), text(calendar.holidays().front()),
                       text(calendar.holidays().back()));
}

std::string_view return_text(core::ChargeReturn word) {
    switch (word) {
        case core::ChargeReturn::nothing:
            return "kept";
        case core::ChargeReturn::all:
            return "returned";
        case core::ChargeReturn::percentage_only:
            return "returned as far as a rate made them";
        case core::ChargeReturn::before_settlement:
            return "returned until the payment is settled";
    }
    unreachable("a way in which charges come back outside the enumeration");
}

std::string reversal_text(const core::ReversalRule& rule) {
    if (!rule.is_allowed) return "not allowed";
    std::string result =
        fmt::format("allowed{}, fees {}",
                    rule.within_days == 0 ? "" : fmt::format(" within {} days", rule.within_days),
                    return_text(rule.fee));
    // Mostly all three follow one word; only what differs is said.
    if (rule.tax != rule.fee) result += fmt::format(", tax {}", return_text(rule.tax));
    if (rule.commission != rule.fee)
        result += fmt::format(", commissions {}", return_text(rule.commission));
    return result;
}

template <typename Elements>
std::vector<std::string> distinct_names(const Elements& elements) {
    std::vector<std::string> names;
    for (const auto& element : elements)
        // A type with several periods stands several times in a scheme, and once in its list of
        // names.
        if (std::find(names.begin(), names.end(), element.name) == names.end())
            names.push_back(element.name);
    return names;
}

}  // namespace

std::string text(const core::Period& period) {
    constexpr core::Period always;
    // The widest period has dates in the far past and future, which nobody would read as "always".
    if (period == always) return "at any time";
    if (period.to == always.to) return "since " + text(period.from);
    if (period.from == always.from) return "until " + text(period.to);
    return fmt::format("{} to {}", text(period.from), text(period.to));
}

std::string percent_text(std::int64_t basis_points) {
    std::string digits = fmt::format("{}.{:02}", basis_points / 100, basis_points % 100);
    // Trailing zeros would suggest a rate that is known more exactly than it is.
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
    return digits + " %";
}

std::string zone_text(std::int16_t offset_minutes) {
    const int minutes = std::abs(int{offset_minutes});
    return fmt::format("{}{:02}:{:02}", offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string time_text(std::chrono::minutes of_day) {
    return fmt::format("{:02}:{:02}", of_day.count() / 60, of_day.count() % 60);
}

std::string fee_text(const core::FeeRule& rule, Currency currency) {
    if (!rule.bands.empty()) return bands_text(rule, currency);
    std::vector<std::string> parts;
    if (rule.basis_points > 0) parts.push_back(percent_text(rule.basis_points));
    if (rule.flat > 0) parts.push_back(amount_text(rule.flat, currency));
    // A fee may come from its minimum alone; its rate is told as what it is.
    std::string result = parts.empty() ? "0 %" : fmt::format("{}", fmt::join(parts, " and "));
    if (rule.free_lifetime > 0)
        result += fmt::format(" on what passes {} of withdrawals in a lifetime",
                              amount_text(rule.free_lifetime, currency));
    if (rule.free_up_to > 0)
        result += fmt::format(", free up to {}", amount_text(rule.free_up_to, currency));
    if (rule.minimum > 0)
        result += fmt::format(", at least {}", amount_text(rule.minimum, currency));
    // No cap is a very large number, and no sentence for people.
    if (rule.cap != no_limit)
        result += fmt::format(", at most {}", amount_text(rule.cap, currency));
    return result;
}

std::string price_text(const core::PaymentType& type, Currency currency) {
    if (type.fees.empty()) return "free";
    std::vector<std::string> parts;
    for (const core::FeeRule& fee : type.fees)
        parts.push_back(fmt::format("{} {}", name(fee.bearer), fee_text(fee, currency)));
    if (type.tax.mode != core::TaxMode::none)
        parts.push_back(
            fmt::format("tax of {} {}", percent_text(type.tax.basis_points),
                        type.tax.mode == core::TaxMode::included ? "included" : "on top"));
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::string settlement_text(const core::SettlementRule& rule, Currency currency) {
    if (!rule.to_bank) return "at once";
    std::string result =
        fmt::format("T+{} {} day{}", rule.lag_days,
                    rule.lag_unit == core::LagUnit::business ? "business" : "calendar",
                    rule.lag_days == 1 ? "" : "s");
    // The unusual parts only: most schemes have none of them, and their line stays short.
    if (rule.roll) result += ", sales of a day off count as the next business day's";
    if (rule.cut_off < std::chrono::hours{24})
        result += fmt::format(", from {} on as the next day", time_text(rule.cut_off));
    if (rule.payout_at.count() > 0) result += fmt::format(", at {}", time_text(rule.payout_at));
    if (rule.minimum_payout > 0)
        result += fmt::format(", from {}{}", amount_text(rule.minimum_payout, currency),
                              rule.minimum_basis == core::MinimumBasis::net ? "" : " before fees");
    if (rule.payout_fee > 0)
        result += fmt::format(", a payout costs {}", amount_text(rule.payout_fee, currency));
    if (rule.reserve_basis_points > 0)
        result += fmt::format(", {} held back for {} days", percent_text(rule.reserve_basis_points),
                              rule.reserve_days);
    if (!rule.refunds_netted) result += ", refunds collected apart";
    if (rule.negative_net == core::NegativeNet::collect) result += ", debts collected at once";
    return result;
}

std::string limits_text(const Limits& limits, Currency currency) {
    std::vector<std::string> parts;
    const auto add = [&](std::int64_t limit, std::string_view form) {
        // What has no limit is left out; a list of "no limit" hides the one that there is.
        if (limit != no_limit)
            parts.push_back(fmt::format(fmt::runtime(form), amount_text(limit, currency)));
    };
    add(limits.per_transaction, "{} a payment");
    add(limits.daily, "{} a day");
    add(limits.monthly, "{} a month");
    add(limits.yearly, "{} a year");
    add(limits.lifetime, "{} in a lifetime");
    add(limits.ceiling, "balance of {}");
    return parts.empty() ? "none" : join(parts);
}

std::string periods_of(const core::Scheme& scheme, std::string_view name) {
    std::vector<core::Period> periods;
    for (const core::PaymentType& type : scheme.types)
        if (type.name == name) periods.push_back(type.period);
    // The newest first: it is mostly the one that is looked for.
    std::sort(periods.begin(), periods.end(),
              [](const core::Period& a, const core::Period& b) { return a.from > b.from; });
    std::vector<std::string> texts;
    texts.reserve(periods.size());
    for (const core::Period& period : periods) texts.push_back(text(period));
    return join(texts);
}

std::vector<std::string> type_names(const core::Scheme& scheme) {
    return distinct_names(scheme.types);
}

std::vector<std::string> class_names(const core::Scheme& scheme) {
    return distinct_names(scheme.classes);
}

std::string summary_text(const SchemeFile& file) {
    const core::Scheme& scheme = file.scheme;
    std::string result = fmt::format(
        "{} {}, {}, {}, {}\ntypes\n", scheme.name, scheme.version, alphabetic_code(scheme.currency),
        zone_text(scheme.zone_offset_minutes), calendar_text(scheme.calendar));
    for (const core::PaymentType& type : scheme.types) result += type_line(type, scheme.currency);
    result += "classes\n";
    for (const core::AccountClass& account_class : scheme.classes)
        result += class_lines(account_class, scheme.currency);
    result += fmt::format("reversals {}\nsha256 ", reversal_text(scheme.reversal));
    // The hash of the file, so that two people can see that they speak of the same one.
    for (const std::byte byte : file.source_hash)
        result += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return result + "\n";
}

std::string list_text() {
    std::string result;
    for (const BuiltInScheme& built_in : built_in_schemes()) {
        const Result<SchemeFile> file = parse_scheme(built_in.text, std::string(built_in.name), {});
        // Broken, it would be broken in every copy of the program, and a test would not have
        // passed.
        ensure(file.has_value(), "a scheme that comes with the program can be read");
        const core::Scheme& scheme = file->scheme;
        result += fmt::format("{:<13} {:<8} {}  {}\n", scheme.name, scheme.version,
                              alphabetic_code(scheme.currency), join(type_names(scheme)));
    }
    return result;
}

}  // namespace tuma
