#include "switch/replay/plan.h"

#include "ledger/input_file.h"
#include "ledger/time.h"
#include "switch/files/calendar_file.h"
#include "switch/files/toml_table.h"
#include "switch/replay/plan_rail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace tuma::replay {
namespace {

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
        if (year_of(day) < 1900 || year_of(day) > 2199)
            table.fail(key,
                       fmt::format("is in the year {}; 1900 to 2199 are possible", year_of(day)));
    if (merchant.to < merchant.from) table.fail("to", "is before from");
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
    if (!calendar.empty() && holidays.empty())
        table.fail("calendar",
                   fmt::format("\"{}\" needs a file of holidays, --holidays=FILE.csv; \"\" is "
                               "weekends only",
                               calendar));
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
    // Also where no calendar is named.
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
    if (errors.first()) return *errors.first();
    settle_zones(plan);
    return plan;
}

Result<Plan> read_plan(const std::filesystem::path& path, const std::filesystem::path& holidays) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return parse_plan(text, path.string(), holidays);
}

}  // namespace tuma::replay
