#include "switch/replay/sales/plan.h"

#include "ledger/state/books.h"
#include "ledger/words/input_file.h"
#include "ledger/words/time.h"
#include "switch/files/calendar_file.h"
#include "switch/files/scheme_file.h"
#include "switch/files/toml_table.h"
#include "switch/replay/words/number_text.h"
#include "switch/replay/words/rail_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace tuma::replay {
namespace {

// --- Rails: numbers → a scheme of their own, or a scheme by its name

constexpr std::array<std::string_view, 13> rail_keys{"name",
                                                     "fee_bp",
                                                     "fee_flat_minor",
                                                     "fee_cap_minor",
                                                     "free_up_to_minor",
                                                     "lag_days",
                                                     "lag_unit",
                                                     "roll",
                                                     "applies_to",
                                                     "scheme",
                                                     "type",
                                                     "class",
                                                     "on"};
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
    // The name becomes a file's: it must be one on every system.
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
    // A merchant's till must not owe the rail for ever; what is short is taken from its bank at
    // once.
    rule.negative_net = core::NegativeNet::collect;
    // No lag and no roll is money at once, and then nothing is settled.
    rule.to_bank = rule.lag_days > 0 || rule.roll;
    account_class.kind = rule.to_bank ? AccountKind::settlement_payable : AccountKind::till;
    return account_class;
}

void read_plain(const TomlTable& table, const MerchantPlan& merchant, std::size_t number,
                RailPlan& rail) {
    // These keys mean something only beside a scheme.
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
        // A class whose tariff is gone receives nothing; kept, it would refuse everything at the
        // first sale.
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
    // Looked at before the replay: found in its middle, it would have cost minutes.
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
    const std::string_view currency = alphabetic_code(merchant.currency);
    // Amounts in a tariff have no meaning in another currency.
    if (rail.scheme.currency != merchant.currency)
        table.fail("scheme",
                   fmt::format("{} is in {}, the merchant sells in {}; give the numbers "
                               "instead (fee_bp, fee_cap_minor, lag_days and so on) in "
                               "{}",
                               name, alphabetic_code(rail.scheme.currency), currency, currency));
    choose_class(table, rail);
    if (!errors.first() && table.has("on")) read_day_of_tariff(table, rail);
    if (!errors.first()) check_tariff_days(table, merchant, rail);
}

// Made once, because text, page and JSON show the same sentence.
std::string sentence_of(const RailPlan& rail, const MerchantPlan& merchant) {
    const PaymentType* type = rail.scheme.find_type(rail.type, merchant.to);
    ensure(type != nullptr, "there is a tariff on every day");
    std::string sentence;
    if (rail.is_from_scheme)
        sentence = fmt::format("{} {}, {}: ", rail.scheme.name, rail.scheme.version, rail.type);
    if (rail.scheme.find_type(rail.type, merchant.from) != type)
        sentence += "the tariff of each day, at the end ";
    sentence += fmt::format("{}; {}", fee_words(*type, merchant.currency),
                            settlement_words(rail.scheme.classes[rail.account_class].settlement,
                                             rail.scheme.calendar, merchant.currency));
    if (!rail.applies_to.empty())
        sentence += fmt::format("; only {} payments, others at once and free", rail.applies_to);
    return sentence;
}

/// Reads one [[rail]]; what is wrong is added to `errors`, those of the table. `number` counts
/// rails from 1.
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
    // The check that schemes go through: a plan's numbers are no exception.
    if (const auto wrong = core::check(rail.scheme))
        table.fail("name", fmt::format("the rail cannot be made into a scheme: {}", wrong->text()));
    else
        rail.sentence = sentence_of(rail, merchant);
    return rail;
}

// --- The plan

constexpr std::string_view in_basis_points = " basis points (100 are 1 %)";

constexpr std::array<std::string_view, 4> document_keys{"merchant", "outgoings", "advance", "rail"};
constexpr std::array<std::string_view, 7> merchant_keys{
    "currency", "calendar", "zone", "from", "to", "opening_days", "interest_rate_bp"};
constexpr std::array<std::string_view, 5> outgoings_keys{"mode", "restock_bp", "wages_bp",
                                                         "draw_bp", "rent_bp"};
constexpr std::array<std::string_view, 5> advance_keys{"day", "average_days", "factor_bp",
                                                       "holdback_bp", "yield_bp"};
