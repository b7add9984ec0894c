// One run over HTTP from the first probe to the report.
#pragma once

#include "loadgen/drive/options.h"
#include "loadgen/drive/progress.h"
#include "loadgen/merchants/http_protocols.h"
#include "loadgen/report/report.h"

#include <atomic>

namespace tuma::loadgen {

/// Gets the merchant of the target's protocol ready, and says how long that took. Refuses what its
/// row in `http_protocols` refuses; throws ConnectionError.
Result<MakeMerchant> prepare_merchant(const LoadOptions& options, Progress& progress);

/// Measures the machine, drives the load, asks the server for its stages, judges.
/// Throws ConnectionError when the server cannot be reached at the start.
RunReport run_http_load(const LoadOptions& options, const MakeMerchant& merchant,
                        const std::atomic<bool>& stop, Progress& progress);

}  // namespace tuma::loadgen
