#include "loadgen/fake/fake_log.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/report/json_text.h"
#include "protocols/native/frame.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

struct LogColumn {
    std::string_view name;
    double percentile;
};
constexpr std::array<LogColumn, 5> log_columns{
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}}};

struct LogRow {
    std::string_view name;
    std::string_view sentence;
    const Histogram FakeLog::*histogram;
};
constexpr std::array<LogRow, 4> log_rows{
    {{"service", "being served, as the law drew it", &FakeLog::service},
     {"residence", "arrival to when the answer was due", &FakeLog::residence},
     {"answered", "arrival to when it left", &FakeLog::answered},
     {"late", "due to left: this server's own error", &FakeLog::late}}};

double per_second(const FakeLog& log) {
    return log.seconds() > 0 ? static_cast<double>(log.ok) / log.seconds() : 0;
}

}  // namespace

std::string fake_log_text(const FakeLog& log) {
    std::string text = fmt::format(
        "{} operations in {} requests over {:.2f} s: ok {} ({}), refused {}, overloaded {},\n"
        "unanswered {}, answered twice {}, connections {} ({} dropped), bad frames {}; set-up {}\n",
        count_text(log.operations), count_text(log.requests), log.seconds(), count_text(log.ok),
        rate_text(per_second(log)), count_text(log.refused), count_text(log.overloaded),
        count_text(log.unanswered), count_text(log.duplicates), count_text(log.connections),
        log.dropped, log.bad_frames, count_text(log.set_up_operations));
    text += fmt::format("{:<10}", "");
    for (const LogColumn& column : log_columns) text += fmt::format("{:>10}", column.name);
    text += '\n';
    for (const LogRow& row : log_rows) {
        text += fmt::format("{:<10}", row.name);
        for (const LogColumn& column : log_columns)
            text += fmt::format(
                "{:>10}",
                latency_text((log.*row.histogram).value_at_percentile(column.percentile)));
        text += fmt::format("  {}\n", row.sentence);
    }
    return text;
}

std::string fake_log_json(const FakeLog& log) {
    json::object out{{"seconds", log.seconds()},
                     {"connections", log.connections},
                     {"set_up_operations", log.set_up_operations},
                     {"requests", log.requests},
                     {"operations", log.operations},
                     {"ok", log.ok},
                     {"ok_per_s", per_second(log)},
                     {"refused", log.refused},
                     {"overloaded", log.overloaded},
                     {"unanswered", log.unanswered},
                     {"duplicates", log.duplicates},
                     {"dropped", log.dropped},
                     {"bad_frames", log.bad_frames}};
    json::object kinds;
    for (const native::FrameRow& frame : native::frame_table())
        if (const auto n = log.kinds.at(static_cast<std::size_t>(frame.type)); n > 0)
            kinds[frame.name] = n;
    out["kinds"] = std::move(kinds);
    for (const LogRow& row : log_rows) {
        const Histogram& histogram = log.*row.histogram;
        json::object times;
        for (const LogColumn& column : log_columns)
            // "p99_9", as in report.json.
            times[column.percentile == 99.9 ? "p99_9" : column.name] =
                histogram.value_at_percentile(column.percentile);
        times["mean"] = histogram.mean();
        times["count"] = histogram.count();
        out[fmt::format("{}_us", row.name)] = std::move(times);
    }
    return json_text(out);
}

}  // namespace tuma::loadgen
