// One load by several threads, each with connections, a share of the schedule and a recorder of its
// own; what they do is added up when somebody looks, and at the end.
#pragma once

#include "loadgen/drive/drive_loop.h"
#include "loadgen/drive/driver.h"
#include "loadgen/measure/run_view.h"
#include "loadgen/report/report.h"
#include "loadgen/workload/request_stream.h"
#include "loadgen/workload/workload.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// The seed of one of several threads; that of the first is the run's. They differ, or two would
/// use the same references.
std::uint64_t worker_seed(std::uint64_t seed, std::uint32_t worker);

/// What one thread does.
struct WorkerLoad {
    DriverSettings driving;  ///< its abort_reason is not asked
    std::unique_ptr<Workload> workload;
    std::unique_ptr<RequestStream> traffic;
    std::unique_ptr<Recorder> recorder;
};

/// Told by each thread about ten times a second, and asked by the one that waits for them.
class LiveSum {
public:
    explicit LiveSum(std::size_t workers) : parts_(workers) {}

    /// Of this worker's recorder, on its thread.
    void publish(std::size_t worker, const RunProgress& progress, const Recorder& recorder);
    /// The worker has ended: no more rows will come from it.
    void end(std::size_t worker, const Recorder& recorder);

    /// Adds up what was published; what `view` gives changes by this alone.
    void gather();
    RunView view() const { return {rows_, rows_.size(), counts_, warmup_counts_}; }
    /// The worker that is furthest behind decides.
    const RunProgress& progress() const { return progress_; }

private:
    struct Part {
        RunProgress progress;
        std::vector<TimelineRow> rows;       ///< those that were closed
        std::vector<SparseCounts> response;  ///< of these; empty in the warm-up
        std::size_t intervals = 0;           ///< that were taken
        Counts counts;
        Counts warmup_counts;
        bool has_ended = false;
    };
    void take(Part& part, const Recorder& recorder);
    TimelineRow row_of(std::size_t second) const;

    std::mutex mutex_;
    std::vector<Part> parts_;  ///< guarded by mutex_
    std::vector<TimelineRow> rows_;
    Counts counts_;
    Counts warmup_counts_;
    RunProgress progress_;
};

/// Connects everybody's connections when made; throws ConnectionError.
class Workers {
public:
    /// Requires: at least one load. `acks` (null: none) is shared by all.
    Workers(std::vector<WorkerLoad> loads, Acknowledgements* acks, AbortReason abort_reason);

    /// All begin at the same moment. Tells `on_progress` on the calling thread. Where one ends for
    /// a reason that ends a run, all others are stopped.
    RunEnd run(const std::atomic<bool>& stop, const OnProgress& on_progress);
    RunView view() const { return sum_.view(); }
    /// As `Recorder::follow`, before the run, and `Recorder::executed` of all, behind it.
    void follow(const std::atomic<std::size_t>& reading);
    ResponseParts executed(std::size_t reading) const;
    /// Adds up what the recorders have; see `loadgen/report/report_sum.h`. Requires: run has ended.
    void take_results(const std::vector<std::string>& kinds, RunReport& report) const;

private:
    void work(std::size_t worker, std::chrono::steady_clock::time_point start);
    void watch(const std::atomic<bool>& stop, const OnProgress& on_progress);
    RunEnd end_of_all(bool was_stopped) const;

    std::vector<WorkerLoad> loads_;
    std::vector<std::unique_ptr<DriveLoop>> loops_;
    AbortReason abort_reason_;
    LiveSum sum_;
    std::atomic<bool> stop_{false};
    std::string aborted_;
    std::mutex mutex_;
    std::condition_variable has_ended_;
    std::vector<RunEnd> ends_;    ///< each written by its worker, read when none is running
    std::size_t running_ = 0;     ///< guarded by mutex_
    std::exception_ptr failure_;  ///< guarded by mutex_; the first of a worker
};

}  // namespace tuma::loadgen
