// report.html: one page with everything in it, drawn without a script.
#include "ledger/words/html.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/losses_report.h"
#include "loadgen/report/report.h"
#include "loadgen/report/report_page.h"
#include "loadgen/report/svg_chart.h"
#include "loadgen/report/time_budget.h"
#include "loadgen/report/users_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const Rows& rows) {
    std::string out = "<div class=\"scroll\"><table>";
    for (const auto& [key, value] : rows) {
        // Names of scenarios, hosts and refusals come from outside.
        out += fmt::format("<tr><td>{}</td><td>{}</td></tr>", escaped(key), escaped(value));
    }
    return out + "</table></div>\n";
}

/// Numbers and their units stay on one line.
std::string unbroken(std::string text) {
    constexpr std::string_view no_break_space = "\u00a0";
    for (std::size_t at = text.find(' ', 1); at != std::string::npos; at = text.find(' ', at + 1))
        if (text[at - 1] >= '0' && text[at - 1] <= '9') text.replace(at, 1, no_break_space);
    return text;
}

std::string tile(std::string_view label, const std::string& value, const std::string& small) {
    return fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>", escaped(label),
                       unbroken(escaped(value)), escaped(small));
}

std::string headline(const RunReport& report) {
    const Counts& counts = report.counts;
    // Together, because to a customer one is as bad as the other.
    const std::uint64_t failed = counts.errors + counts.timeouts;
    std::string out = "<dl class=\"headline\">";
    out += tile("attained", rate_text(report.attained_per_s()),
                report.settings.users > 0 ? users_text(report)
                : report.settings.closed_loop
                    ? "closed loop, as fast as it answers"
                    : "of " + rate_text(report.asked_per_s()) + " asked for");
    for (const double percentile : {50.0, 99.0}) {
        const Bounds* bounds = report.verdict.find(percentile);
        if (bounds == nullptr) continue;
        out += tile(percentile_name(percentile), value_statement(*bounds),
                    !bounds->is_enough ? "too few requests to say"
                    : percentile == 50 ? "half of all took less"
                                       : "one in a hundred took longer");
    }
    out += tile("longest", percentile_text(report.response, 100),
                "of " + count_text(report.response.count()) + " operations");
    out += tile("failed", count_text(failed),
                "errors and timeouts, " +
                    // A share of nothing would be a division by zero.
                    share_text(static_cast<double>(failed) /
                               static_cast<double>(std::max<std::uint64_t>(1, counts.sent))) +
                    " of sent");
    return out + "</dl>\n";
}

std::string list(std::string_view attributes, const std::vector<std::string>& items) {
    if (items.empty()) return {};
    std::string out = fmt::format("<ul{}>", attributes);
    for (const std::string& item : items) out += "<li>" + escaped(item) + "</li>";
    return out + "</ul>";
}

std::string verdict(const RunReport& report) {
    const Verdict& verdict = report.verdict;
    const bool is_good = verdict.valid && verdict.load == LoadHeld::held;
    std::string words =
        verdict.valid
            ? fmt::format("<strong>{}</strong><br>{}", unbroken(escaped(quotation(report))),
                          escaped(verdict.load_because))
            // The reasons stand before the numbers: nobody reads them afterwards.
            : "<strong>The run is invalid.</strong> Do not quote its numbers: " +
                  list("", verdict.invalid_because);
    if (report.slo)
        words += fmt::format("<br>{} {}{}{}", escaped(report.slo->text), name(report.slo->kept),
                             report.slo->why.empty() ? "" : ": ", escaped(report.slo->why));
    return fmt::format("<div class=\"verdict{}\">{}</div>\n{}\n", is_good ? "" : " invalid", words,
                       list(" class=\"remarks\"", verdict.remarks));
}

std::string row_of(const std::string& label, const std::vector<std::string>& cells,
                   std::string_view cell = "td") {
    std::string out = fmt::format("<tr><{0}>{1}</{0}>", cell, escaped(label));
    for (const std::string& text : cells)
        out += fmt::format("<{0} class=\"number\">{1}</{0}>", cell, escaped(text));
    return out + "</tr>";
}

