// Whether a load was held, what its percentiles are worth, and what makes a run invalid.
#include "loadgen/report/verdict.h"

#include "ledger/words/ensure.h"
#include "ledger/words/refusal.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/losses_report.h"
#include "loadgen/report/report.h"
#include "loadgen/report/users_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tuma::loadgen {
namespace {

constexpr auto overloaded = static_cast<std::uint16_t>(Refusal::overloaded);
constexpr double held_share_min = 0.99;
constexpr double failed_share_max = 0.01;
/// So wide may bounds be to be said as one value, and as a range.
constexpr double one_value_width = 1.10;
constexpr double range_width = 2;
constexpr std::array<double, 5> judged_percentiles{50, 90, 95, 99, 99.9};

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// The least number of operations for which a load is still the one that was asked for.
double least_held(const RunReport& report, double asked) {
    double least = least_ended(asked, report.settings);
    // In a steady run as many operations of the warm-up end within the window as are still on their
    // way at its end. Where the warm-up was shorter than an operation lasts, the first ones are
    // missing.
    const double lasts = usual_response_s(report);
    const double missing = std::max(0.0, lasts - in_seconds(report.settings.warmup));
    least -= report.asked_per_s() * missing;
    // Nor does a rate that ends higher than it began end with as few on their way.
    const std::vector<RatePiece>& profile = report.settings.profile;
    if (!profile.empty())
        least -= lasts *
                 std::max(0.0, profile.back().to.per_second() - profile.front().from.per_second());
    // A batch that fills up at the end may hold more than one at the beginning did.
    if (report.settings.batch > 1)
        least -= static_cast<double>(report.settings.batch) *
                 static_cast<double>(std::max<std::size_t>(1, report.fates.size()));
    return least;
}

void judge_open_loop(const RunReport& report, Verdict& verdict) {
    const double asked = report.asked_per_s() * in_seconds(report.measured);
    const double least = least_held(report, asked);
    const auto done = static_cast<double>(report.window.ended());
    if (done >= least) return;
    const std::string numbers = fmt::format(
        "{} of {} operations asked for had ended, which is {}", count_text(report.window.ended()),
        count_text(static_cast<std::uint64_t>(std::llround(asked))), share_text(done / asked));
    const bool was_sent = static_cast<double>(report.window.sent) >= least;
    if (was_sent || report.blocked.mean() > report.send_lag.mean()) {
        verdict.load = LoadHeld::not_held_server;
        verdict.load_because = fmt::format("the server did not keep up: {}", numbers);
        return;
    }
    verdict.load = LoadHeld::not_held_generator;
    verdict.load_because = fmt::format("this program did not send in time ({} late on average): {}",
                                       latency_text(report.send_lag.mean()), numbers);
    verdict.invalid_because.push_back(verdict.load_because);
}

void judge_closed_loop(const RunReport& report, Verdict& verdict) {
    const std::uint64_t failed = report.counts.errors + report.counts.timeouts;
    if (share_of(failed, report.counts.sent) <= failed_share_max) return;
    verdict.load = LoadHeld::not_held_server;
    verdict.load_because = fmt::format(
        "{} of what was sent has no answer, more than 1 %: who waits for a timeout asks "
        "for nothing meanwhile, so that the rate is not the server's",
        share_text(share_of(failed, report.counts.sent)));
}

void judge_callbacks(const CallbackCounts& counts, Verdict& verdict) {
    // Counts that do not add up make every other number doubtful.
    if (const auto broken = broken_identity(counts))
        verdict.invalid_because.push_back("the callbacks do not agree: " + *broken);
    // A lost callback is a payment of which a merchant never heard.
    if (counts.lost > 0)
        verdict.invalid_because.push_back(fmt::format(
            "{} of {} callbacks had not come when the run ended; they are in no histogram. Take a "
            "longer --grace, or --callbacks=ignore if none is to be awaited",
            count_text(counts.lost), count_text(counts.expected)));
    if (counts.unreadable > 0)
        verdict.invalid_because.push_back(fmt::format(
            "{} callbacks could not be read or deciphered", count_text(counts.unreadable)));
}

void add_load_remarks(const RunReport& report, Verdict& verdict) {
    // Said with every closed loop, because its percentiles look so good.
    if (report.settings.users > 0)
        verdict.remarks.push_back(users_remark(report));
    else if (report.settings.closed_loop)
        verdict.remarks.push_back(
            "Closed loop: the next request leaves when an answer has come. While the server stalls "
            "nobody new arrives, and the wait of those who would have come is missing from the "
            "tail "
            "(coordinated omission). Read the throughput here, and take latencies from an "
            "open-loop "
            "run.");
    if (!report.aborted.empty()) verdict.remarks.push_back("The run was " + report.aborted + ".");
    if (report.losses && report.losses->count > 0)
        verdict.remarks.push_back(losses_sentence(*report.losses));
    const Counts& window = report.window;
    if (window.refused > 0)
        verdict.remarks.push_back(fmt::format(
            "{} of the answers were refusals. They are not in the attained rate, and have "
            "percentiles of their own.",
            share_text(share_of(window.refused, window.ok + window.refused))));
    if (report.settings.closed_loop && report.window.refusals.contains(overloaded))
        verdict.remarks.push_back(
            fmt::format("{} were refused as overloaded: more was in flight than the switch's "
                        "--queue holds. Take "
                        "fewer --in-flight or a smaller --batch.",
                        count_text(report.window.refusals.at(overloaded))));
    if (window.errors + window.timeouts > 0)
        verdict.remarks.push_back(fmt::format(
            "{} of the operations failed. They are in the percentiles with the time that "
            "was spent on them.",
            share_text(share_of(window.errors + window.timeouts, window.ended()))));
    if (report.late_answers + report.duplicate_answers > 0)
        verdict.remarks.push_back(
            fmt::format("{} answers came when their request had timed out, and {} came again. "
                        "Neither is counted.",
                        count_text(report.late_answers), count_text(report.duplicate_answers)));
    if (window.skipped > 0)
        verdict.remarks.push_back(
            fmt::format("{} operations were due and never sent.", count_text(window.skipped)));
}

void add_machine_remarks(const RunReport& report, Verdict& verdict) {
    constexpr double steal_worth_saying = 0.02;
    constexpr double cpu_worth_saying = 0.80;
    const Calibration& machine = report.calibration;
    // Server and generator suffer alike, and the bounds of latencies have it in them.
    if (machine.steal > steal_worth_saying)
        verdict.remarks.push_back(fmt::format("The hypervisor gave {} of the processor to others.",
                                              share_text(machine.steal)));
    // In a closed loop the generator can be the limit, and nothing else shows it.
    if (report.settings.closed_loop &&
        machine.generator_cpu > cpu_worth_saying * report.settings.workers)
        verdict.remarks.push_back(
            fmt::format("The generator used {} of a core: the server may be good for more. Larger "
                        "batches need less of it.",
                        share_text(machine.generator_cpu)));
    if (report.settings.workers > 1)
        verdict.remarks.push_back(fmt::format(
            "{} threads made the load. A floor knows the delays of its own thread alone: by what "
            "another one delayed in the server's queue it is no lower.",
            report.settings.workers));
    if (report.response.over_top() > 0)
        verdict.remarks.push_back(
            fmt::format("{} operations took more than an hour and are counted as one hour.",
                        count_text(report.response.over_top())));
    // A remark and no fault: for tests this is how it is done.
    if (is_on_this_machine(report.settings.target))
        verdict.remarks.push_back(
            "The server ran on the generator's machine: there is no network in these numbers, and "
            "both shared its cores.");
}

std::string nothing_executed(const RunReport& report) {
    if (report.counts.refused > 0)
        return "no operation was executed: all that were answered were refused";
    if (report.measured > Duration{0}) return "no operation was answered";
    return report.warmup_counts.scheduled == 0
               ? "it ended before its first operation"
               : "it ended within the warm-up, before anything was measured";
}

void find_broken(const RunReport& report, Verdict& verdict) {
    // The warm-up's counts too: an operation that is lost there is lost by the same bug.
    for (const Counts* counts : {&report.counts, &report.warmup_counts})
        if (const std::optional<std::string> broken = broken_identity(*counts))
            verdict.invalid_because.push_back("the counts do not agree: " + *broken);
    if (report.losses)
        if (const std::optional<std::string> broken = broken_identity(*report.losses))
            verdict.invalid_because.push_back("what was sent again does not agree: " + *broken);
    if (report.callbacks) judge_callbacks(report.callbacks->counts, verdict);
    if (!report.server_gone.empty())
        verdict.invalid_because.push_back("the server went away: " + report.server_gone);
    // A run that executed nothing has measured nothing but refusals.
    if (report.counts.ok == 0) verdict.invalid_because.push_back(nothing_executed(report));
}

}  // namespace

