// The server's own account of a run: its Prometheus metrics before and after, subtracted.
#pragma once

#include "ledger/words/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// One line of the text format.
struct MetricSample {
    std::string name;
    std::map<std::string, std::string> labels;
    double value = 0;
};

/// Reads the Prometheus text format 0.0.4. Comments and blank lines are skipped.
/// Refuses: a line without a value, unfinished labels; says which line.
Result<std::vector<MetricSample>> parse_metrics(std::string_view text);

/// The sample of this name with exactly these labels; nothing where there is none.
std::optional<double> value_of(const std::vector<MetricSample>& samples, std::string_view name,
                               const std::map<std::string, std::string>& labels = {});

/// What a counter gained, rounded: counts are whole, and one that went back has gained nothing.
std::uint64_t whole_count(double value);

/// What a histogram gained between two scrapes.
struct MetricHistogram {
    struct Bucket {
        double upper_s = 0;       ///< infinity for the last
        std::uint64_t count = 0;  ///< in this bucket alone
    };
    std::vector<Bucket> buckets;
    std::uint64_t count = 0;
    double sum_s = 0;

    double mean_s() const { return count == 0 ? 0 : sum_s / static_cast<double>(count); }
    /// Interpolated within its bucket, as Prometheus' histogram_quantile; the lower bound for the
    /// last bucket. 0 when empty. Requires: 0 <= q <= 1.
    double quantile_s(double q) const;
};

/// The difference of histogram `name` (without _bucket, _sum, _count), restricted to `labels`;
/// nothing when `after` does not have it. Missing in `before` counts as zero, and so does
/// everything when the server was started in between (a count that went down).
std::optional<MetricHistogram> histogram_difference(
    const std::vector<MetricSample>& before, const std::vector<MetricSample>& after,
    std::string_view name, const std::map<std::string, std::string>& labels = {});

/// One stage of a request's way through the server.
struct Stage {
    std::string name;  ///< queue_wait, decide, append, fsync or reply
    std::uint64_t count = 0;
    double mean_us = 0;
    double p50_us = 0;
    double p99_us = 0;
};

/// The stages that the server reports, in the order of a request's way.
/// Each is the histogram tuma_stage_duration_seconds{stage="<stage>"}; empty ones are left out.
std::vector<Stage> stages_between(const std::vector<MetricSample>& before,
                                  const std::vector<MetricSample>& after);

}  // namespace tuma::loadgen
