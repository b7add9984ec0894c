// timeline.csv read back.
#include "ledger/words/text.h"
#include "loadgen/report/report.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace tuma::loadgen {
namespace {

constexpr std::string_view timeline_heading =
    "second,offered,sent,skipped,ok,refused,errors,timeouts,p50_us,p99_us,max_us,in_flight,warmup";

std::optional<TimelineRow> parse_row(std::string_view line) {
    std::array<std::uint64_t, 13> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), values[i]);
        // No signs and no blanks: the file is written by this program.
        if (code != std::errc{}) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
        const bool is_last = i + 1 == values.size();
        if (is_last != line.empty()) return std::nullopt;
        if (is_last) break;
        if (line.front() != ',') return std::nullopt;
        line.remove_prefix(1);
    }
    // A flag is 0 or 1.
    if (values[12] > 1) return std::nullopt;
    return TimelineRow{.second = values[0],
                       .offered = values[1],
                       .sent = values[2],
                       .skipped = values[3],
                       .ok = values[4],
                       .refused = values[5],
                       .errors = values[6],
                       .timeouts = values[7],
                       .p50_us = values[8],
                       .p99_us = values[9],
                       .max_us = values[10],
                       .in_flight = values[11],
                       .warmup = values[12] == 1};
}

}  // namespace

Result<std::vector<TimelineRow>> parse_timeline_csv(std::string_view text) {
    std::vector<TimelineRow> rows;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::string_view line = tuma::take_line(text);
        if (number == 1) {
            // Columns of another version would be read into the wrong members.
            if (line != timeline_heading)
                return InputError{"line 1", "the columns are not the known ones"};
            continue;
        }
        const std::optional<TimelineRow> row = parse_row(line);
        if (!row) {
            return InputError{fmt::format("line {}", number), "expected 13 whole numbers"};
        }
        rows.push_back(*row);
    }
    if (number == 0) return InputError{"line 1", "the heading is missing"};
    return rows;
}

}  // namespace tuma::loadgen
