#include "switch/files/scheme_reader.h"

#include "ledger/words/time.h"
#include "switch/files/calendar_file.h"
#include "switch/files/scheme_keys.h"

#include <fmt/format.h>

namespace tuma {
namespace {

using core::AccountClass;
using core::FeeRule;
using core::Limits;
using core::PaymentType;
using core::Period;
using core::SettlementRule;
using core::TaxRule;
using ledger::AccountKind;
using ledger::Purpose;

constexpr std::string_view in_basis_points = " basis points (100 are 1 %)";
constexpr std::int64_t basis_points_max = 10'000;
constexpr std::chrono::minutes day_end{std::chrono::hours{24}};
constexpr std::chrono::minutes last_minute = day_end - std::chrono::minutes{1};

constexpr std::array<TomlChoice<Purpose>, 6> purposes{{
    {"pay_merchant", Purpose::pay_merchant},
    {"transfer", Purpose::transfer},
    {"deposit", Purpose::deposit},
    {"withdraw", Purpose::withdraw},
    {"disburse", Purpose::disburse},
    {"redeem", Purpose::redeem},
}};
constexpr std::array<TomlChoice<AccountKind>, 4> kinds{{
    {"wallet", AccountKind::wallet},
    {"till", AccountKind::till},
    {"agent_float", AccountKind::agent_float},
    {"settlement_payable", AccountKind::settlement_payable},
}};
constexpr std::array<TomlChoice<core::Bearer>, 2> bearers{{
    {"payer", core::Bearer::payer},
    {"payee", core::Bearer::payee},
}};
constexpr std::array<TomlChoice<Rounding>, 4> roundings{{
    {"half_up", Rounding::half_up},
    {"half_even", Rounding::half_even},
    {"down", Rounding::down},
    {"up", Rounding::up},
}};
constexpr std::array<TomlChoice<core::TaxMode>, 3> tax_modes{{
    {"included", core::TaxMode::included},
    {"on_top", core::TaxMode::on_top},
    {"none", core::TaxMode::none},
}};
constexpr std::array<TomlChoice<core::LagUnit>, 2> lag_units{{
    {"calendar", core::LagUnit::calendar},
    {"business", core::LagUnit::business},
}};
constexpr std::array<TomlChoice<core::NegativeNet>, 2> negative_nets{{
    {"carry", core::NegativeNet::carry},
    {"collect", core::NegativeNet::collect},
}};
constexpr std::array<TomlChoice<core::MinimumBasis>, 2> minimum_bases{{
    {"net", core::MinimumBasis::net},
    {"before_fees", core::MinimumBasis::before_fees},
}};

constexpr std::array<TomlChoice<core::ChargeReturn>, 4> returns{{
    {"all", core::ChargeReturn::all},
    {"percentage_only", core::ChargeReturn::percentage_only},
    {"before_settlement", core::ChargeReturn::before_settlement},
    {"nothing", core::ChargeReturn::nothing},
}};

template <typename Value, std::size_t count>
void choose(const TomlTable& table, std::string_view key,
            const std::array<TomlChoice<Value>, count>& choices, Value& value) {
    table.choice(key, std::span<const TomlChoice<Value>>(choices), value);
}

void read_period(const TomlTable& table, Period& period) {
    table.date("from", period.from);
    table.date("to", period.to);
}

void read_bands(const TomlTable& table, Currency currency, FeeRule& rule) {
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    table.amount_pairs("bands", currency, "[up to and including, fee]", pairs);
    rule.bands.reserve(pairs.size());
    for (const auto& [up_to, fee] : pairs) {
        // Ascending bands have one reading. With others, order would decide the price.
        if (!rule.bands.empty() && up_to <= rule.bands.back().up_to)
            table.fail("bands",
                       fmt::format("found a band up to {} behind one up to {}; bands ascend",
                                   Money{up_to, currency}.text(),
                                   Money{rule.bands.back().up_to, currency}.text()));
        rule.bands.push_back({up_to, fee});
    }
}

void check_order(const TomlTable& table, Currency currency, std::int64_t minimum,
                 std::string_view most_key, std::int64_t most) {
    // Found here and not in the core, because here the line is known.
    if (minimum > most)
        table.fail("minimum", fmt::format("found {}; at most {} is allowed, the {} of this table",
                                          Money{minimum, currency}.text(),
                                          Money{most, currency}.text(), most_key));
}

// The keys of a fee that a commission has too.
void read_charge(const TomlTable& table, Currency currency, FeeRule& rule) {
    read_bands(table, currency, rule);
    table.integer("rate_bp", 0, basis_points_max, in_basis_points, rule.basis_points);
    table.amount("flat", currency, rule.flat);
    table.amount("minimum", currency, rule.minimum);
    table.amount("cap", currency, rule.cap);
    table.amount("free_up_to", currency, rule.free_up_to);
    choose(table, "rounding", roundings, rule.rounding);
    check_order(table, currency, rule.minimum, "cap", rule.cap);
    // A fee without a rate, an amount or bands is a forgotten line more often than a free one.
    if (!table.has("bands") && !table.has("rate_bp") && !table.has("flat"))
        table.fail("rate_bp", "is missing; write rate_bp, flat or bands, or leave out the table");
}

FeeRule read_fee(const TomlTable& table, Currency currency) {
    FeeRule rule;
    // No default: who pays a fee is the first thing that a reader of the file wants to know.
    table.require("bearer", "say who bears the fee, \"payer\" or \"payee\"");
    choose(table, "bearer", bearers, rule.bearer);
    read_charge(table, currency, rule);
    table.amount("free_lifetime", currency, rule.free_lifetime);
    return rule;
}

TaxRule read_tax(const TomlTable& table) {
    TaxRule tax;
    table.require("mode", "say whether the tax is \"included\" in the fee or \"on_top\" of it");
    choose(table, "mode", tax_modes, tax.mode);
    // "none" is written to say it aloud, and then there is nothing to state.
    if (tax.mode != core::TaxMode::none) table.require("rate_bp", "a tax has a rate");
    table.integer("rate_bp", 0, basis_points_max, in_basis_points, tax.basis_points);
    choose(table, "rounding", roundings, tax.rounding);
    return tax;
}

PaymentType read_type(const TomlTable& table, Currency currency) {
    PaymentType type;
    table.require("name", "every [[type]] has one");
    table.text("name", type.name);
    table.require("purpose", "every [[type]] has one, like \"pay_merchant\" or \"transfer\"");
    choose(table, "purpose", purposes, type.purpose);
    read_period(table, type.period);
    table.amount("minimum", currency, type.minimum);
    table.amount("maximum", currency, type.maximum);
    check_order(table, currency, type.minimum, "maximum", type.maximum);
    const std::vector<TomlTable> fees = table.tables("fee", scheme_keys::fee);
    type.fees.reserve(fees.size());
    // Read in the file's order, which is also the order in which charges are posted.
    for (const TomlTable& fee : fees) type.fees.push_back(read_fee(fee, currency));
    if (const auto tax = table.table("tax", scheme_keys::tax)) type.tax = read_tax(*tax);
    if (const auto commission = table.table("commission", scheme_keys::commission)) {
        FeeRule& rule = type.commission.emplace();
        // Commissions move between the operator's own accounts; nobody bears them.
        rule.bearer = core::Bearer::payer;
        read_charge(*commission, currency, rule);
    }
    return type;
}

SettlementRule read_settlement(const TomlTable& table, Currency currency) {
    SettlementRule rule;
    rule.to_bank = true;
    // Neither has a sensible default: T+1 and T+2, calendar and business days are all common.
    table.require("lag_days", "say how many days after the sale the money is paid out");
    table.integer("lag_days", 0, core::lag_days_max, " days", rule.lag_days);
    table.require("lag_unit", "say which days count, \"calendar\" or \"business\"");
    choose(table, "lag_unit", lag_units, rule.lag_unit);
    table.boolean("roll", rule.roll);
    table.time_of_day("cut_off", day_end, rule.cut_off);
    table.time_of_day("payout_at", last_minute, rule.payout_at);
    table.amount("minimum_payout", currency, rule.minimum_payout);
    choose(table, "minimum_basis", minimum_bases, rule.minimum_basis);
    table.amount("payout_fee", currency, rule.payout_fee);
    table.boolean("refunds_netted", rule.refunds_netted);
    choose(table, "negative_net", negative_nets, rule.negative_net);
    table.integer("reserve_bp", 0, basis_points_max, in_basis_points, rule.reserve_basis_points);
    table.integer("reserve_days", 0, core::lag_days_max, " days", rule.reserve_days);
    return rule;
}

Limits read_limits(const TomlTable& table, Currency currency) {
    Limits limits;
    read_period(table, limits.period);
    table.amount("per_transaction", currency, limits.per_transaction);
    table.amount("daily", currency, limits.daily);
    table.amount("monthly", currency, limits.monthly);
    table.amount("yearly", currency, limits.yearly);
    table.amount("lifetime", currency, limits.lifetime);
    table.amount("ceiling", currency, limits.ceiling);
    return limits;
}

AccountClass read_class(const TomlTable& table, Currency currency) {
    AccountClass result;
    table.require("name", "every [[class]] has one");
    table.text("name", result.name);
    table.require("kind", "every [[class]] has one, like \"wallet\" or \"till\"");
    choose(table, "kind", kinds, result.kind);
    table.texts("identifiers", result.identifiers);
    table.text("receives", result.receives);
    if (const auto settlement = table.table("settlement", scheme_keys::settlement))
        result.settlement = read_settlement(*settlement, currency);
    // A till has its money at once and needs no rule; a payable without one would keep it for ever.
    else if (result.kind == AccountKind::settlement_payable)
        table.require("settlement",
                      "a settlement_payable is paid out to a bank; a till has the money at once");
    const std::vector<TomlTable> limits = table.tables("limits", scheme_keys::limits);
    result.limits.reserve(limits.size());
    for (const TomlTable& period : limits) result.limits.push_back(read_limits(period, currency));
    return result;
}

void read_zone(const TomlTable& table, core::Scheme& scheme) {
    // Not the machine's zone and not UTC: a scheme that forgets it would cut its days at the wrong
    // hour.
    table.require("zone", "local time less UTC, like \"+03:00\"");
    std::string text = "+00:00";
    table.text("zone", text);
    // The error keeps the field's own reason, which names the bounds.
    if (const auto offset = parse_zone(text))
        scheme.zone_offset_minutes = static_cast<std::int16_t>(offset->count());
    else
        table.fail("zone", offset.error().reason);
}

void read_calendar_of(const TomlTable& table, const std::filesystem::path& holidays,
                      core::Scheme& scheme) {
    std::string name;
    table.text("calendar", name);
    // A calendar without a file is known by name only and has no days: weekends then.
    if (holidays.empty()) {
        scheme.calendar = core::Calendar(name, {});
        return;
    }
    Result<core::Calendar> calendar = read_calendar(holidays, name);
    if (calendar)
        scheme.calendar = std::move(calendar).value();
    else
        table.fail("calendar", calendar.error().text());
}

void read_head(const TomlTable& table, const std::filesystem::path& holidays,
               core::Scheme& scheme) {
    table.require("name", "1 to 20 of a-z, 0-9, '-' and '_'");
    table.text("name", scheme.name);
    table.require("version", "your own, like \"1\" or \"2025-01\"");
    table.text("version", scheme.version);
    table.require("currency", "three letters of ISO 4217, like \"KES\"");
    // Filled in, so that one missing line is one error and not one for each amount.
    std::string letters = "KES";
    table.text("currency", letters);
    if (const auto currency = parse_currency(letters))
        scheme.currency = *currency;
    else
        table.fail("currency", currency.error().reason);
    read_zone(table, scheme);
    read_calendar_of(table, holidays, scheme);
}

}  // namespace

namespace {

void read_reversal(const TomlTable& table, core::ReversalRule& rule) {
    table.boolean("allowed", rule.is_allowed);
    table.integer("within_days", 0, core::reversal_days_max, " days", rule.within_days);
    // The older key said yes or no. Files that have it still mean what they meant.
    bool returns_fee = false;
    table.boolean("returns_fee", returns_fee);
    if (returns_fee) rule.fee = core::ChargeReturn::all;
    if (table.has("returns_fee") && table.has("fee_returned"))
        table.fail("fee_returned", "says what returns_fee says already; write only fee_returned");
    choose(table, "fee_returned", returns, rule.fee);
    // What is not said about tax and commission follows the fee.
    rule.tax = rule.commission = rule.fee;
    choose(table, "tax_returned", returns, rule.tax);
    choose(table, "commission_returned", returns, rule.commission);
}

}  // namespace

core::Scheme read_scheme_tables(const toml::table& root, const std::filesystem::path& holidays,
                                TomlErrors& errors) {
    core::Scheme scheme;
    const TomlTable table(errors, root, "", scheme_keys::top);
    read_head(table, holidays, scheme);
    // Types before classes, because classes name them.
    const std::vector<TomlTable> types = table.tables("type", scheme_keys::type);
    scheme.types.reserve(types.size());
    for (const TomlTable& type : types) scheme.types.push_back(read_type(type, scheme.currency));
    const std::vector<TomlTable> classes = table.tables("class", scheme_keys::account_class);
    scheme.classes.reserve(classes.size());
    for (const TomlTable& account_class : classes)
        scheme.classes.push_back(read_class(account_class, scheme.currency));
    if (const auto reversal = table.table("reversal", scheme_keys::reversal))
        read_reversal(*reversal, scheme.reversal);
    if (const auto of_operator = table.table("operator", scheme_keys::of_operator))
        of_operator->boolean("own_funds_may_be_short", scheme.own_funds_may_be_short);
    return scheme;
}

}  // namespace tuma
