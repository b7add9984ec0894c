#include "loadgen/workload/trace.h"

#include "ledger/words/csv.h"
#include "ledger/words/input_file.h"
#include "ledger/words/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::string_view heading = "action,month,day,hour,count,sum,avg,std,step";
constexpr std::uint64_t mean_max = 1'000'000'000'000;

constexpr std::array<std::pair<std::string_view, Action>, 5> actions{{
    {"CASH_IN", Action::deposit},
    {"CASH_OUT", Action::withdraw},
    {"PAYMENT", Action::pay_merchant},
    {"TRANSFER", Action::transfer},
    {"DEBIT", Action::redeem},
}};

/// "155041.1451" to the nearest whole number, at least 1.
std::optional<std::int64_t> rounded(std::string_view text) {
    const auto point = text.find('.');
    const auto integer = read_number<std::uint64_t>(text.substr(0, point), 0, mean_max);
    if (!integer) return std::nullopt;
    bool rounds_up = false;
    if (point != std::string_view::npos) {
        const std::string_view decimals = text.substr(point + 1);
        if (decimals.empty() || decimals.find_first_not_of("0123456789") != std::string_view::npos)
            return std::nullopt;
        rounds_up = decimals.front() >= '5';
    }
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(*integer) + (rounds_up ? 1 : 0));
}

/// One row, its hour still counted from the first day of the month.
struct Row {
    Action action = Action::deposit;
    std::uint64_t month = 0;
    std::uint64_t hour = 0;
    std::uint64_t count = 0;
    std::int64_t mean = 0;
};

Result<Row> parse_row(std::span<const std::string_view> columns) {
    if (columns.size() != 9) return InputError{"row", "must have 9 columns"};
    const auto* action = std::find_if(actions.begin(), actions.end(),
                                      [&](const auto& known) { return known.first == columns[0]; });
    if (action == actions.end())
        return InputError{"action", "must be CASH_IN, CASH_OUT, PAYMENT, TRANSFER or DEBIT"};
    const auto month = read_number<std::uint64_t>(columns[1], 1, 12);
    if (!month) return InputError{"month", "must be a whole number of 1 to 12"};
    const auto day = read_number<std::uint64_t>(columns[2], 0, 31);
    if (!day) return InputError{"day", "must be a whole number of 0 to 31"};
    const auto hour = read_number<std::uint64_t>(columns[3], 0, 23);
    if (!hour) return InputError{"hour", "must be a whole number of 0 to 23"};
    constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max() / 8;
    const auto count = read_number<std::uint64_t>(columns[4], 0, count_max);
    if (!count)
        return InputError{"count", fmt::format("must be a whole number of 0 to {}", count_max)};
    const auto mean = rounded(columns[6]);
    if (!mean) return InputError{"avg", fmt::format("must be a number of 0 to {}", mean_max)};
    return Row{action->second, *month, *day * 24 + *hour, *count, *mean};
}

Result<std::vector<Row>> parse_rows(std::string_view text, std::string_view source) {
    std::istringstream input{std::string(text)};
    CsvReader csv(input, std::string(source));
    const auto place = [&csv](std::string_view what) {
        return fmt::format("{}: {}", csv.place(), what);
    };
    std::vector<Row> rows;
    std::set<std::pair<std::uint64_t, Action>> seen;
    bool is_heading = true;
    while (true) {
        const Result<bool> has_next = csv.next();
        if (!has_next) return has_next.error();
        if (!*has_next) break;
        if (std::exchange(is_heading, false)) {
            if (fmt::format("{}", fmt::join(csv.fields(), ",")) != heading)
                return InputError{place("heading"), fmt::format("must be \"{}\"", heading)};
            continue;
        }
        const auto row = parse_row(csv.fields());
        if (!row) return InputError{place(row.error().field), row.error().reason};
        if (!rows.empty() && row->month != rows.front().month)
            return InputError{place("month"),
                              fmt::format("must be {} as in the first row", rows.front().month)};
        if (!seen.emplace(row->hour, row->action).second)
            return InputError{place("row"), "this hour and action had a row before"};
        rows.push_back(*row);
    }
    if (rows.empty()) return InputError{std::string(source), "has no rows"};
    return rows;
}

}  // namespace

std::uint64_t Trace::total() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Result<Trace> parse_trace(std::string_view csv, std::string_view source) {
    const auto rows = parse_rows(csv, source);
    if (!rows) return rows.error();
    const auto by_hour = [](const Row& a, const Row& b) { return a.hour < b.hour; };
    const auto [first, last] = std::minmax_element(rows->begin(), rows->end(), by_hour);
    Trace trace;
    trace.means.resize(last->hour - first->hour + 1);
    for (const Row& row : *rows) {
        const auto hour = static_cast<std::uint32_t>(row.hour - first->hour);
        const auto action = static_cast<std::uint32_t>(row.action);
        trace.cells.push_back({hour, action, row.count});
        trace.means[hour][action] = row.mean;
        trace.counts[action] += row.count;
    }
    if (trace.total() == 0) return InputError{std::string(source), "counts no operations"};
    return trace;
}

Result<Trace> load_trace(const std::string& path) {
    const Result<std::string> text = read_text_file(path);
    if (!text) return text.error();
    return parse_trace(*text, path);
}

Scenario trace_scenario(const Trace& trace) {
    Scenario scenario;
    scenario.name = "trace";
    scenario.description = "hourly totals of a real service, by action";
    scenario.customers = 10'000;
    scenario.merchants = 500;
    scenario.agents = 100;
    scenario.mix = trace.counts;
    scenario.zipf_permille = 1000;
    return scenario;
}

}  // namespace tuma::loadgen
