// One run from the first probe to the report.
#pragma once

#include "loadgen/drive/options.h"
#include "loadgen/drive/progress.h"
#include "loadgen/peers/peer.h"
#include "loadgen/report/report.h"
#include "loadgen/workload/accounts.h"
#include "loadgen/workload/trace.h"

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
Accounts prepare_accounts(const LoadOptions& options, const Scenario& scenario, Progress& progress);

/// Measures the machine, drives the load, asks the server for its stages, judges. The server is a
/// switch, or the peer that is given. Throws ConnectionError when it cannot be reached at the
/// start, StoreError.
RunReport run_load(const LoadOptions& options, const Play& play, const Accounts& accounts,
                   const std::atomic<bool>& stop, Progress& progress, const Peer* peer = nullptr);

}  // namespace tuma::loadgen
