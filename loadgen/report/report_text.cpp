// The summary that stands on the terminal when a run is over.
#include "ledger/words/refusal.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/losses_report.h"
#include "loadgen/report/report.h"
#include "loadgen/report/time_budget.h"
#include "loadgen/report/users_law.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::loadgen {
namespace {

constexpr std::size_t columns = 80;

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// Breaks `text` at blanks so that no line is longer than the terminal; further lines are indented.
std::string wrapped(std::string_view first, std::string_view rest, std::string_view text) {
    std::string out(first);
    std::size_t width = first.size();
    bool is_line_start = true;
    while (!text.empty()) {
        std::size_t blank = text.find(' ');
        // A number stays with the digits or the unit behind it.
        // A digit at a line's end and its unit on the next would be misread.
        while (blank != std::string_view::npos && blank > 0 && is_digit(text[blank - 1]))
            blank = text.find(' ', blank + 1);
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (!is_line_start && width + 1 + word.size() > columns) {
            out += "\n" + std::string(rest);
            width = rest.size();
            is_line_start = true;
        }
        if (!is_line_start) out += " ";
        width += word.size() + (is_line_start ? 0 : 1);
        out += word;
        is_line_start = false;
    }
    return out + "\n";
}

std::string latency_row(std::string_view label, const Histogram& histogram) {
    std::string out = fmt::format("  {:<12}", label);
    for (const double percentile : {50.0, 90.0, 95.0, 99.0, 99.9, 100.0})
        out += fmt::format("{:>11}", percentile_text(histogram, percentile));
    return out + "\n";
}

std::string how(const RunReport& report) {
    const RunSettings& settings = report.settings;
    // A trace has no rate of its own.
    const std::string rate = !settings.rate             ? "as recorded"
                             : settings.profile.empty() ? rate_text(settings.rate->per_second())
                                                        : profile_text(settings.profile);
    const std::string loop =
        settings.users > 0 ? users_text(report)
        : settings.closed_loop
            ? fmt::format("closed loop, {} requests in flight a connection", settings.in_flight)
            : fmt::format("open loop, {} {}", rate, settings.arrival);
    const std::string threads =
        settings.workers > 1 ? fmt::format(" of {} threads", settings.workers) : "";
    return fmt::format(
        "{}; {} connections{}, batches of {}, {}{} of warm-up, seed {}", loop, settings.connections,
        threads, settings.batch,
        settings.duration == Duration{0} ? "" : tuma::text(settings.duration) + " behind ",
        tuma::text(settings.warmup), settings.seed);
}

std::string rate_row(std::string_view label, double per_s, std::string_view more = {}) {
    return fmt::format("  {:<22}{:>14}{}{}\n", label, rate_text(per_s), more.empty() ? "" : "  ",
                       more);
}

/// What was wanted and what was done within the measured time; rows of what there was.
std::string rates_block(const RunReport& report) {
    const Counts& window = report.window;
    std::string out =
        wrapped("  ", "  ",
                fmt::format("in {} behind the warm-up, durability {}:", tuma::text(report.measured),
                            report.durability));
    if (!report.settings.closed_loop) {
        if (report.settings.rate) out += rate_row("asked", report.asked_per_s());
        out += rate_row("offered", report.offered_per_s());
    }
    if (report.settings.users > 0) {
        out += rate_row("users/(response+think)", users_rate(report));
        out += rate_row("offered", report.offered_per_s());
    }
    out += rate_row("attained", report.attained_per_s(), "executed");
    for (const auto& [code, n] : window.refusals)
        out += rate_row("refused", report.per_s(n), refusal_name(report, code));
    if (window.errors > 0) out += rate_row("errors", report.per_s(window.errors));
    if (window.timeouts > 0) out += rate_row("timeouts", report.per_s(window.timeouts));
    if (window.skipped > 0) out += rate_row("skipped", report.per_s(window.skipped));
    return out + "\n";
}

std::string fates_block(const RunReport& report) {
    // One kind that always ended alike is all there is, and stands above.
    if (report.fates.size() < 2) return {};
    std::string out = fmt::format("\n  {:<24}{:>12}{:>12}{:>12}{:>12}\n", "by kind and end",
                                  "requests", "p50", "p99", "max");
    for (const FateRow& row : report.fates)
        out += fmt::format(
            "  {:<24}{:>12}{:>12}{:>12}{:>12}\n", fmt::format("{} {}", row.kind, name(row.fate)),
            count_text(row.requests), latency_text(row.response.value_at_percentile(50)),
            latency_text(row.response.value_at_percentile(99)), latency_text(row.response.max()));
    return out;
}

std::string counts_block(const RunReport& report) {
    const Counts& counts = report.counts;
    std::string out =
        fmt::format("  scheduled {} = sent {} + skipped {}\n", count_text(counts.scheduled),
                    count_text(counts.sent), count_text(counts.skipped));
    out += wrapped(
        "  ", "    ",
        fmt::format("sent {} = ok {} + refused {} + errors {} + timeouts {}",
                    count_text(counts.sent), count_text(counts.ok), count_text(counts.refused),
                    count_text(counts.errors), count_text(counts.timeouts)));
    // In the order of codes, which is the order of precedence.
    for (const auto& [code, n] : counts.refusals) {
        out += fmt::format("    refused {:<28}{:>14}\n", refusal_name(report, code), count_text(n));
    }
    return out;
}

std::string callbacks_block(const CallbackCounts& counts) {
    return wrapped(
        "  ", "    ",
        fmt::format("callbacks expected {} = arrived {} + lost {}; declined {}, before the reply "
                    "{}, duplicates {}, unexpected {}, unreadable {}",
                    count_text(counts.expected), count_text(counts.arrived),
                    count_text(counts.lost), count_text(counts.declined),
                    count_text(counts.before_reply), count_text(counts.duplicates),
                    count_text(counts.unexpected), count_text(counts.unreadable)));
}

std::string machine_block(const Calibration& calibration) {
    const std::string fsync =
        calibration.fsync
            ? fmt::format("fsync p50 {} p99 {}", latency_text(calibration.fsync->p50_us),
                          latency_text(calibration.fsync->p99_us))
            : "fsync not measured";
    return wrapped(
        "  ", "    ",
        fmt::format("{}, {} cores, {}; {}; timer lag p99 {}; generator {} of a core; "
                    "steal {}",
                    calibration.machine.cpu, calibration.machine.cores, calibration.machine.kernel,
                    fsync, latency_text(calibration.timer_lag.p99_us),
                    share_text(calibration.generator_cpu), share_text(calibration.steal)));
}

}  // namespace

