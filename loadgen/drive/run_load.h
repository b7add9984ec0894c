// One run from the first probe to the report.
#pragma once

#include "loadgen/options.h"
#include "loadgen/population.h"
#include "loadgen/progress.h"
#include "loadgen/report.h"
#include "loadgen/trace.h"

#include <atomic>
#include <optional>

namespace tuma::loadgen {

/// What is played: a scenario, and the trace when it is one.
struct Play {
    Scenario scenario;
    std::optional<Trace> trace;
};
/// Loads what --scenario names and applies --customers. Refuses what the readers refuse, and a
/// --day-length for a scenario that has no hours.
Result<Play> load_play(const LoadOptions& options);

/// Opens the scenario's accounts on a connection of its own and says how long that took.
/// Throws SetUpError, ConnectionError.
Population prepare_accounts(const LoadOptions& options, const Scenario& scenario,
                            Progress& progress);

/// Measures the machine, drives the load, asks the server for its stages, judges.
/// Throws ConnectionError when the server cannot be reached at the start, StoreError.
RunReport run_load(const LoadOptions& options, const Play& play, const Population& population,
                   const std::atomic<bool>& stop, Progress& progress);

}  // namespace tuma::loadgen
