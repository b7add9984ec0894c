#include "switch/replay/sales/outgoings.h"

#include "ledger/state/books.h"
#include "ledger/words/csv.h"
#include "ledger/words/input_file.h"
#include "ledger/words/text.h"
#include "ledger/words/time.h"
#include "switch/replay/sales/sales_row.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <optional>
#include <utility>

namespace tuma::replay {
namespace {

using std::chrono::year_month_day;

std::int64_t share(std::int64_t gross, std::int64_t basis_points) {
    const auto part = scale(Money{gross}, basis_points, 10'000, Rounding::half_up);
    ensure(part.has_value(), "a share of at most 100 % fits");
    return part->minor;
}

std::int64_t sum(std::span<const std::int64_t> values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

std::int64_t sum_of_last(std::span<const std::int64_t> gross, std::size_t count) {
    // At the window's start there may be fewer days than asked for.
    return sum(gross.last(std::min(count, gross.size())));
}

bool is_wages_day(core::LocalDay day) {
    return std::chrono::weekday{day} == std::chrono::Friday;
}

bool is_draw_day(core::LocalDay day) {
    return std::chrono::weekday{day} == std::chrono::Sunday;
}

bool is_rent_day(core::LocalDay day) {
    return year_month_day{day}.day() == std::chrono::day{1};
}

std::size_t days_of_month_before(core::LocalDay first) {
    return unsigned(year_month_day{first - std::chrono::days{1}}.day());
}

// Equal parts of the share, one on each day of the window that `is_due`.
std::int64_t instalment(std::int64_t gross, std::int64_t basis_points, core::LocalDay from,
                        core::LocalDay to, bool (*is_due)(core::LocalDay)) {
    // Counted by walking: at most some thousand days, and no formula has to know of leap years.
    std::int64_t count = 0;
    for (core::LocalDay day = from; day <= to; day += std::chrono::days{1})
        count += is_due(day) ? 1 : 0;
    // Whole units; what is left over after division is paid to nobody.
    return count == 0 ? 0 : share(gross, basis_points) / count;
}

// One row of the file, or what is wrong with it.
std::optional<std::string> read_row(std::span<const std::string_view> fields,
                                    std::size_t date_column, std::size_t amount_column,
                                    const FileZone& zone, core::LocalDay& day,
                                    std::int64_t& amount) {
    // Short rows are told by line: a spreadsheet cuts empty cells off.
    if (fields.size() <= std::max(date_column, amount_column))
        return fmt::format("only {} fields", fields.size());
    constexpr std::string_view example = "a day like 2016-03-01";
    const std::string_view date = fields[date_column];
    const auto time = read_local_time(date, zone, example);
    if (!time) return "date: " + time.error().reason;
    // A time of day has no meaning for a payment at the day's end, unless it had to be converted to
    // find the day.
    if (!time->is_day && !time->was_converted)
        return fmt::format("date: found \"{}\", must be {}", date, example);
    day = std::chrono::floor<std::chrono::days>(time->time);
    const std::string_view text = fields[amount_column];
    const auto number = read_number<std::int64_t>(text, 1, ledger::amount_max);
    if (!number)
        return fmt::format(
            "amount_minor: found \"{}\", must be a whole number of minor units from 1 to {}", text,
            ledger::amount_max);
    amount = *number;
    return std::nullopt;
}

}  // namespace

OutgoingsRule::OutgoingsRule(const OutgoingsPlan& plan, OutgoingsMode mode, core::LocalDay from,
                             core::LocalDay to, std::int64_t gross_of_window)
    : plan_(plan), mode_(mode), from_(from) {
    // A window of refunds alone buys no stock.
    const std::int64_t gross = std::max<std::int64_t>(gross_of_window, 0);
    instalments_.wages = instalment(gross, plan.wages_bp, from, to, is_wages_day);
    instalments_.draw = instalment(gross, plan.draw_bp, from, to, is_draw_day);
    instalments_.rent = instalment(gross, plan.rent_bp, from, to, is_rent_day);
}

std::vector<Outgoing> OutgoingsRule::due(std::span<const std::int64_t> gross_before) const {
    const core::LocalDay day =
        from_ + std::chrono::days{static_cast<std::int64_t>(gross_before.size())};
    const bool is_fixed = mode_ == OutgoingsMode::fixed;
    std::vector<Outgoing> paid;
    const auto add = [&](OutgoingKind kind, std::int64_t amount) {
        if (amount > 0) paid.push_back({kind, amount, 0});
    };
    // What was sold yesterday is bought again today, before the shop knows what today brings.
    add(OutgoingKind::restock, share(sum_of_last(gross_before, 1), plan_.restock_bp));
    const std::int64_t week = sum_of_last(gross_before, 7);
    if (is_wages_day(day))
        add(OutgoingKind::wages, is_fixed ? instalments_.wages : share(week, plan_.wages_bp));
    if (is_draw_day(day))
        add(OutgoingKind::draw, is_fixed ? instalments_.draw : share(week, plan_.draw_bp));
    if (is_rent_day(day)) {
        // The month before, as far as the window has it: rent of the first month may be less.
        const std::int64_t month = sum_of_last(gross_before, days_of_month_before(day));
        add(OutgoingKind::rent, is_fixed ? instalments_.rent : share(month, plan_.rent_bp));
    }
    return paid;
}

std::vector<Outgoing> DatedOutgoings::due(core::LocalDay day) const {
    // Days without a row cost nothing; that is what the file says.
    const auto found = days.find(day);
    return found == days.end() ? std::vector<Outgoing>{} : found->second;
}

Result<DatedOutgoings> read_outgoings(const std::filesystem::path& path, core::LocalDay from,
                                      core::LocalDay to, const FileZone& zone) {
    const std::string place = path.string();
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    CsvReader csv(file, place);
    Result<bool> more = csv.next();
    if (!more) return more.error();
    if (!*more) return InputError{place, "is empty; it needs a header and rows"};
    const auto date_column = find_column(csv.fields(), "date");
    const auto amount_column = find_column(csv.fields(), "amount_minor");
    if (!date_column || !amount_column || !find_column(csv.fields(), "label"))
        return InputError{csv.place(),
                          fmt::format("the header must have the columns date, amount_minor and "
                                      "label; found: {}",
                                      fmt::join(csv.fields(), ", "))};
    DatedOutgoings outgoings;
    const auto add_bad = [&](std::string reason) {
        // Counted all, listed some: a wrong column would make every row bad.
        if (++outgoings.rows_bad <= bad_rows_listed)
            outgoings.bad_rows.push_back({csv.line(), std::move(reason)});
    };
    for (more = csv.next(); more && *more; more = csv.next()) {
        core::LocalDay day;
        std::int64_t amount = 0;
        if (auto wrong = read_row(csv.fields(), *date_column, *amount_column, zone, day, amount))
            add_bad(std::move(*wrong));
        // Outside of the window is a mistake in the file or the plan, and each would be silent if
        // it were dropped.
        else if (day < from || day > to)
            add_bad(fmt::format("date: found {}, must be a day of the plan, {} to {}",
                                tuma::text(day), tuma::text(from), tuma::text(to)));
        else
            outgoings.days[day].push_back({OutgoingKind::dated, amount, csv.line()});
    }
    if (!more) return more.error();
    return outgoings;
}

}  // namespace tuma::replay