std::string report_text(const RunReport& report) {
    std::string out = wrapped(
        "", "  ", fmt::format("{} on {}", report.settings.scenario, report.settings.target));
    out += wrapped("  ", "  ", how(report)) + "\n";

    out += rates_block(report);
    out += counts_block(report);
    if (report.callbacks) out += callbacks_block(report.callbacks->counts);
    if (report.losses)
        for (const std::string& line : losses_lines(*report.losses))
            out += wrapped("  ", "    ", line);

    out += fmt::format("\n  {:<12}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "latency", "p50", "p90",
                       "p95", "p99", "p99.9", "max");
    out += latency_row("response", report.response);
    out += latency_row("service", report.service);
    out += latency_row("floor", report.floor);
    out += latency_row("send lag", report.send_lag);
    // Rows of nothing tell nothing.
    if (report.blocked.max() > 0) out += latency_row("blocked", report.blocked);
    if (report.batch.count() > 0) out += latency_row("batches", report.batch);
    if (report.callbacks && report.callbacks->counts.arrived > 0) {
        out += latency_row("callback", report.callbacks->from_intended);
        out += latency_row("after reply", report.callbacks->from_reply);
    }
    out += phases_text(report);
    out += fates_block(report) + budget_text(report) + "\n";
    out += machine_block(report.calibration) + "\n";

    out += wrapped("  ", "    ", quotation(report));
    if (!report.verdict.load_because.empty())
        out += wrapped("  ", "    ", report.verdict.load_because);
    if (report.slo)
        out += wrapped("  ", "    ",
                       fmt::format("{} {}{}{}", report.slo->text, name(report.slo->kept),
                                   report.slo->why.empty() ? "" : ": ", report.slo->why));
    if (!report.verdict.valid) out += "  The run is INVALID:\n";
    // Every reason on a line of its own, so that none is overlooked.
    for (const std::string& reason : report.verdict.invalid_because) {
        out += wrapped("  - ", "    ", reason);
    }
    for (const std::string& remark : report.verdict.remarks) out += wrapped("  ", "  ", remark);
    return out;
}

}  // namespace tuma::loadgen
