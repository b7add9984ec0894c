#include "loadgen/drive/run_parts.h"

#include "loadgen/client/http_stream.h"
#include "loadgen/client/server_readings.h"
#include "loadgen/drive/version.h"
#include "loadgen/measure/calibration.h"
#include "loadgen/measure/server_metrics.h"
#include "loadgen/merchants/json_member.h"
#include "loadgen/report/slo.h"
#include "loadgen/report/time_budget.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <string>
#include <system_error>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr Duration metrics_timeout = std::chrono::seconds{2};

/// Of a server that went away, or was started again, there is nothing to subtract.
bool was_lost(const RunReport& report) {
    return !report.server_gone.empty() || (report.losses && report.losses->count > 0);
}

/// What the server says of the time between the readings, and what this program used in it. The
/// server's own figures are an addition; a run without them is as good.
void add_readings(const ServerReadings& readings, const RunResults& results, bool is_http,
                  RunReport& report) {
    const auto& first = readings.first();
    const auto& last = readings.last();
    report.generator_cpu_s =
        std::chrono::duration<double>(last.usage.process_cpu - first.usage.process_cpu).count();
    if (was_lost(report) || !first.samples || !last.samples) return;
    report.server = account_between(*first.samples, *last.samples, is_http ? "http" : "native");
    if (!report.server) return;
    report.stages = stages_between(*first.samples, *last.samples);
    // Of the very time that the server speaks of, which is not to the millisecond what is measured.
    report.executed = results.executed(1);
    if (readings.is_with_warmup()) report.executed.add(results.executed(0));
}

/// What there is to remark on it; empty when it has caught up.
std::string await_projection(const LoadOptions& options, Progress& progress) {
    if (options.projection_wait == Duration{0}) return {};
    progress.say("waiting for the server's SQL projection");
    try {
        const std::uint64_t behind = wait_for_projection(*options.admin, options.projection_wait);
        if (behind == 0) return {};
        return fmt::format(
            "The SQL projection was still {} batches behind when the run began, after {}; it "
            "shared the processor with the run.",
            behind, text(options.projection_wait));
    } catch (const ConnectionError& error) {
        return fmt::format("The SQL projection was not waited for: {}.", error.what());
    }
}

/// After `judge`, which makes the remarks anew.
void add_time_remarks(const ServerReadings& readings, RunReport& report) {
    auto& remarks = report.verdict.remarks;
    const auto add = [&](const std::vector<std::string>& more) {
        remarks.insert(remarks.end(), more.begin(), more.end());
    };
    if (was_lost(report)) return;
    add(readings.remarks(report.measured));
    if (readings.first().samples && readings.last().samples && !report.server)
        remarks.emplace_back(
            "The server was started again within the measured time, and what its metrics gained "
            "is not known.");
    add(budget_remarks(report));
}

/// When nothing more is asked for; nothing where a number or the traffic ends the run.
std::optional<Offset> planned_end(const LoadOptions& options) {
    if (options.is_trace() || options.operations_max > 0) return std::nullopt;
    return options.warmup + options.duration;
}

Calibration calibrate(const LoadOptions& options, Progress& progress) {
    Calibration calibration;
    try {
        calibration.fsync = measure_fsync(options.probe_directory);
    } catch (const std::system_error& error) {
        progress.say(fmt::format("fsync is not measured: {}", error.what()));
    }
    // Before the load, since it would disturb these, and they it.
    calibration.timer_lag = measure_timer_lag();
    calibration.machine = read_machine();
    return calibration;
}

void add_problems(const RunEnd& end, RunReport& report) {
    auto& reasons = report.verdict.invalid_because;
    reasons.insert(reasons.end(), end.problems.begin(), end.problems.end());
    if (end.replays > 0)
        reasons.push_back(fmt::format(
            "{} answers came from the server's memory of earlier requests with the same "
            "references; choose another --seed",
            end.replays));
    report.verdict.valid = reasons.empty();
    // It has measured less, and nothing wrong.
    if (end.is_interrupted)
        report.verdict.remarks.emplace_back("The run was interrupted before its end.");
}

void add_slo(const std::string& text, RunReport& report) {
    const auto slo = parse_slo(text);
    ensure(slo.has_value(), "the command line has read it before");
    SloFinding found = check_slo(*slo, report);
    report.slo = SloResult{.text = text, .kept = found.kept, .why = std::move(found.why)};
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// What the server calls itself; empty when it does not say.
std::string server_version(const LoadOptions& options) {
    if (!options.admin) return {};
    try {
        const auto facts = read_object(http_get(*options.admin, "/version", metrics_timeout));
        return facts ? std::string(text_at(*facts, {"version"})) : std::string{};
    } catch (const ConnectionError&) {
        // Its metrics will not be had either, and that is said.
        return {};
    }
}

}  // namespace

std::optional<Offset> planned_length(const LoadOptions& options) {
    if (options.is_trace()) return std::nullopt;
    if (options.operations_max == 0) return options.warmup + options.duration;
    if (!options.rate) return std::nullopt;
    // Of a Poisson schedule this is the mean; close enough for "so many seconds to go".
    return constant_time(options.operations_max, *options.rate);
}

