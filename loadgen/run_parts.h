// What a run over any protocol begins and ends with.
#pragma once

#include "loadgen/driver.h"
#include "loadgen/options.h"
#include "loadgen/progress.h"
#include "loadgen/report.h"
#include "loadgen/server_metrics.h"

#include <optional>
#include <vector>

namespace tuma::loadgen {

/// For what comes before the run: connections, wallets, a token.
inline constexpr Duration set_up_timeout = std::chrono::seconds{30};

/// Planned length of the whole run, warm-up included; nothing when only the traffic ends it.
std::optional<Offset> planned_length(const LoadOptions& options);

/// Measures the machine; says so when a part of it cannot be measured.
Calibration calibrate(const LoadOptions& options, Progress& progress);

/// The server's metrics, or nothing when they cannot be had; that spoils no run.
std::optional<std::vector<MetricSample>> scrape(const LoadOptions& options, Progress& progress);

/// Adds the driver's reasons not to believe the run to the verdict.
void add_problems(const RunEnd& end, RunReport& report);

}  // namespace tuma::loadgen