constexpr std::array<TomlChoice<OutgoingsMode>, 2> modes{{
    {"proportional", OutgoingsMode::proportional},
    {"fixed", OutgoingsMode::fixed},
}};

std::int64_t days_of(const MerchantPlan& merchant) {
    return (merchant.to - merchant.from).count() + 1;
}

int year_of(core::LocalDay day) {
    return static_cast<int>(std::chrono::year_month_day{day}.year());
}

void read_currency(const TomlTable& table, Currency& currency) {
    std::string letters;
    table.require("currency", "three letters of ISO 4217 are needed, like \"GBP\"");
    table.text("currency", letters);
    if (const auto parsed = parse_currency(letters))
        currency = *parsed;
    else
        table.fail("currency", parsed.error().reason);
}

// Nothing where the plan does not say it.
std::optional<std::chrono::minutes> read_merchant_zone(const TomlTable& table) {
    if (!table.has("zone")) return std::nullopt;
    std::string text;
    table.text("zone", text);
    const auto zone = parse_zone(text);
    if (zone) return *zone;
    table.fail("zone", zone.error().reason);
    return std::nullopt;
}

// That of the rails' schemes, or nothing if they are in several; UTC where no rail names a scheme.
std::optional<std::chrono::minutes> common_zone(const std::vector<RailPlan>& rails) {
    std::optional<std::chrono::minutes> common;
    for (const RailPlan& rail : rails) {
        const std::chrono::minutes zone{rail.scheme.zone_offset_minutes};
        if (!rail.is_from_scheme) continue;
        if (common && *common != zone) return std::nullopt;
        common = zone;
    }
    return common.value_or(std::chrono::minutes{0});
}

// Numbers have the merchant's zone; a scheme keeps its own, whatever clock the merchant sells by.
void settle_zones(Plan& plan) {
    const std::optional<std::chrono::minutes> given = plan.merchant.zone;
    plan.merchant.zone = given ? given : common_zone(plan.rails);
    for (RailPlan& rail : plan.rails) {
        const std::chrono::minutes own{rail.scheme.zone_offset_minutes};
        rail.zone = given ? *given : own;
        if (rail.is_from_scheme || !plan.merchant.zone) continue;
        rail.zone = *plan.merchant.zone;
        rail.scheme.zone_offset_minutes = static_cast<std::int16_t>(rail.zone.count());
    }
}

void read_window(const TomlTable& table, MerchantPlan& merchant) {
    for (const std::string_view key : {"from", "to"})
        table.require(key, "a date like 2016-03-01 is needed");
    table.date("from", merchant.from);
    table.date("to", merchant.to);
    for (const auto& [key, day] : {std::pair{"from", merchant.from}, {"to", merchant.to}})
        // Far years come from exchanged digits, and would cost a day of replay each.
        if (year_of(day) < 1900 || year_of(day) > 2199)
            table.fail(key,
                       fmt::format("is in the year {}; 1900 to 2199 are possible", year_of(day)));
    if (merchant.to < merchant.from) table.fail("to", "is before from");
    // A bound on memory: each day is a row for each rail and variant.
    if (days_of(merchant) > replay_days_max)
        table.fail("to", fmt::format("makes {} days, at most {} are possible", days_of(merchant),
                                     replay_days_max));
}

// A year without a single holiday is one that the file does not have.
void check_years(const TomlTable& table, const MerchantPlan& merchant) {
    const auto& calendar = merchant.calendar;
    if (calendar.name().empty()) return;
    for (int year = year_of(merchant.from); year <= year_of(merchant.to); ++year)
        if (std::none_of(calendar.holidays().begin(), calendar.holidays().end(),
                         [year](core::LocalDay day) { return year_of(day) == year; })) {
            table.fail("calendar", fmt::format("{} has no holiday in {}; add that year to the file "
                                               "of holidays, or say \"\" for weekends only",
                                               calendar.name(), year));
            return;
        }
}

