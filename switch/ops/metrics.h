// What the server counts: counters, gauges and histograms that any thread may touch.
#pragma once

#include "switch/ops/stage_times.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tuma::net {

/// Only grows.
class Counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    /// Follows a count that is kept elsewhere and only grows.
    void raise_to(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down.
class Gauge {
public:
    void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
    void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

/// Durations in buckets of powers of two from 1 µs to about 67 s.
class DurationHistogram {
public:
    static constexpr std::size_t bucket_count = 27;

    void record(std::chrono::nanoseconds duration);
    /// Upper bound of bucket `i` in seconds: 1e-6 × 2^i; the last bucket has none.
    static double upper_bound_s(std::size_t i);
    std::uint64_t bucket(std::size_t i) const {
        return buckets_[i].load(std::memory_order_relaxed);
    }
    double sum_s() const;

private:
    std::array<std::atomic<std::uint64_t>, bucket_count + 1> buckets_{};
    std::atomic<std::uint64_t> sum_ns_{0};
};

/// Where the time of executed operations went. Each operation counts once, however many shared its
/// batch, so that the sums by the number of operations are means that add up.
struct OperationTimes {
    /// `n` operations whose times add up to `sums`.
    void add(std::uint64_t n, const StageTimes& sums);
    /// One HTTP request that `took` so long in all, `times` of it in the engine.
    void add_request(const StageTimes& times, std::chrono::nanoseconds took);

    Counter operations;
    // Nanoseconds. Full queues of 262,144 commands fill them in 17 hours; then they begin anew.
    Counter decode;
    Counter queue_wait;
    Counter decide;
    Counter append_wait;
    Counter fsync;
    Counter reply;  ///< native: durable to written to the socket
    Counter http;   ///< HTTP: complete request to reply made, without the stages before
};

/// Most refusal codes that are counted one by one.
inline constexpr std::size_t refusal_codes_max = 64;

/// All metrics of the process, by the part that counts them. Made once in main and handed down.
struct Metrics {
    // Engine: the stages of a request's way.
    DurationHistogram queue_wait;      ///< from complete request to the start of its batch
    DurationHistogram decide;          ///< one batch in the core
    DurationHistogram append;          ///< batch decided to batch durable, waiting included
    DurationHistogram fsync;           ///< one JournalStore::append
    DurationHistogram reply;           ///< durable to written to the socket
    OperationTimes native_operations;  ///< commands of frames
    OperationTimes http_operations;    ///< requests that asked the engine, answered with 2xx
    std::array<Counter, refusal_codes_max> outcomes;  ///< by code; 0 is success
    Counter replays;  ///< requests answered from the remembered outcomes
    Counter batches;
    Counter batch_events;
    Counter journal_bytes;
    Counter expired;       ///< reservations given back by their deadline
    Counter settled;       ///< settlements of merchants closed
    Counter orders_due;    ///< orders that moved by themselves
    Gauge queue_commands;  ///< waiting for the engine
    /// More than this are refused as overloaded (--queue).
    Gauge queue_commands_max;
    Gauge accounts;
    Gauge reservations_open;
    Gauge request_keys;
    Gauge request_key_window_s;  ///< how far back requests are remembered
    Counter request_keys_evicted;
    Counter key_look_ups;        ///< requests whose key was looked for on disk
    Counter keys_found_on_disk;  ///< and found there
    Counter orders_found_on_disk;
    Gauge request_keys_on_disk;  ///< bytes
    Gauge journal_sequence;
    Gauge next_transfer;  ///< number that the next durable transfer will have
    // Notices.
    Counter notice_attempts;         ///< made, whatever came of them
    Counter notices_delivered;       ///< ends of attempts, by what became of the notice
    Counter notice_attempts_failed;  ///< to be tried again
    Counter notices_given_up;
    Gauge notices_under_way;  ///< attempts that wait for their turn or their answer
    // Snapshots and projection.
    Gauge snapshot_sequence;
    Gauge projection_sequence;
    Counter projection_cpu_us;
    // The clock.
    Gauge clock_offset_us;  ///< wall clock less switch time
    Gauge clock_is_apart;   ///< 1 while the difference is too large to be neared
    Counter clock_jumps;    ///< how often the wall clock was set while the switch ran, or before
    // Native listener.
    Gauge connections;
    Counter connections_total;
    Counter connections_rejected;
    Counter frames_bad;
    Counter bytes_in;
    Counter bytes_out;
    Gauge connection_memory;  ///< bytes held for connections, of HTTP too
    // HTTP listener.
    std::array<Counter, 5> http_requests;  ///< answers by status class: 1xx to 5xx
    Gauge http_connections;
    Counter http_bytes_in;  ///< without what TLS adds
    Counter http_bytes_out;
    DurationHistogram http_request;  ///< complete request to its reply encoded, delays included
};

/// The Prometheus text format 0.0.4, names beginning with tuma_, process_ metrics included.
std::string render(const Metrics& metrics);

}  // namespace tuma::net
