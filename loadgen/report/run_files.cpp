// Reads a report directory back for comparing.
#include "ledger/words/input_file.h"
#include "ledger/words/text.h"
#include "loadgen/measure/hdr_log.h"
#include "loadgen/report/compare.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

std::optional<double> number(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
}

/// "p2p, rate 1000, batch 16": what must be equal for runs to be comparable.
std::string setup_of(const json::object& report) {
    // Not among them: seed and target. Runs that are to be compared mostly differ in both.
    std::string out;
    for (const char* key :
         {"scenario", "mode", "arrival", "rate_per_s", "connections", "batch", "in_flight"}) {
        // What has no rate says null, and null is no difference.
        const json::value* value = report.if_contains(key);
        if (value == nullptr || value->is_null()) continue;
        if (!out.empty()) out += ", ";
        const std::optional<double> count = number(report, key);
        if (count) {
            out += fmt::format("{} {}", key, *count);
        } else if (const json::string* text = value->if_string()) {
            out += fmt::format("{} {}", key, std::string_view(*text));
        }
    }
    return out;
}

std::optional<InputError> read_json(const std::string& text, const std::string& file,
                                    MeasuredRun& run) {
    json::error_code code;
    const json::value value = json::parse(text, code);
    if (code) return InputError{file, "not JSON: " + code.message()};
    const json::object* report = value.if_object();
    if (report == nullptr) return InputError{file, "not a JSON object"};
    const std::optional<double> attained = number(*report, "attained_per_s");
    // The two that a comparison cannot do without; the rest may be missing in older reports.
    if (!attained) return InputError{file, "attained_per_s is missing or not a number"};
    const json::value* valid = report->if_contains("valid");
    if (valid == nullptr || !valid->is_bool()) {
        return InputError{file, "valid is missing or not true or false"};
    }
    run.attained_per_s = *attained;
    run.valid = valid->get_bool();
    run.setup = setup_of(*report);
    return std::nullopt;
}

constexpr std::string_view heading =
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
        const std::string_view line = take_line(text);
        if (number == 1) {
            // Columns of another version would be read into the wrong members.
            if (line != heading) return InputError{"line 1", "the columns are not the known ones"};
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

Result<MeasuredRun> read_run(const std::filesystem::path& directory) {
    MeasuredRun run;
    run.directory = directory.string();
    std::array<std::string, 3> texts;
    const std::array<const char*, 3> names = {"report.json", "latency.hlog", "timeline.csv"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        Result<std::string> text = read_text_file(directory / names[i]);
        if (!text) return text.error();
        texts[i] = std::move(text).value();
    }
    const auto in_file = [&](std::size_t i, const InputError& error) {
        return InputError{(directory / names[i]).string(), error.text()};
    };
    if (std::optional<InputError> bad = read_json(texts[0], (directory / names[0]).string(), run)) {
        return *bad;
    }
    const Result<HdrLogTotals> log = read_hdr_log(texts[1]);
    if (!log) return in_file(1, log.error());
    run.response = log->response;
    Result<std::vector<TimelineRow>> timeline = parse_timeline_csv(texts[2]);
    if (!timeline) return in_file(2, timeline.error());
    run.timeline = std::move(timeline).value();
    return run;
}

}  // namespace tuma::loadgen