void read_merchant(const TomlErrors& errors, const TomlTable& table,
                   const std::filesystem::path& holidays, MerchantPlan& merchant) {
    read_currency(table, merchant.currency);
    read_window(table, merchant);
    merchant.zone = read_merchant_zone(table);
    table.integer("opening_days", 0, average_days_max, " average days", merchant.opening_days);
    table.integer("interest_rate_bp", 0, interest_rate_bp_max, in_basis_points,
                  merchant.interest_rate_bp);
    std::string calendar;
    table.text("calendar", calendar);
    // A calendar by name and no file would quietly mean weekends only.
    if (!calendar.empty() && holidays.empty())
        table.fail("calendar",
                   fmt::format("\"{}\" needs a file of holidays, --holidays=FILE.csv; \"\" is "
                               "weekends only",
                               calendar));
    // The file is read only for a plan that is right so far: one mistake at a time.
    if (errors.first()) return;
    if (auto read = read_calendar(holidays, calendar))
        merchant.calendar = std::move(read).value();
    else
        table.fail("calendar", read.error().text());
    check_years(table, merchant);
}

void read_outgoings(const TomlTable& table, OutgoingsPlan& outgoings) {
    table.choice<OutgoingsMode>("mode", modes, outgoings.mode);
    table.integer("restock_bp", 0, 10'000, in_basis_points, outgoings.restock_bp);
    table.integer("wages_bp", 0, 10'000, in_basis_points, outgoings.wages_bp);
    table.integer("draw_bp", 0, 10'000, in_basis_points, outgoings.draw_bp);
    table.integer("rent_bp", 0, 10'000, in_basis_points, outgoings.rent_bp);
}

AdvancePlan read_advance(const TomlTable& table, const MerchantPlan& merchant) {
    AdvancePlan advance;
    const std::int64_t last = days_of(merchant) - 1;
    table.integer("day", 0, last, ", an index in the window,", advance.day);
    table.integer("average_days", 1, average_days_max, " average days", advance.average_days);
    table.integer("factor_bp", 10'000, factor_bp_max, in_basis_points, advance.factor_bp);
    table.integer("holdback_bp", 1, 10'000, in_basis_points, advance.holdback_bp);
    table.integer("yield_bp", 0, 10'000, in_basis_points, advance.yield_bp);
    // The default may lie outside of a short window, and the message says that it was a default.
    if (advance.day > last)
        table.fail("day", fmt::format("is {} when left out; 0 to {} lie in the window", advance.day,
                                      last));
    return advance;
}

void read_rails(const TomlErrors& errors, const TomlTable& document,
                const std::filesystem::path& holidays, Plan& plan) {
    document.require("rail", "at least one [[rail]] is needed");
    const std::vector<TomlTable> tables = document.tables("rail", rail_keys);
    if (tables.empty()) document.fail("rail", "at least one [[rail]] is needed");
    if (tables.size() > rails_max)
        document.fail("rail", fmt::format("found {} of them, at most {} are possible",
                                          tables.size(), rails_max));
    for (const TomlTable& table : tables) {
        if (errors.first()) return;
        RailPlan rail = read_rail(errors, table, plan.merchant, plan.rails.size() + 1, holidays);
        if (std::any_of(plan.rails.begin(), plan.rails.end(),
                        [&](const RailPlan& other) { return other.name == rail.name; }))
            table.fail("name", fmt::format("another rail is called \"{}\" too", rail.name));
        plan.rails.push_back(std::move(rail));
    }
}

}  // namespace

Result<Plan> parse_plan(std::string_view text, const std::string& place,
                        const std::filesystem::path& holidays) {
    // The file was given, so it has to be good, whether a calendar is used or not.
    if (const auto weekends = read_calendar(holidays, ""); !weekends)
        return InputError{"--holidays=" + weekends.error().field, weekends.error().reason};
    Plan plan;
    plan.source = place;
    TomlErrors errors(place);
    const toml::table root = parse_toml(text, errors);
    const TomlTable document(errors, root, "", document_keys);
    document.require("merchant", "a table [merchant] is needed");
    if (const auto table = document.table("merchant", merchant_keys))
        read_merchant(errors, *table, holidays, plan.merchant);
    if (const auto table = document.table("outgoings", outgoings_keys))
        read_outgoings(*table, plan.outgoings);
    if (const auto table = document.table("advance", advance_keys))
        plan.advance = read_advance(*table, plan.merchant);
    read_rails(errors, document, holidays, plan);
    // Zones are settled last: they depend on all rails together.
    if (errors.first()) return *errors.first();
    settle_zones(plan);
    return plan;
}

Result<Plan> read_plan(const std::filesystem::path& path, const std::filesystem::path& holidays) {
    const Result<std::string> text = read_text_file(path);
    if (!text) return text.error();
    return parse_plan(*text, path.string(), holidays);
}

}  // namespace tuma::replay