/// Percentiles below each other, so that the page is as narrow as a telephone.
std::string latency_table(const RunReport& report) {
    std::vector<std::pair<std::string, const Histogram*>> columns{{"response", &report.response},
                                                                  {"floor", &report.floor},
                                                                  {"service", &report.service},
                                                                  {"send lag", &report.send_lag}};
    // Only where there was something; empty columns would look like a measurement.
    if (report.blocked.max() > 0) columns.emplace_back("blocked", &report.blocked);
    if (report.batch.count() > 0) columns.emplace_back("batches", &report.batch);
    if (report.callbacks && report.callbacks->counts.arrived > 0) {
        columns.emplace_back("callback", &report.callbacks->from_intended);
        columns.emplace_back("callback after the reply", &report.callbacks->from_reply);
    }
    std::vector<std::string> cells{"may be quoted as"};
    for (const auto& [label, histogram] : columns) cells.push_back(label);
    std::string out = "<div class=\"scroll\"><table>" + row_of("", cells, "th");
    for (const double percentile : {50.0, 90.0, 95.0, 99.0, 99.9, 100.0}) {
        const Bounds* bounds = report.verdict.find(percentile);
        cells = {bounds == nullptr ? "" : value_statement(*bounds)};
        for (const auto& [label, histogram] : columns)
            cells.push_back(percentile_text(*histogram, percentile));
        out += row_of(percentile == 100 ? "longest" : percentile_name(percentile), cells);
    }
    cells = {""};
    for (const auto& [label, histogram] : columns)
        cells.push_back(histogram->count() == 0 ? "-" : latency_text(histogram->mean()));
    return out + row_of("mean", cells) + "</table></div>\n";
}

/// Rows by kind and end; nothing where all there is stands above.
std::string fates_table(const RunReport& report) {
    if (report.fates.size() < 2) return {};
    std::string out = "<div class=\"scroll\"><table>" +
                      row_of("by kind and end", {"requests", "p50", "p99", "longest"}, "th");
    for (const FateRow& row : report.fates)
        out += row_of(
            fmt::format("{} {}", row.kind, name(row.fate)),
            {count_text(row.requests), latency_text(row.response.value_at_percentile(50)),
             latency_text(row.response.value_at_percentile(99)), latency_text(row.response.max())});
    return out + "</table></div>\n";
}

/// What was wanted and what was done within the measured time.
std::string rates_table(const RunReport& report) {
    const Counts& window = report.window;
    std::string out = "<div class=\"scroll\"><table>" +
                      row_of("in " + tuma::text(report.measured), {"operations", "a second"}, "th");
    const auto add = [&](const std::string& label, std::uint64_t n) {
        out += row_of(label, {count_text(n), rate_text(report.per_s(n))});
    };
    if (!report.settings.closed_loop) {
        if (report.settings.rate) out += row_of("asked", {"", rate_text(report.asked_per_s())});
        add("offered", window.scheduled);
    }
    if (report.settings.users > 0) {
        out += row_of("users / (response + thinking)", {"", rate_text(users_rate(report))});
        add("offered", window.scheduled);
    }
    add("attained (executed)", window.ok);
    for (const auto& [code, n] : window.refusals) add("refused: " + refusal_name(report, code), n);
    if (window.errors > 0) add("errors", window.errors);
    if (window.timeouts > 0) add("timeouts", window.timeouts);
    if (window.skipped > 0) add("skipped", window.skipped);
    return out + "</table></div>\n";
}

/// Where a percentile stands on the axis that gives each further nine the same width.
double nines(double percentile) {
    // A p100 lies at infinity, so the axis ends at the last operation there is.
    return -std::log10(1 - percentile / 100);
}

