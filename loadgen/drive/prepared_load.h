// A load whose accounts or customers are there, ready to be run as often as one likes.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/drive/options.h"
#include "loadgen/drive/progress.h"
#include "loadgen/report/report.h"

#include <atomic>
#include <functional>

namespace tuma::loadgen {

/// Makes one run. Rate, seed, duration, batch, connections and the like may differ from what was
/// prepared; target and scenario may not. Throws ConnectionError, StoreError.
using RunOnce = std::function<RunReport(const LoadOptions&)>;

/// Opens accounts, or asks for tokens and customers. Refuses what the readers of scenarios and
/// client files refuse. Throws ConnectionError, SetUpError. `stop` and `progress` must outlive what
/// is returned.
Result<RunOnce> prepare(const LoadOptions& load, const std::atomic<bool>& stop, Progress& progress);

/// How long the server may still be busy with what was given up waiting for, at most a minute: a
/// run must not begin with the queue of the one before it.
Duration work_left(const RunReport& report);

}  // namespace tuma::loadgen
