// One run over HTTP from the first probe to the report.
#pragma once

#include "loadgen/client_file.h"
#include "loadgen/mpesa_prompts.h"
#include "loadgen/options.h"
#include "loadgen/progress.h"
#include "loadgen/report.h"

#include <atomic>
#include <variant>

namespace tuma::loadgen {

/// Who asks in a run, with what the switch has given for it.
using HttpMerchant = std::variant<MpesaSettings, WechatClient>;

/// Reads the client file. M-Pesa: also asks for an access token and makes the customers known, and
/// says how long that took. Refuses what the readers refuse; throws ConnectionError.
Result<HttpMerchant> prepare_merchant(const LoadOptions& options, Progress& progress);

/// Measures the machine, drives the load, asks the server for its stages, judges.
/// Throws ConnectionError when the server cannot be reached at the start.
RunReport run_http_load(const LoadOptions& options, const HttpMerchant& merchant,
                        const std::atomic<bool>& stop, Progress& progress);

}  // namespace tuma::loadgen