std::string_view name(LoadHeld held) {
    switch (held) {
        case LoadHeld::held:
            return "held";
        case LoadHeld::not_held_server:
            return "not held: the server could not";
        case LoadHeld::not_held_generator:
            return "not held: the generator could not";
    }
    unreachable("every load has a name");
}

std::string_view word(LoadHeld held) {
    switch (held) {
        case LoadHeld::held:
            return "held";
        case LoadHeld::not_held_server:
            return "server";
        case LoadHeld::not_held_generator:
            return "generator";
    }
    unreachable("every load has a word");
}

bool is_on_this_machine(std::string_view target) {
    return target.find("127.0.0.1") != std::string_view::npos ||
           target.find("localhost") != std::string_view::npos ||
           target.find("[::1]") != std::string_view::npos;
}

double usual_response_s(const RunReport& report) {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (const TimelineRow& row : report.timeline)
        if (row.ok + row.refused > 0) least = std::min(least, row.p50_us);
    return least == std::numeric_limits<std::uint64_t>::max() ? 0
                                                              : static_cast<double>(least) / 1e6;
}

double least_ended(double asked, const RunSettings& settings) {
    const double least = held_share_min * asked;
    // A Poisson schedule draws its own number, and that is no fault.
    return settings.arrival == "poisson" ? std::min(least, asked - 3 * std::sqrt(asked)) : least;
}