Series percentile_series(const Histogram& histogram, std::string label, std::string color,
                         double nines_max) {
    Series series{.label = std::move(label), .color = std::move(color), .points = {}};
    // Even steps on the axis and not in percent, or the right half would have hardly any points.
    constexpr int steps = 160;
    for (int i = 0; i <= steps; ++i) {
        const double at = nines_max * i / steps;
        const double percentile = std::clamp(100 * (1 - std::pow(10.0, -at)), 0.0, 100.0);
        const double value = static_cast<double>(histogram.value_at_percentile(percentile));
        // The axis is logarithmic, and zero has no place on it.
        series.points.emplace_back(at, std::max(1.0, value));
    }
    return series;
}

std::string percentile_chart(const RunReport& report) {
    if (report.response.count() == 0) return {};
    // Beyond one operation in `count` the axis would only repeat the maximum.
    const double nines_max =
        std::clamp(std::log10(static_cast<double>(report.response.count())), 1.0, 6.0);
    // Service is never longer than response: the least of one and the most of the other hold both
    // lines.
    LineChart chart{
        .title = "Latency by percentile",
        .x = {.low = 0,
              .high = nines_max,
              .ticks = {},
              .title = "percentile of operations, each step right of 90 % leaves a tenth"},
        .y = latency_axis(static_cast<double>(report.service.min()),
                          static_cast<double>(report.response.max())),
        .series = {},
        .shade_label = {}};
    const std::pair<double, const char*> ticks[] = {
        {0, "0 %"},       {50, "50 %"},       {90, "90 %"},         {99, "99 %"},
        {99.9, "99.9 %"}, {99.99, "99.99 %"}, {99.999, "99.999 %"}, {99.9999, "99.9999 %"}};
    for (const auto& [percentile, label] : ticks) {
        if (nines(percentile) <= nines_max + 1e-6) {
            chart.x.ticks.push_back({.at = nines(percentile), .label = label});
        }
    }
    chart.series.push_back(percentile_series(report.response, "response, from the intended time",
                                             "response", nines_max));
    chart.series.push_back(
        percentile_series(report.service, "service, from the time sent", "service", nines_max));
    // Dashed, so that the two are told apart without colours too.
    chart.series.back().dashed = true;
    chart.series.push_back(percentile_series(
        report.floor, "floor, without what may be this program's delay", "quiet", nines_max));
    if (report.callbacks && report.callbacks->counts.arrived > 0) {
        const Histogram& callback = report.callbacks->from_intended;
        // Callbacks take longer than replies, and the axis has to hold both.
        chart.y =
            latency_axis(static_cast<double>(report.service.min()),
                         static_cast<double>(std::max(report.response.max(), callback.max())));
        chart.series.push_back(
            percentile_series(callback, "callback, from the intended time", "lag", nines_max));
    }
    return line_chart(chart);
}

template <typename Value>
Series timeline_series(const RunReport& report, std::string label, std::string color, Value value) {
    Series series{.label = std::move(label), .color = std::move(color), .points = {}};
    for (const TimelineRow& row : report.timeline) {
        // In the middle of its second.
        series.points.emplace_back(static_cast<double>(row.second) + 0.5,
                                   static_cast<double>(value(row)));
    }
    return series;
}

LineChart timeline_chart(const RunReport& report, std::string title) {
    LineChart chart{.title = std::move(title),
                    .x = time_axis(static_cast<double>(report.timeline.size())),
                    .y = {},
                    .series = {},
                    .shaded_until = std::chrono::duration<double>(report.settings.warmup).count(),
                    .shade_label = "warm-up"};
    return chart;
}

std::string latency_over_time(const RunReport& report) {
    if (report.timeline.empty()) return {};
    LineChart chart = timeline_chart(report, "Response over time");
    // The axis is logarithmic, and zero has no place on it.
    const auto at_least_one = [](std::uint64_t us) { return std::max<std::uint64_t>(1, us); };
    // The longest first: what comes later is drawn over it.
    chart.series = {
        timeline_series(report, "longest", "quiet",
                        [&](const TimelineRow& row) { return at_least_one(row.max_us); }),
        timeline_series(report, "p99", "response",
                        [&](const TimelineRow& row) { return at_least_one(row.p99_us); }),
        timeline_series(report, "p50", "service",
                        [&](const TimelineRow& row) { return at_least_one(row.p50_us); })};
    // A second in which nothing ended has no latency.
    double low = 3.6e9;
    double high = 1;
    for (Series& series : chart.series) {
        // Seconds without an answer have the value 1 so far; here they are taken out.
        std::erase_if(series.points, [](const auto& point) { return point.second <= 1; });
        for (const auto& [second, us] : series.points) {
            low = std::min(low, us);
            high = std::max(high, us);
        }
    }
    chart.y = latency_axis(std::min(low, high), high);
    return line_chart(chart);
}

