#include "loadgen/drive/trials/ab.h"

#include "ledger/words/html.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/html_page.h"
#include "loadgen/report/json_text.h"
#include "loadgen/report/svg_chart.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

std::vector<MeasuredRun> runs_of(const AbResult& result, SideName side, std::size_t pairs) {
    std::vector<MeasuredRun> runs;
    for (const TurnRun& turn : result.runs)
        if (turn.side == side && turn.pair <= pairs) runs.push_back(turn.run);
    return runs;
}

std::size_t count_of(const AbResult& result, SideName side) {
    return static_cast<std::size_t>(
        std::count_if(result.runs.begin(), result.runs.end(),
                      [&](const TurnRun& turn) { return turn.side == side; }));
}

std::string letter(SideName side) {
    return side == SideName::a ? "A" : "B";
}

Series series_of(const AbResult& result, SideName side, double MeasuredRun::*measure) {
    Series series{.label = letter(side),
                  .color = side == SideName::a ? "service" : "response",
                  .points = {},
                  .dashed = side == SideName::a,
                  .marked = true};
    double number = 0;
    for (const TurnRun& turn : result.runs) {
        ++number;
        if (turn.side == side) series.points.emplace_back(number, turn.run.*measure);
    }
    return series;
}

std::string chart_of(const AbResult& result, std::string title, double MeasuredRun::*measure) {
    LineChart chart{.title = std::move(title),
                    .x = rate_axis(static_cast<double>(result.runs.size())),
                    .y = {},
                    .series = {series_of(result, SideName::a, measure),
                               series_of(result, SideName::b, measure)},
                    .shade_label = {}};
    chart.x.title = "run, in the order in which they were made";
    double low = 3.6e9;
    double high = 1;
    for (const TurnRun& turn : result.runs) {
        low = std::min(low, std::max(1.0, turn.run.*measure));
        high = std::max(high, turn.run.*measure);
    }
    chart.y = measure == &MeasuredRun::p99_us ? latency_axis(low, high) : rate_axis(high);
    return line_chart(chart);
}

std::vector<std::string> measure_row(const Comparison& comparison, const char* label,
                                     const MeasureComparison& measure,
                                     std::string (*value)(double)) {
    const Ratio& ratio = measure.ratio;
    const bool has_interval = ratio.low > 0;
    const auto percent = [](double share) { return fmt::format("{:.1f} %", share * 100); };
    return {label,
            value(measure.a),
            value(measure.b),
            fmt::format("{:.3f}", ratio.value),
            has_interval ? fmt::format("{:.3f} to {:.3f}", ratio.low, ratio.high) : "unknown",
            percent(ratio.spread),
            has_interval ? percent(detectable(comparison, measure)) : "-",
            measure.is_judged ? std::string(name(measure.finding)) : measure.why};
}

std::string lead(const AbResult& result) {
    const Comparison& comparison = result.comparison;
    return fmt::format(
        "B is {}: {}.{}",
        comparison.verdict == Finding::undecided ? "neither better nor worse for sure"
                                                 : name(comparison.verdict),
        comparison.why,
        result.cut_short.empty() ? std::string()
                                 : fmt::format(" It ended early: {}.", result.cut_short));
}

}  // namespace

std::vector<TurnRun> turns(std::size_t pairs) {
    std::vector<TurnRun> out;
    for (std::size_t pair = 1; pair <= pairs; ++pair) {
        const bool is_swapped = pair % 2 == 0;
        for (const bool is_second : {false, true})
            out.push_back({.side = is_swapped == is_second ? SideName::a : SideName::b,
                           .pair = pair,
                           .run = {}});
    }
    return out;
}

std::string turn_name(const TurnRun& turn) {
    return fmt::format("{}-{:02}", turn.side == SideName::a ? "a" : "b", turn.pair);
}

void judge_turns(AbResult& result) {
    const std::size_t pairs =
        std::min(count_of(result, SideName::a), count_of(result, SideName::b));
    if (pairs == 0) {
        result.comparison.why = "there is not one pair of runs";
        return;
    }
    result.comparison = compare(runs_of(result, SideName::a, pairs),
                                runs_of(result, SideName::b, pairs), Order::in_turns);
}

std::string ab_text(const AbResult& result) {
    std::string out = fmt::format("A: {}\nB: {}\n\n", result.a, result.b);
    for (const TurnRun& turn : result.runs)
        out += fmt::format("  {}  {:>12}  p99 {:>9}{}\n", turn_name(turn),
                           rate_text(turn.run.attained_per_s), latency_text(turn.run.p99_us),
                           turn.run.valid ? "" : "  invalid");
    if (!result.cut_short.empty()) out += fmt::format("  ended early: {}\n", result.cut_short);
    if (result.comparison.runs_a == 0) return out + "\n" + lead(result) + "\n";
    return out + "\n" + comparison_text(result.comparison);
}

std::string ab_json(const AbResult& result) {
    json::array runs;
    for (const TurnRun& turn : result.runs)
        runs.push_back({{"side", letter(turn.side)},
                        {"pair", turn.pair},
                        {"attained_per_s", turn.run.attained_per_s},
                        {"response_p99_us", turn.run.p99_us},
                        {"requests", turn.run.requests},
                        {"rate_held", turn.run.rate_held},
                        {"valid", turn.run.valid}});
    return json_text(json::object{{"a", result.a},
                                  {"b", result.b},
                                  {"cut_short", result.cut_short},
                                  {"comparison", json::parse(comparison_json(result.comparison))},
                                  {"runs", std::move(runs)}});
}

std::string ab_html(const AbResult& result) {
    const Comparison& comparison = result.comparison;
    std::string body = verdict_box(lead(result), comparison.verdict != Finding::worse);
    body += fmt::format("<p>A: <code>{}</code><br>B: <code>{}</code></p>\n", escaped(result.a),
                        escaped(result.b));
    if (comparison.runs_a > 0) {
        body +=
            html_table({"", "A", "B", "B/A", "between", "runs differ by", "would be seen", "B is"},
                       {measure_row(comparison, "throughput", comparison.throughput, rate_text),
                        measure_row(comparison, "p99", comparison.p99, latency_text)},
                       true);
        body +=
            "<p class=\"soft\">Of equal sides at most 2 % of such comparisons end with a "
            "verdict. Neighbouring runs are set against each other, so that a drift of the "
            "machine weighs on both.</p>\n";
    }
    if (!result.runs.empty())
        body += chart_of(result, "p99 of response", &MeasuredRun::p99_us) +
                chart_of(result, "Operations done a second", &MeasuredRun::attained_per_s);
    std::vector<std::vector<std::string>> rows;
    for (const TurnRun& turn : result.runs)
        rows.push_back({turn_name(turn), rate_text(turn.run.attained_per_s),
                        latency_text(turn.run.p99_us), count_text(turn.run.requests),
                        turn.run.valid ? (turn.run.rate_held ? "" : "rate not held") : "invalid"});
    body += "<h2>Runs</h2>\n" + html_table({"run", "done", "p99", "requests", "note"}, rows, true);
    return html_page("A against B, in turns", body);
}

}  // namespace tuma::loadgen