double Bounds::width() const {
    if (floor_us == 0) return response_us == 0 ? 1 : std::numeric_limits<double>::infinity();
    return static_cast<double>(response_us) / static_cast<double>(floor_us);
}

std::string percentile_name(double percentile) {
    return fmt::format("p{:g}", percentile);
}

std::string value_statement(const Bounds& bounds) {
    if (!bounds.is_enough) return "-";
    const std::string high = latency_text(bounds.response_us);
    const double width = bounds.width();
    if (width <= one_value_width) return high;
    if (width <= range_width) return latency_range_text(bounds.floor_us, bounds.response_us);
    return "at most " + high;
}

std::string statement(const Bounds& bounds) {
    const std::string name = percentile_name(bounds.percentile);
    if (!bounds.is_enough)
        return fmt::format("{} needs {} requests", name,
                           count_text(static_cast<std::uint64_t>(
                               std::llround(requests_beyond_min / (1 - bounds.percentile / 100)))));
    return fmt::format("{} {}{}", name, bounds.width() <= one_value_width ? "= " : "",
                       value_statement(bounds));
}

const Bounds* Verdict::find(double percentile) const {
    const auto found = std::find_if(bounds.begin(), bounds.end(), [&](const Bounds& each) {
        return each.percentile == percentile;
    });
    return found == bounds.end() ? nullptr : &*found;
}

std::string quotation(const RunReport& report) {
    if (report.measured == Duration{0}) return "nothing was measured";
    std::string out;
    for (const Bounds& bounds : report.verdict.bounds) {
        // Between the others they say little.
        if (bounds.percentile == 90 || bounds.percentile == 95) continue;
        // Where not even the middle is known, that is said; else what is not known is left out.
        if (!bounds.is_enough && bounds.percentile != 50) continue;
        out += (out.empty() ? "" : ", ") + statement(bounds);
    }
    return fmt::format("{}{}{}, load {}", out, out.empty() ? "" : " at ",
                       rate_text(report.attained_per_s()), name(report.verdict.load));
}

Bounds bounds_of(const Histogram& response, const Histogram& floor, std::uint64_t requests,
                 double percentile) {
    ensure(percentile > 0 && percentile < 100, "a percentile between the least and the most");
    const double p = percentile / 100;
    const auto n = static_cast<double>(requests);
    // Two standard deviations of the rank, as a share of all.
    const double spread = requests == 0 ? 1 : 2 * std::sqrt(p * (1 - p) / n);
    const auto at = [](double rank) { return std::clamp(rank * 100, 0.0, 100.0); };
    Bounds bounds{.percentile = percentile,
                  .floor_us = floor.value_at_percentile(percentile),
                  .response_us = response.value_at_percentile(percentile),
                  .low_us = floor.value_at_percentile(at(p - spread)),
                  .high_us = response.value_at_percentile(at(p + spread))};
    // Rounded, since 10 000 × (1 - 0.999) is a little less than 10.
    bounds.requests_beyond = static_cast<std::uint64_t>(n * (1 - p) + 1e-6);
    bounds.is_enough = bounds.requests_beyond >= requests_beyond_min;
    return bounds;
}

Verdict judge(const RunReport& report) {
    Verdict verdict;
    find_broken(report, verdict);
    if (report.settings.closed_loop)
        judge_closed_loop(report, verdict);
    else
        judge_open_loop(report, verdict);
    for (const double percentile : judged_percentiles)
        verdict.bounds.push_back(bounds_of(report.quoted.response, report.quoted.floor,
                                           report.quoted.requests, percentile));
    add_load_remarks(report, verdict);
    add_machine_remarks(report, verdict);
    // Valid is the absence of reasons, so that a verdict without a reason cannot be.
    verdict.valid = verdict.invalid_because.empty();
    return verdict;
}

}  // namespace tuma::loadgen
