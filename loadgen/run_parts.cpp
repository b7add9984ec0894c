#include "loadgen/run_parts.h"

#include <fmt/format.h>

#include <system_error>

namespace tuma::loadgen {
namespace {

constexpr Duration metrics_timeout = std::chrono::seconds{2};

}  // namespace

std::optional<Offset> planned_length(const LoadOptions& options) {
    if (options.is_trace()) return std::nullopt;
    if (options.operations_max == 0) return options.warmup + options.duration;
    if (!options.rate) return std::nullopt;
    return constant_time(options.operations_max, *options.rate);
}

std::optional<std::vector<MetricSample>> scrape(const LoadOptions& options, Progress& progress) {
    if (!options.admin) return std::nullopt;
    try {
        auto samples = parse_metrics(http_get(*options.admin, "/metrics", metrics_timeout));
        if (samples) return std::move(samples).value();
        progress.say(fmt::format("no stages from the server: {}", samples.error().text()));
    } catch (const ConnectionError& error) {
        progress.say(fmt::format("no stages from the server: {}", error.what()));
    }
    return std::nullopt;
}

Calibration calibrate(const LoadOptions& options, Progress& progress) {
    Calibration calibration;
    try {
        calibration.fsync = measure_fsync(options.probe_directory);
    } catch (const std::system_error& error) {
        progress.say(fmt::format("fsync is not measured: {}", error.what()));
    }
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
}

}  // namespace tuma::loadgen
