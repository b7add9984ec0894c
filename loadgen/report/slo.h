// A service-level objective: what must hold of a run, and whether it did.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/report/report.h"

#include <optional>
#include <span>
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

/// The percentile that a term is about, as 99.9; nothing for shares and for the longest of all.
std::optional<double> percentile_of(const SloTerm& term);

/// One answer to all terms.
struct SloFinding {
    Kept kept = Kept::kept;
    std::string why;  ///< as in SloResult
};

/// A latency is kept when the response is below the limit, broken when the floor is not, and
/// unknown between them. Shares are known.
SloFinding check_slo(const std::vector<SloTerm>& slo, const RunReport& report);

/// Reads "p99>1s,errors>5%": when a run is to be given up. Measures of a second: p50, p99 and max
/// of response, errors and timeouts, and refusals as a share of what ended in it. Refuses: no
/// terms, unknown measures, anything but ">", limits without us, ms, s or %.
Result<std::vector<SloTerm>> parse_abort(std::string_view text);

/// So many seconds on end give a run up; one alone may be a hiccup.
inline constexpr std::size_t abort_seconds = 3;

/// Which term was above its limit in each of the last seconds, in words; nothing when none was.
/// `closed` are the seconds that are over. The warm-up, and seconds in which nothing ended, are
/// none.
std::optional<std::string> abort_reason(const std::vector<SloTerm>& terms,
                                        std::span<const TimelineRow> closed);

}  // namespace tuma::loadgen