std::string rates_over_time(const RunReport& report) {
    if (report.timeline.empty()) return {};
    LineChart chart = timeline_chart(report, "Operations a second");
    const auto refused = [](const TimelineRow& row) { return row.refused; };
    const auto failed = [](const TimelineRow& row) {
        // One line: each of them is a failure to a customer.
        return row.errors + row.timeouts + row.skipped;
    };
    chart.series.push_back(timeline_series(report, "offered", "quiet",
                                           [](const TimelineRow& row) { return row.offered; }));
    // Dashed, because it is what was asked for and not what came of it.
    chart.series.back().dashed = true;
    chart.series.push_back(timeline_series(report, "attained", "response",
                                           [](const TimelineRow& row) { return row.ok; }));
    if (std::any_of(report.timeline.begin(), report.timeline.end(), refused)) {
        chart.series.push_back(timeline_series(report, "refused", "lag", refused));
    }
    if (std::any_of(report.timeline.begin(), report.timeline.end(), failed)) {
        chart.series.push_back(
            timeline_series(report, "errors, timeouts and skipped", "bad", failed));
    }
    const double planned =
        std::chrono::duration<double>(report.settings.warmup + report.settings.duration).count();
    const auto last = static_cast<double>(report.timeline.back().second);
    for (Series& series : chart.series) {
        // The second in which the last answers came is not a whole one and would look like a fall;
        // nothing is offered once the plan has ended.
        // The last row is a part of a second where answers came late.
        const double end = last >= planned && planned > 0 ? std::max(last, 1.0) : last + 1;
        std::erase_if(series.points, [end](const auto& point) { return point.first > end; });
    }
    std::erase_if(chart.series.front().points,
                  [planned](const auto& point) { return planned > 0 && point.first > planned; });
    double high = 0;
    for (const Series& series : chart.series) {
        for (const auto& point : series.points) high = std::max(high, point.second);
    }
    chart.y = rate_axis(high);
    return line_chart(chart);
}

std::string callbacks_line(const CallbackCounts& counts) {
    return fmt::format(
        "<p>callbacks expected {} = arrived {} + lost {}; of the arrived {} told of no payment and "
        "{} came before the reply; duplicates {}, unexpected {}, unreadable {}</p>\n",
        count_text(counts.expected), count_text(counts.arrived), count_text(counts.lost),
        count_text(counts.declined), count_text(counts.before_reply), count_text(counts.duplicates),
        count_text(counts.unexpected), count_text(counts.unreadable));
}

std::string counts_section(const RunReport& report) {
    const Counts& counts = report.counts;
    std::string out = "<h2>Counts</h2>\n";
    out += fmt::format(
        "<p>scheduled {} = sent {} + skipped {}<br>sent {} = ok {} + refused {} + errors {} + "
        "timeouts {}</p>\n",
        count_text(counts.scheduled), count_text(counts.sent), count_text(counts.skipped),
        count_text(counts.sent), count_text(counts.ok), count_text(counts.refused),
        count_text(counts.errors), count_text(counts.timeouts));
    if (report.callbacks) out += callbacks_line(report.callbacks->counts);
    // Refusals are listed only when there were some.
    if (counts.refusals.empty()) return out;
    out +=
        "<div class=\"scroll\"><table><tr><th>refused because</th><th class=\"number\">"
        "operations</th><th class=\"number\">share of sent</th></tr>";
    for (const auto& [code, n] : counts.refusals) {
        out += fmt::format(
            "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            escaped(refusal_name(report, code)), count_text(n),
            share_text(static_cast<double>(n) / static_cast<double>(counts.sent)));
    }
    return out + "</table></div>\n";
}

