// A service-level objective: what must hold of a run, and whether it did.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/report/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// One condition of an objective: a measure must stay below a limit.
struct SloTerm {
    std::string measure;  ///< a row of `slo_measures`
    double limit = 0;     ///< microseconds for latencies, a share of 0..1 for the others
};

/// "p50, p90, p95, p99, p99.9, max, errors, refused or skipped".
std::string slo_measures();

/// Reads "p99<20ms,errors<0.1%". Latencies are of all operations but refusals; `errors` are errors
/// and timeouts and `refused` refusals, as a share of what was sent; `skipped` of what was due.
/// "p99_9" and "p99.9" are the same. Refuses: no terms, unknown measures, anything but "<", limits
/// without us, ms, s or %.
Result<std::vector<SloTerm>> parse_slo(std::string_view text);

/// One answer to all terms.
struct SloFinding {
    Kept kept = Kept::kept;
    std::string why;  ///< as in SloResult
};

/// A latency is kept when the response is below the limit, broken when the floor is not, and
/// unknown between them. Shares are known.
SloFinding check_slo(const std::vector<SloTerm>& slo, const RunReport& report);

}  // namespace tuma::loadgen
