// The switch's metrics at both ends of the measured time, read while the load goes on.
#pragma once

#include "ledger/words/time.h"
#include "loadgen/arrivals/schedule.h"
#include "loadgen/client/socket.h"
#include "loadgen/measure/calibration.h"
#include "loadgen/measure/server_metrics.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tuma::loadgen {

/// The page at the switch's admin address. Throws ConnectionError.
std::string metrics_page(const Endpoint& admin);

/// Returns when the switch's SQL projection holds all that is in the journal, or there is none, or
/// `most` has passed; how many batches are still missing. Throws ConnectionError when the metrics
/// cannot be read.
std::uint64_t wait_for_projection(const Endpoint& admin, Duration most);

/// Reads them by a thread of its own when the warm-up has ended and when nothing more is asked for,
/// so that the load waits for no answer; before the run too, in case the other reading fails. Marks
/// what this program has used at the same moments.
class ServerReadings {
public:
    /// One reading, or why there is none.
    struct Reading {
        std::optional<std::vector<MetricSample>> samples{};
        std::string failure{};  ///< empty when it succeeded, or when nobody was asked
        UsageMark usage{};      ///< of this program
        Duration late{0};       ///< from when it was due until the answer was there
    };

    /// `admin`: whom to ask; nothing: nobody. `end`: when the load ends, from its begin; nothing:
    /// not before `finish`.
    ServerReadings(std::optional<Endpoint> admin, Offset warmup, std::optional<Offset> end);
    ServerReadings(const ServerReadings&) = delete;
    ServerReadings& operator=(const ServerReadings&) = delete;
    ~ServerReadings();

    /// The first operation is about to be sent.
    void begin();
    /// 0 before the first reading, 1 until the last one, 2 behind it; changed by another thread.
    /// What is counted while it is 1 is what the server has counted between them.
    const std::atomic<std::size_t>& phase() const { return phase_; }
    /// The load is over. Makes the last reading, if it was not made or failed.
    void finish();

    /// At the end of the warm-up, or before the run where that failed. Requires: `finish` returned;
    /// so with those below.
    const Reading& first() const { return first_; }
    const Reading& last() const { return last_; }
    /// The first one failed and that before the run took its place: what was counted while the
    /// phase was 0 belongs to it too.
    bool is_with_warmup() const { return first_.samples && !first_.failure.empty(); }
    /// What was not as it should be, in sentences for the report; `measured` is between them.
    std::vector<std::string> remarks(Duration measured) const;

private:
    void work();
    /// False when the load has ended before.
    bool wait_until(std::chrono::steady_clock::time_point when);
    void wait_for_end();
    Reading read(std::chrono::steady_clock::time_point due) const;

    std::optional<Endpoint> admin_;
    Offset warmup_;
    std::optional<Offset> end_;
    std::chrono::steady_clock::time_point begun_{};
    Reading before_;
    Reading first_;
    Reading last_;
    std::atomic<std::size_t> phase_{0};
    bool is_last_late_ = false;  ///< it was made again after the drain
    std::mutex mutex_;
    std::condition_variable over_;
    bool is_over_ = false;  ///< guarded by mutex_
    std::thread thread_;
};

}  // namespace tuma::loadgen