std::optional<RateProfile> changing_rate(const LoadOptions& options,
                                         std::span<const std::uint32_t> hours) {
    if (options.day_length && options.rate)
        return RateProfile(*options.rate, hours, *options.day_length);
    if (options.profile.empty()) return std::nullopt;
    std::vector<RatePiece> pieces = options.profile;
    const Rate first = pieces.front().from;
    if (options.warmup > Duration{0}) pieces.insert(pieces.begin(), {options.warmup, first, first});
    return RateProfile(pieces);
}

std::optional<Schedule> schedule_for(const LoadOptions& options,
                                     std::span<const std::uint32_t> hours, Division division) {
    if (!options.rate) return std::nullopt;
    // A schedule needs an end. With --stop-after the number ends the run, and this must not.
    const Offset end = options.operations_max > 0 ? Offset{std::chrono::hours{24 * 366}}
                                                  : Offset{options.warmup + options.duration};
    return Schedule(changing_rate(options, hours).value_or(RateProfile(*options.rate)),
                    options.arrival, options.seed, end, division);
}

void set_phases(const LoadOptions& options, Recorder& recorder) {
    if (options.profile.empty()) return;
    recorder.set_phases(phase_bounds(options.profile, options.warmup));
}

std::optional<Users> users_for(const LoadOptions& options) {
    if (options.users == 0) return std::nullopt;
    return Users(options.users, *options.think, options.seed, options.warmup + options.duration);
}

AbortReason abort_reason_for(const LoadOptions& options) {
    if (options.abort_when.empty()) return {};
    const auto terms = parse_abort(options.abort_when);
    ensure(terms.has_value(), "the command line has read it before");
    return [terms = *terms](const RunView& run) {
        return abort_reason(terms, run.timeline().first(run.closed_rows()));
    };
}

RunSettings common_settings(const LoadOptions& options) {
    RunSettings settings;
    settings.target = options.target.text();
    settings.seed = options.seed;
    settings.rate = options.rate;
    settings.profile = options.profile;
    settings.users = options.users;
    if (options.think) settings.think = *options.think;
    settings.closed_loop = !options.rate;
    settings.arrival = settings.closed_loop ? "closed" : std::string(name(options.arrival));
    settings.overload = name(options.overload);
    settings.connections = options.connections;
    settings.warmup = options.warmup;
    settings.timeout = options.timeout;
    // What only its traffic ends was not asked to last for any time.
    if (!options.is_trace() && options.operations_max == 0) settings.duration = options.duration;
    return settings;
}

RunResults results_of(Recorder& recorder) {
    return {.view = [&recorder] { return RunView(recorder); },
            .follow =
                [&recorder](const std::atomic<std::size_t>& reading) { recorder.follow(reading); },
            .executed = [&recorder](std::size_t reading) { return recorder.executed(reading); },
            .take = [&recorder](const std::vector<std::string>& kinds,
                                RunReport& report) { take_results(recorder, kinds, report); }};
}

RunReport measured(const LoadOptions& options, const RunResults& results, Progress& progress,
                   const RunParts& parts) {
    // Before all else: a place that cannot be written should cost no run.
    LiveOutput live(options.live);
    if (const auto page = live.metrics_endpoint())
        progress.say(fmt::format("metrics: http://{}/metrics", page->text()));
    RunReport report;
    report.version = version();
    report.server_version = server_version(options);
    report.command = options.command;
    report.host = host_name();
    const std::string projection = await_projection(options, progress);
    report.calibration = calibrate(options, progress);
    report.settings = parts.settings;
    ServerReadings readings(options.admin, options.warmup, planned_end(options));
    results.follow(readings.phase());
    UsageMark usage_before;
    // As late as possible: what connecting and signing cost is not the run's.
    const auto on_begin = [&] {
        progress.begin_run(planned_length(options));
        readings.begin();
        usage_before = mark_usage();
        report.started_at =
            std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    };
    const RunEnd end = parts.drive(on_begin, [&](const RunProgress& run) {
        progress.show(run, results.view());
        live.show(run, results.view());
    });
    // At once, before the report's own work is counted.
    const UsageMark usage_after = mark_usage();
    readings.finish();
    progress.end_run();

    report.calibration.steal = steal_share(usage_before, usage_after);
    report.calibration.generator_cpu = cpu_share(usage_before, usage_after);
    report.server_gone = end.server_gone;
    report.unwritten = end.unwritten;
    report.aborted = end.aborted;
    report.late_answers = end.late_answers;
    report.duplicate_answers = end.duplicate_answers;
    report.losses = end.losses;
    parts.add_facts(end, report);
    results.take(parts.kinds, report);
    if (parts.rate) report.asked = asked_in_window(*parts.rate, report);
    add_readings(readings, results, options.is_http(), report);
    report.verdict = judge(report);
    // After `judge`, which makes the verdict anew.
    add_problems(end, report);
    if (!parts.remark.empty()) report.verdict.remarks.push_back(parts.remark);
    if (!projection.empty()) report.verdict.remarks.push_back(projection);
    add_time_remarks(readings, report);
    if (!options.slo.empty()) add_slo(options.slo, report);
    live.end(report);
    return report;
}

}  // namespace tuma::loadgen
