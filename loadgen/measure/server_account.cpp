#include "loadgen/measure/server_account.h"

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

using Labels = std::map<std::string, std::string>;

/// What a counter gained; nothing where it is missing.
std::optional<double> gained(const std::vector<MetricSample>& before,
                             const std::vector<MetricSample>& after, std::string_view name,
                             const Labels& labels = {}) {
    const auto first = value_of(before, name, labels);
    const auto last = value_of(after, name, labels);
    if (!first || !last) return std::nullopt;
    return *last - *first;
}

bool was_started_between(const std::vector<MetricSample>& before,
                         const std::vector<MetricSample>& after) {
    constexpr std::string_view start = "process_start_time_seconds";
    // The kernel tells it relative to a boot time that may move when the wall clock is set.
    constexpr double same_start_s = 1.5;
    if (std::abs(gained(before, after, start).value_or(0)) > same_start_s) return true;
    // Those that only ever grow within one process.
    for (const std::string_view name : {"process_cpu_seconds_total", "tuma_batches_total"})
        if (gained(before, after, name).value_or(0) < 0) return true;
    return false;
}

}  // namespace

std::optional<std::uint64_t> projection_behind(const std::vector<MetricSample>& reading) {
    const auto journal = value_of(reading, "tuma_journal_sequence");
    const auto projected = value_of(reading, "tuma_projection_sequence");
    if (!journal || !projected) return std::nullopt;
    // Switched off it stands at nothing and takes no time. One that has not begun has taken some.
    const double cpu = value_of(reading, "tuma_projection_cpu_seconds_total").value_or(0);
    if (*projected == 0 && cpu == 0) return std::nullopt;
    // The two are read one after the other, and the projection may have overtaken.
    return whole_count(*journal - *projected);
}

std::optional<ServerAccount> account_between(const std::vector<MetricSample>& before,
                                             const std::vector<MetricSample>& after,
                                             std::string_view listener) {
    if (was_started_between(before, after)) return std::nullopt;
    ServerAccount account;
    const std::string which(listener);
    account.operations = whole_count(
        gained(before, after, "tuma_stage_operations_total", {{"listener", which}}).value_or(0));
    // In the order of the way; each listener has some of them.
    for (const char* stage :
         {"http", "decode", "queue_wait", "decide", "append_wait", "fsync", "reply"}) {
        const auto seconds = gained(before, after, "tuma_stage_operation_seconds_total",
                                    {{"listener", which}, {"stage", stage}});
        // Nothing executed has no mean.
        if (!seconds || account.operations == 0) continue;
        account.stages.push_back(
            {.stage = stage,
             .mean_us = std::max(0.0, *seconds) * 1e6 / static_cast<double>(account.operations)});
    }
    account.cpu_s = gained(before, after, "process_cpu_seconds_total");
    account.projection_cpu_s = gained(before, after, "tuma_projection_cpu_seconds_total");
    account.journal_bytes = gained(before, after, "tuma_journal_bytes_total");
    account.storage_bytes = gained(before, after, "tuma_storage_written_bytes_total");
    const bool is_http = listener == "http";
    account.received_bytes = gained(
        before, after, is_http ? "tuma_http_received_bytes_total" : "tuma_received_bytes_total");
    account.sent_bytes =
        gained(before, after, is_http ? "tuma_http_sent_bytes_total" : "tuma_sent_bytes_total");
    account.batches = whole_count(gained(before, after, "tuma_batches_total").value_or(0));
    account.projection_behind = projection_behind(after);
    return account;
}

}  // namespace tuma::loadgen