std::string calibration(const RunReport& report) {
    const Calibration& block = report.calibration;
    Rows rows;
    // A directory that cannot be written has no fsync to be measured.
    if (block.fsync) {
        rows.emplace_back(
            "fsync of 4 KiB",
            fmt::format("p50 {}, p99 {} ({} samples)", latency_text(block.fsync->p50_us),
                        latency_text(block.fsync->p99_us), block.fsync->samples));
    } else {
        rows.emplace_back("fsync of 4 KiB", "not measured");
    }
    rows.emplace_back("timer lag", fmt::format("p50 {}, p99 {} after a sleep of 1 ms",
                                               latency_text(block.timer_lag.p50_us),
                                               latency_text(block.timer_lag.p99_us)));
    rows.emplace_back("processor",
                      fmt::format("{}, {} cores", block.machine.cpu, block.machine.cores));
    rows.emplace_back("kernel", block.machine.kernel);
    rows.emplace_back("generator", share_text(block.generator_cpu) + " of one core");
    rows.emplace_back("steal", share_text(block.steal) + " of all cores' time");
    return "<h2>Calibration</h2>\n" + table(rows);
}

std::string settings(const RunReport& report) {
    const RunSettings& asked = report.settings;
    Rows rows{{"scenario", asked.scenario},
              {"target", asked.target},
              {"mode", asked.users > 0     ? users_text(report)
                       : asked.closed_loop ? "closed loop (--rate=max)"
                                           : "open loop"}};
    // A closed loop has no rate that was asked for.
    if (asked.rate) rows.emplace_back("rate", rate_text(asked.rate->per_second()));
    if (!asked.profile.empty()) rows.back() = {"rate", profile_text(asked.profile)};
    rows.insert(rows.end(),
                {{"arrival", asked.arrival},
                 {"overload", asked.overload},
                 {"connections", fmt::format("{}", asked.connections)},
                 {"batch", fmt::format("{} operations a request", asked.batch)},
                 {"in flight", fmt::format("{} requests a connection", asked.in_flight)},
                 {"duration",
                  asked.duration == Duration{0} ? "until all is sent" : tuma::text(asked.duration)},
                 {"warm-up", tuma::text(asked.warmup)},
                 {"timeout", tuma::text(asked.timeout)},
                 {"seed", fmt::format("{}", asked.seed)},
                 {"durability", report.durability},
                 {"started", tuma::text(report.started_at)},
                 {"generator", "tuma-load " + report.version + " on " + report.host},
                 {"server", report.server_version.empty() ? "unknown" : report.server_version},
                 {"command", report.command}});
    // What the caller adds stands last.
    rows.insert(rows.end(), asked.more.begin(), asked.more.end());
    return "<h2>Settings</h2>\n" + table(rows);
}

}  // namespace

std::string report_html(const RunReport& report) {
    const std::string title =
        fmt::format("{} on {}", report.settings.scenario, report.settings.target);
    std::string out = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>{0}</title><style>{1}</style></head>\n<body><main>\n<h1>{0}</h1>\n"
        "<p class=\"soft\">{2}; {3} loop, {4} behind {5} of warm-up, durability {6}</p>\n",
        escaped(title), report_style, escaped(tuma::text(report.started_at)),
        report.settings.closed_loop ? "closed" : "open", escaped(tuma::text(report.measured)),
        escaped(tuma::text(report.settings.warmup)), escaped(report.durability));
    out += headline(report) + verdict(report);
    out += "<h2>Latency</h2>\n" + latency_table(report) + fates_table(report) +
           percentile_chart(report);
    out += latency_over_time(report);
    out += "<h2>Rates</h2>\n" + rates_table(report) + rates_over_time(report);
    if (report.losses) out += losses_html(*report.losses);
    out += phases_html(report);
    out += budget_html(report) + counts_section(report) + calibration(report) + settings(report);
    out += "<h2>How to read this</h2>\n" + std::string(report_explanation);
    return out + "</main></body></html>\n";
}

}  // namespace tuma::loadgen
