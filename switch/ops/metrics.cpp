#include "switch/ops/metrics.h"

#include "ledger/words/refusal.h"
#include "switch/ops/process_usage.h"
#include "switch/ops/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

namespace tuma::net {
namespace {

using Output = fmt::memory_buffer;

template <typename... Arguments>
void line(Output& output, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    // Written into one growing buffer: a scrape of hundreds of lines should not allocate for each.
    fmt::format_to(std::back_inserter(output), format, std::forward<Arguments>(arguments)...);
    output.push_back('\n');
}

void family(Output& output, std::string_view name, std::string_view type, std::string_view help) {
    line(output, "# HELP {} {}", name, help);
    line(output, "# TYPE {} {}", name, type);
}

/// A counter or gauge without labels.
template <typename Number>
void single(Output& output, std::string_view name, std::string_view type, std::string_view help,
            Number value) {
    family(output, name, type, help);
    line(output, "{} {}", name, value);
}

/// The samples of one histogram; `label` is "" or `name="value",`.
void buckets(Output& output, std::string_view name, std::string_view label,
             const DurationHistogram& histogram) {
    // Prometheus wants cumulative counts, and here each bucket has its own.
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < DurationHistogram::bucket_count; ++i) {
        count += histogram.bucket(i);
        line(output, "{}_bucket{{{}le=\"{}\"}} {}", name, label,
             DurationHistogram::upper_bound_s(i), count);
    }
    // Equal to the count by construction, though counters move while they are read.
    count += histogram.bucket(DurationHistogram::bucket_count);
    line(output, "{}_bucket{{{}le=\"+Inf\"}} {}", name, label, count);
    const std::string labels =
        // The label comes with a comma behind it, for buckets; alone it has none.
        label.empty() ? "" : fmt::format("{{{}}}", label.substr(0, label.size() - 1));
    line(output, "{}_sum{} {:.9f}", name, labels, histogram.sum_s());
    line(output, "{}_count{} {}", name, labels, count);
}

void stage(Output& output, std::string_view name, const DurationHistogram& histogram) {
    buckets(output, "tuma_stage_duration_seconds", fmt::format("stage=\"{}\",", name), histogram);
}

void render_stages(Output& output, const Metrics& metrics) {
    family(output, "tuma_stage_duration_seconds", "histogram",
           "Time of each stage of a request's way: queue_wait a submission, decide and append a "
           "batch, fsync an append of the journal, reply a group of replies of one connection.");
    stage(output, "queue_wait", metrics.queue_wait);
    stage(output, "decide", metrics.decide);
    stage(output, "append", metrics.append);
    stage(output, "fsync", metrics.fsync);
    stage(output, "reply", metrics.reply);
}

struct StageRow {
    std::string_view listener;
    std::string_view stage;
    const Counter& nanoseconds;
};

void render_operations(Output& output, const Metrics& metrics) {
    constexpr double ns_per_second = 1e9;
    const OperationTimes& native = metrics.native_operations;
    const OperationTimes& http = metrics.http_operations;
    family(output, "tuma_stage_operations_total", "counter",
           "Executed operations whose time is in tuma_stage_operation_seconds_total: commands of "
           "native frames; HTTP requests that asked the engine and were answered with 2xx.");
    line(output, "tuma_stage_operations_total{{listener=\"native\"}} {}",
         native.operations.value());
    line(output, "tuma_stage_operations_total{{listener=\"http\"}} {}", http.operations.value());
    family(output, "tuma_stage_operation_seconds_total", "counter",
           "Time of executed operations by stage, each operation counted with the time of its "
           "batch; no moment is in two stages. append_wait is from decided to durable without "
           "fsync, http all between a complete request and its dialect's reply that is in no "
           "other stage.");
    const StageRow rows[] = {{"native", "decode", native.decode},
                             {"native", "queue_wait", native.queue_wait},
                             {"native", "decide", native.decide},
                             {"native", "append_wait", native.append_wait},
                             {"native", "fsync", native.fsync},
                             {"native", "reply", native.reply},
                             {"http", "queue_wait", http.queue_wait},
                             {"http", "decide", http.decide},
                             {"http", "append_wait", http.append_wait},
                             {"http", "fsync", http.fsync},
                             {"http", "http", http.http}};
    for (const StageRow& row : rows)
        line(output, "tuma_stage_operation_seconds_total{{listener=\"{}\",stage=\"{}\"}} {:.9f}",
             row.listener, row.stage, static_cast<double>(row.nanoseconds.value()) / ns_per_second);
}

void render_requests(Output& output, const Metrics& metrics) {
    family(output, "tuma_requests_total", "counter",
           "Requests answered, by code; none is success.");
    // All codes, also those that never came: a series that appears late looks like a jump.
    for (const RefusalRow& row : refusal_table())
        line(output, "tuma_requests_total{{code=\"{}\"}} {}", row.name,
             metrics.outcomes[static_cast<std::size_t>(row.refusal)].value());
    single(output, "tuma_replays_total", "counter",
           "Requests answered from the remembered outcomes.", metrics.replays.value());
    single(output, "tuma_queue_commands", "gauge", "Commands that wait for the engine.",
           metrics.queue_commands.value());
    single(output, "tuma_queue_commands_max", "gauge",
           "Commands that may wait for the engine (--queue); more are refused as overloaded.",
           metrics.queue_commands_max.value());
    single(output, "tuma_request_keys", "gauge", "Requests whose outcome is in memory.",
           metrics.request_keys.value());
    single(output, "tuma_request_key_window_seconds", "gauge",
           "How far back in switch time every request is remembered.",
           metrics.request_key_window_s.value());
    single(output, "tuma_request_keys_evicted_total", "counter",
           "Requests whose outcome has left memory within the retention and is on disk.",
           metrics.request_keys_evicted.value());
    single(output, "tuma_request_keys_disk_bytes", "gauge",
           "Size of the files that hold outcomes for retries.",
           metrics.request_keys_on_disk.value());
    single(output, "tuma_request_key_look_ups_total", "counter",
           "Requests whose key was looked for on disk before they were decided.",
           metrics.key_look_ups.value());
    single(output, "tuma_request_keys_found_on_disk_total", "counter",
           "Look-ups that found the outcome; the others were for new keys.",
           metrics.keys_found_on_disk.value());
    single(output, "tuma_orders_found_on_disk_total", "counter",
           "Orders that had left memory and were read from the archive.",
           metrics.orders_found_on_disk.value());
}

void render_ledger(Output& output, const Metrics& metrics) {
    single(output, "tuma_batches_total", "counter", "Batches made durable.",
           metrics.batches.value());
    single(output, "tuma_batch_events_total", "counter", "Events in these batches.",
           metrics.batch_events.value());
    single(output, "tuma_journal_bytes_total", "counter",
           "Bytes of these batches, as they stand in the journal.", metrics.journal_bytes.value());
    single(output, "tuma_reservations_expired_total", "counter",
           "Reservations given back by their deadline.", metrics.expired.value());
    single(output, "tuma_settlements_total", "counter", "Settlements of merchants closed.",
           metrics.settled.value());
    single(output, "tuma_orders_due_total", "counter",
           "Orders that moved by themselves: customers acted, answers came, time ran out.",
           metrics.orders_due.value());
    single(output, "tuma_accounts", "gauge", "Accounts, closed ones included.",
           metrics.accounts.value());
    single(output, "tuma_reservations_open", "gauge", "Open reservations.",
           metrics.reservations_open.value());
    single(output, "tuma_journal_sequence", "gauge", "Number of the newest durable batch.",
           metrics.journal_sequence.value());
    single(output, "tuma_snapshot_sequence", "gauge", "Last batch in the newest snapshot.",
           metrics.snapshot_sequence.value());
    single(output, "tuma_projection_sequence", "gauge", "Last batch in the SQL projection.",
           metrics.projection_sequence.value());
    single(output, "tuma_projection_cpu_seconds_total", "counter",
           "Processor time that the SQL projection took; it is a part of that of the process.",
           fmt::format("{:.6f}", static_cast<double>(metrics.projection_cpu_us.value()) / 1e6));
}

void render_clock(Output& output, const Metrics& metrics) {
    constexpr double us_per_second = 1e6;
    single(output, "tuma_switch_clock_offset_seconds", "gauge",
           "The machine's wall clock less switch time; 0 with a virtual clock.",
           fmt::format("{:.6f}",
                       static_cast<double>(metrics.clock_offset_us.value()) / us_per_second));
    single(output, "tuma_switch_clock_apart", "gauge",
           "1 while the wall clock is so far away that switch time does not near it.",
           metrics.clock_is_apart.value());
    single(output, "tuma_switch_clock_jumps_total", "counter",
           "Times that the wall clock was found set forwards or back.",
           metrics.clock_jumps.value());
}

void render_notices(Output& output, const Metrics& metrics) {
    single(output, "tuma_notice_attempts_total", "counter",
           "Attempts made to tell somebody outside about an order.",
           metrics.notice_attempts.value());
    family(output, "tuma_notice_results_total", "counter",
           "Attempts that have ended: the notice was delivered, this attempt failed and another "
           "follows, or it was the last one and the notice is given up.");
    // One table, so that a result without a counter cannot be.
    const std::pair<const char*, const Counter&> results[] = {
        {"delivered", metrics.notices_delivered},
        {"failed", metrics.notice_attempts_failed},
        {"given_up", metrics.notices_given_up}};
    for (const auto& [result, count] : results)
        line(output, "tuma_notice_results_total{{result=\"{}\"}} {}", result, count.value());
    single(output, "tuma_notices_under_way", "gauge",
           "Attempts that wait for their turn or for their answer.",
           metrics.notices_under_way.value());
}

void render_listener(Output& output, const Metrics& metrics) {
    single(output, "tuma_connections", "gauge", "Open connections of the native listener.",
           metrics.connections.value());
    single(output, "tuma_connections_total", "counter", "Connections accepted.",
           metrics.connections_total.value());
    single(output, "tuma_connection_memory_bytes", "gauge",
           "Memory held for requests and replies of all connections, of HTTP too.",
           metrics.connection_memory.value());
    single(output, "tuma_connections_rejected_total", "counter",
           "Connections turned away because too many were open.",
           metrics.connections_rejected.value());
    single(output, "tuma_bad_frames_total", "counter",
           "Frames that were not accepted, and frames that came too slowly.",
           metrics.frames_bad.value());
    single(output, "tuma_received_bytes_total", "counter", "Bytes read by the native listener.",
           metrics.bytes_in.value());
    single(output, "tuma_sent_bytes_total", "counter", "Bytes written by the native listener.",
           metrics.bytes_out.value());
}

void render_http(Output& output, const Metrics& metrics) {
    family(output, "tuma_http_requests_total", "counter",
           "HTTP requests answered, by class of status; those that were no request included.");
    for (std::size_t i = 0; i < metrics.http_requests.size(); ++i)
        line(output, "tuma_http_requests_total{{class=\"{}xx\"}} {}", i + 1,
             metrics.http_requests[i].value());
    single(output, "tuma_http_connections", "gauge", "Open connections of the HTTP listener.",
           metrics.http_connections.value());
    single(output, "tuma_http_received_bytes_total", "counter",
           "Bytes of HTTP read by the HTTP listener, without what TLS adds.",
           metrics.http_bytes_in.value());
    single(output, "tuma_http_sent_bytes_total", "counter",
           "Bytes of HTTP written by the HTTP listener, without what TLS adds.",
           metrics.http_bytes_out.value());
    family(
        output, "tuma_http_request_seconds", "histogram",
        "From the complete HTTP request to its reply ready to be written, delays that were asked "
        "for included.");
    buckets(output, "tuma_http_request_seconds", "", metrics.http_request);
}

void render_process(Output& output) {
    const ProcessUsage usage = process_usage();
    single(output, "process_start_time_seconds", "gauge",
           "Start time of the process since 1970-01-01 UTC.",
           fmt::format("{:.2f}", usage.start_time_s));
    // Reckoned by the kernel, so that the text has no more digits than it knows.
    single(output, "process_cpu_seconds_total", "counter", "User and system time spent.",
           fmt::format("{:.2f}", usage.cpu_s));
    // Where the kernel does not say, a counter of 0 would say that nothing was written.
    if (usage.storage_bytes_written)
        single(output, "tuma_storage_written_bytes_total", "counter",
               "Bytes that the process gave to storage: journal, projection, snapshots, archives "
               "and log together.",
               *usage.storage_bytes_written);
    single(output, "process_resident_memory_bytes", "gauge", "Resident memory.",
           usage.resident_bytes);
    single(output, "process_open_fds", "gauge", "Open file descriptors.", usage.open_fds);
    const BuildVersion build = build_version();
    family(output, "tuma_build_info", "gauge", "Always 1; the labels tell the build.");
    line(output, "tuma_build_info{{version=\"{}\",compiler=\"{}\",build_type=\"{}\"}} 1",
         build.version, build.compiler, build.build_type);
}

void add_to(Counter& counter, std::chrono::nanoseconds time) {
    // Readings of one clock by two threads may be in the other order by a little.
    counter.add(static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
}

}  // namespace

void DurationHistogram::record(std::chrono::nanoseconds duration) {
    // Two clocks were read, and the second reading may be the smaller one. It counts as nothing.
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    // Bucket i holds what is above 2^(i-1) µs and not above 2^i µs.
    // Rounded up, so that a duration just above a bound is not told as below it.
    const std::uint64_t us = (ns + 999) / 1000;
    const auto i = static_cast<std::size_t>(us <= 1 ? 0 : std::bit_width(us - 1));
    // Relaxed: readers want sums, not an order, and this stands on the way of every request.
    buckets_[std::min(i, bucket_count)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
}

void OperationTimes::add(std::uint64_t n, const StageTimes& sums) {
    operations.add(n);
    add_to(decode, sums.decode);
    add_to(queue_wait, sums.queue_wait);
    add_to(decide, sums.decide);
    add_to(append_wait, sums.append_wait);
    add_to(fsync, sums.fsync);
}

void OperationTimes::add_request(const StageTimes& times, std::chrono::nanoseconds took) {
    add(1, times);
    add_to(http, took - times.sum());
}

double DurationHistogram::upper_bound_s(std::size_t i) {
    return std::ldexp(1e-6, static_cast<int>(i));
}

double DurationHistogram::sum_s() const {
    return static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9;
}

std::string render(const Metrics& metrics) {
    // In the order in which people read: where time goes, what was asked, what came of it.
    Output output;
    render_stages(output, metrics);
    render_operations(output, metrics);
    render_requests(output, metrics);
    render_ledger(output, metrics);
    render_clock(output, metrics);
    render_notices(output, metrics);
    render_listener(output, metrics);
    render_http(output, metrics);
    render_process(output);
    return fmt::to_string(output);
}

}  // namespace tuma::net
