#include "switch/replay/plan_rail.h"

#include "ledger/books.h"
#include "ledger/time.h"
#include "switch/files/scheme_file.h"
#include "switch/replay/number_text.h"
#include "switch/replay/rail_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace tuma::replay {
namespace {

using core::AccountClass;
using core::LocalDay;
using core::PaymentType;
using core::Scheme;
using ledger::AccountKind;

constexpr std::string_view at_once_class = "at-once";
constexpr std::string_view at_once_type = "pay-at-once";

constexpr std::array<TomlChoice<core::LagUnit>, 2> lag_units{{
    {"calendar", core::LagUnit::calendar},
    {"business", core::LagUnit::business},
}};
constexpr std::array<std::string_view, 7> number_keys{
    "fee_bp", "fee_flat_minor", "fee_cap_minor", "free_up_to_minor", "lag_days", "lag_unit", "roll",
};

bool is_made_of(std::string_view text, std::string_view characters) {
    return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

void read_name(const TomlTable& table, std::string& name) {
    table.require("name", "it names the rail and its files");
    table.text("name", name);
    if (!is_made_of(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ||
        name.size() > rail_name_max)
        table.fail("name",
                   fmt::format("found \"{}\"; 1 to {} of a-z, A-Z, 0-9, - and _ are needed, "
                               "since files are named after it",
                               name, rail_name_max));
    if (name == "summary" || name == "books")
        table.fail("name",
                   fmt::format("\"{}\" is the name of another output; choose another", name));
}

// The name of the scheme that a plain rail becomes; a scheme's name has narrower bounds.
std::string scheme_name(const std::string& rail, std::size_t number) {
    constexpr std::size_t scheme_name_max = 20;
    const bool fits = rail.size() <= scheme_name_max &&
                      is_made_of(rail, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return fits ? rail : fmt::format("rail-{}", number);
}

void add_at_once(Scheme& scheme, RailPlan& rail) {
    PaymentType type;
    type.name = at_once_type;
    scheme.types.push_back(std::move(type));
    AccountClass till;
    till.name = at_once_class;
    till.kind = AccountKind::till;
    till.receives = at_once_type;
    rail.at_once_class = static_cast<std::uint8_t>(scheme.classes.size());
    scheme.classes.push_back(std::move(till));
}

PaymentType read_plain_type(const TomlTable& table) {
    constexpr std::string_view minor_units = " minor units";
    PaymentType type;
    type.name = "pay-merchant";
    core::FeeRule fee;
    table.integer("fee_bp", 0, 10'000, " basis points (100 are 1 %)", fee.basis_points);
    table.integer("fee_flat_minor", 0, ledger::amount_max, minor_units, fee.flat);
    table.integer("fee_cap_minor", 0, ledger::amount_max, minor_units, fee.cap);
    table.integer("free_up_to_minor", 0, ledger::amount_max, minor_units, fee.free_up_to);
    type.fees.push_back(fee);
    return type;
}

AccountClass read_plain_class(const TomlTable& table) {
    AccountClass account_class;
    account_class.name = "merchant";
    account_class.receives = "pay-merchant";
    core::SettlementRule& rule = account_class.settlement;
    table.integer("lag_days", 0, core::lag_days_max, " days", rule.lag_days);
    table.choice<core::LagUnit>("lag_unit", lag_units, rule.lag_unit);
    table.boolean("roll", rule.roll);
    rule.negative_net = core::NegativeNet::collect;
    rule.to_bank = rule.lag_days > 0 || rule.roll;
    account_class.kind = rule.to_bank ? AccountKind::settlement_payable : AccountKind::till;
    return account_class;
}

void read_plain(const TomlTable& table, const MerchantPlan& merchant, std::size_t number,
                RailPlan& rail) {
    for (const std::string_view key : {"type", "class", "on"})
        if (table.has(key)) table.fail(key, "needs scheme, the name of a scheme, beside it");
    Scheme& scheme = rail.scheme;
    scheme.name = scheme_name(rail.name, number);
    scheme.version = "plan";
    scheme.currency = merchant.currency;
    scheme.calendar = merchant.calendar;
    scheme.types.push_back(read_plain_type(table));
    scheme.classes.push_back(read_plain_class(table));
    rail.type = scheme.types.front().name;
}

// Leaves what holds on `day`, for ever.
template <typename Element>
void keep_only(std::vector<Element>& elements, LocalDay day) {
    elements.erase(
        std::remove_if(elements.begin(), elements.end(),
                       [day](const Element& element) { return !element.period.holds(day); }),
        elements.end());
    for (Element& element : elements) element.period = {};
}

void keep_tariffs_of(Scheme& scheme, LocalDay day) {
    keep_only(scheme.types, day);
    for (AccountClass& account_class : scheme.classes) {
        keep_only(account_class.limits, day);
        if (scheme.find_type(account_class.receives, day) == nullptr) account_class.receives = "";
    }
}

std::string names_received(const Scheme& scheme) {
    std::set<std::string> names;
    for (const AccountClass& account_class : scheme.classes)
        if (!account_class.receives.empty()) names.insert(account_class.receives);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string period_text(const core::Period& period) {
    constexpr core::Period always;
    if (period.to == always.to) return fmt::format("{} and later", tuma::text(period.from));
    if (period.from == always.from) return fmt::format("until {}", tuma::text(period.to));
    return fmt::format("{} to {}", tuma::text(period.from), tuma::text(period.to));
}

std::string periods_of(const Scheme& scheme, std::string_view type) {
    std::vector<std::string> periods;
    for (const PaymentType& other : scheme.types)
        if (other.name == type) periods.push_back(period_text(other.period));
    return fmt::format("{}", fmt::join(periods, ", "));
}

std::string classes_receiving(const Scheme& scheme, std::string_view type) {
    std::vector<std::string> names;
    for (const AccountClass& account_class : scheme.classes)
        if (account_class.receives == type) names.push_back(account_class.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

void choose_class(const TomlTable& table, RailPlan& rail) {
    const Scheme& scheme = rail.scheme;
    const auto receives = [&](const AccountClass& of) { return of.receives == rail.type; };
    const auto first = std::find_if(scheme.classes.begin(), scheme.classes.end(), receives);
    if (first == scheme.classes.end()) {
        table.fail("type", fmt::format("found \"{}\", which no class of {} receives; merchants "
                                       "receive: {}",
                                       rail.type, scheme.name, names_received(scheme)));
        return;
    }
    std::string name = first->name;
    table.text("class", name);
    const auto wanted = scheme.find_class(name);
    if (wanted && receives(scheme.classes[*wanted]))
        rail.account_class = *wanted;
    else
        table.fail("class", fmt::format("found \"{}\"; a class that receives {} is needed: {}",
                                        name, rail.type, classes_receiving(scheme, rail.type)));
}

// A day on which the scheme has no tariff would make the switch refuse the day's payments.
void check_tariff_days(const TomlTable& table, const MerchantPlan& merchant, const RailPlan& rail) {
    for (LocalDay day = merchant.from; day <= merchant.to; day += std::chrono::days{1}) {
        if (rail.scheme.find_type(rail.type, day) != nullptr) continue;
        table.fail("type", fmt::format("{} has no tariff for {} on {}, only for {}; with on = DATE "
                                       "the tariff of that day is used for all sales",
                                       rail.scheme.name, rail.type, tuma::text(day),
                                       periods_of(rail.scheme, rail.type)));
        return;
    }
}

void read_day_of_tariff(const TomlTable& table, RailPlan& rail) {
    LocalDay day;
    table.date("on", day);
    if (rail.scheme.find_type(rail.type, day) == nullptr)
        table.fail("on",
                   fmt::format("{} has no tariff for {} on {}, only for {}", rail.scheme.name,
                               rail.type, tuma::text(day), periods_of(rail.scheme, rail.type)));
    else
        keep_tariffs_of(rail.scheme, day);
}

void read_from_scheme(const TomlErrors& errors, const TomlTable& table,
                      const MerchantPlan& merchant, const std::filesystem::path& holidays,
                      RailPlan& rail) {
    for (const std::string_view key : number_keys)
        if (table.has(key))
            table.fail(key, "excludes scheme; give the scheme or the numbers, not both");
    std::string name;
    table.text("scheme", name);
    table.require("type", "it is what the merchant receives, \"pay-merchant\" for example");
    table.text("type", rail.type);
    if (errors.first()) return;
    Result<SchemeFile> file = find_scheme(name, holidays);
    if (!file) {
        table.fail("scheme", file.error().text());
        return;
    }
    rail.scheme = std::move(file).value().scheme;
    rail.is_from_scheme = true;
    const std::string_view currency = letters(merchant.currency);
    if (rail.scheme.currency != merchant.currency)
        table.fail("scheme", fmt::format("{} is in {}, the merchant sells in {}; give the numbers "
                                         "instead (fee_bp, fee_cap_minor, lag_days and so on) in "
                                         "{}",
                                         name, letters(rail.scheme.currency), currency, currency));
    choose_class(table, rail);
    if (!errors.first() && table.has("on")) read_day_of_tariff(table, rail);
    if (!errors.first()) check_tariff_days(table, merchant, rail);
}

std::string sentence_of(const RailPlan& rail, const MerchantPlan& merchant) {
    const PaymentType* type = rail.scheme.find_type(rail.type, merchant.to);
    ensure(type != nullptr, "there is a tariff on every day");
    std::string words;
    if (rail.is_from_scheme)
        words = fmt::format("{} {}, {}: ", rail.scheme.name, rail.scheme.version, rail.type);
    if (rail.scheme.find_type(rail.type, merchant.from) != type)
        words += "the tariff of each day, at the end ";
    words += fmt::format("{}; {}", fee_words(*type, merchant.currency),
                         settlement_words(rail.scheme.classes[rail.account_class].settlement,
                                          rail.scheme.calendar, merchant.currency));
    if (!rail.applies_to.empty())
        words += fmt::format("; only {} payments, others at once and free", rail.applies_to);
    return words;
}

}  // namespace

RailPlan read_rail(const TomlErrors& errors, const TomlTable& table, const MerchantPlan& merchant,
                   std::size_t number, const std::filesystem::path& holidays) {
    RailPlan rail;
    read_name(table, rail.name);
    table.text("applies_to", rail.applies_to);
    if (table.has("scheme"))
        read_from_scheme(errors, table, merchant, holidays, rail);
    else
        read_plain(table, merchant, number, rail);
    if (errors.first()) return rail;
    if (!rail.applies_to.empty()) add_at_once(rail.scheme, rail);
    if (const auto wrong = core::check(rail.scheme))
        table.fail("name", fmt::format("the rail cannot be made into a scheme: {}", wrong->text()));
    else
        rail.sentence = sentence_of(rail, merchant);
    return rail;
}

}  // namespace tuma::replay
