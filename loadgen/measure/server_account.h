// What a switch says it did between two readings of its metrics: where time went, and what it cost.
#pragma once

#include "loadgen/measure/server_metrics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// A stage of an operation's way through the switch; no moment is in two of them.
struct StageMean {
    std::string stage;  ///< by the metric's label: "queue_wait"
    double mean_us = 0;
};

/// What a switch that is not this run's alone says is of all that it did. What it does not say is
/// missing; an older one says less.
struct ServerAccount {
    std::uint64_t operations = 0;            ///< executed ones, to which the stages' means refer
    std::vector<StageMean> stages;           ///< in the order of the way
    std::optional<double> cpu_s;             ///< all threads
    std::optional<double> projection_cpu_s;  ///< of these
    std::optional<double> journal_bytes;
    std::optional<double> storage_bytes;  ///< journal, projection, snapshots, archives and log
    std::optional<double> received_bytes;
    std::optional<double> sent_bytes;
    /// Batches that were in the journal and not in the SQL projection, at the second reading;
    /// nothing where there is no projection.
    std::optional<std::uint64_t> projection_behind;
    std::uint64_t batches = 0;  ///< that came into the journal
};

/// Of operations of one listener, "native" or "http". Nothing when the switch was started again
/// between the readings: then a difference says nothing.
std::optional<ServerAccount> account_between(const std::vector<MetricSample>& before,
                                             const std::vector<MetricSample>& after,
                                             std::string_view listener);

/// How far the projection is behind by one reading; nothing where there is none.
std::optional<std::uint64_t> projection_behind(const std::vector<MetricSample>& reading);

}  // namespace tuma::loadgen
