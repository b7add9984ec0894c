#include "loadgen/drive/workers.h"

#include "ledger/words/ensure.h"
#include "loadgen/arrivals/random.h"
#include "loadgen/report/report_sum.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

namespace tuma::loadgen {
namespace {

/// So that seeds of threads are none of the draws that a run makes itself.
constexpr std::uint64_t worker_stream = 0x776f726b;
/// By then every thread waits for the moment.
constexpr auto until_start = std::chrono::milliseconds{20};
constexpr auto look_every = std::chrono::milliseconds{100};
/// So many rows before the newest may still get news of what was offered in them.
constexpr std::size_t rows_again = 8;

/// It ends the whole run, whatever the other threads do.
bool ends_all(const RunEnd& end) {
    return !end.server_gone.empty() || !end.unwritten.empty() || !end.problems.empty();
}

void add_end(const RunEnd& part, RunEnd& total) {
    total.ended = std::max(total.ended, part.ended);
    if (total.server_gone.empty()) total.server_gone = part.server_gone;
    if (total.unwritten.empty()) total.unwritten = part.unwritten;
    total.problems.insert(total.problems.end(), part.problems.begin(), part.problems.end());
    total.replays += part.replays;
    total.late_answers += part.late_answers;
    total.duplicate_answers += part.duplicate_answers;
    if (part.durability) total.durability = part.durability;
    if (!part.losses) return;
    if (total.losses)
        total.losses->add(*part.losses);
    else
        total.losses = part.losses;
}

}  // namespace

std::uint64_t worker_seed(std::uint64_t seed, std::uint32_t worker) {
    return worker == 0 ? seed : Random(seed, (std::uint64_t{worker} << 32U) | worker_stream).next();
}

void LiveSum::publish(std::size_t worker, const RunProgress& progress, const Recorder& recorder) {
    const std::lock_guard lock(mutex_);
    parts_[worker].progress = progress;
    take(parts_[worker], recorder);
}

void LiveSum::end(std::size_t worker, const Recorder& recorder) {
    const std::lock_guard lock(mutex_);
    parts_[worker].has_ended = true;
    take(parts_[worker], recorder);
}

void LiveSum::take(Part& part, const Recorder& recorder) {
    const auto closed =
        recorder.timeline().first(std::min(recorder.closed_rows(), recorder.timeline().size()));
    const std::size_t known = part.rows.size() - std::min(part.rows.size(), rows_again);
    part.rows.resize(known);
    part.rows.insert(part.rows.end(), closed.begin() + static_cast<std::ptrdiff_t>(known),
                     closed.end());
    part.response.resize(part.rows.size());
    for (const IntervalLatencies& one : recorder.intervals().subspan(part.intervals))
        part.response.at(one.second) = one.response;
    part.intervals = recorder.intervals().size();
    part.counts = recorder.counts();
    part.warmup_counts = recorder.warmup_counts();
}

void LiveSum::gather() {
    const std::lock_guard lock(mutex_);
    counts_ = {};
    warmup_counts_ = {};
    progress_ = {};
    progress_.is_draining = true;
    // A second is over when it is for all.
    std::size_t most = 0;
    std::size_t closed = std::numeric_limits<std::size_t>::max();
    for (const Part& part : parts_) {
        counts_.add(part.counts);
        warmup_counts_.add(part.warmup_counts);
        progress_.now = std::max(progress_.now, part.progress.now);
        progress_.behind = std::max(progress_.behind, part.progress.behind);
        progress_.is_draining = progress_.is_draining && part.progress.is_draining;
        most = std::max(most, part.rows.size());
        if (!part.has_ended) closed = std::min(closed, part.rows.size());
    }
    closed = std::min(closed, most);
    rows_.resize(rows_.size() - std::min(rows_.size(), rows_again));
    for (std::size_t second = rows_.size(); second < closed; ++second)
        rows_.push_back(row_of(second));
}

TimelineRow LiveSum::row_of(std::size_t second) const {
    TimelineRow sum;
    sum.second = second;
    Histogram response;
    for (const Part& part : parts_) {
        if (second >= part.rows.size()) continue;
        add_row(part.rows[second], sum);
        response.merge(part.response[second]);
    }
    // Of a second of the warm-up no histogram is kept.
    if (response.count() == 0 || sum.warmup) return sum;
    sum.p50_us = response.value_at_percentile(50);
    sum.p99_us = response.value_at_percentile(99);
    sum.max_us = response.max();
    return sum;
}

Workers::Workers(std::vector<WorkerLoad> loads, Acknowledgements* acks, AbortReason abort_reason)
    : loads_(std::move(loads)),
      abort_reason_(std::move(abort_reason)),
      sum_(loads_.size()),
      ends_(loads_.size()) {
    ensure(!loads_.empty(), "somebody works");
    for (WorkerLoad& load : loads_) {
        // What all do together decides.
        load.driving.abort_reason = {};
        loops_.push_back(connected_drive(load.driving, *load.traffic, *load.recorder, acks));
    }
}

RunEnd Workers::run(const std::atomic<bool>& stop, const OnProgress& on_progress) {
    const auto start = std::chrono::steady_clock::now() + until_start;
    running_ = loops_.size();
    {
        std::vector<std::jthread> threads;
        for (std::size_t worker = 0; worker < loops_.size(); ++worker)
            threads.emplace_back([this, worker, start] { work(worker, start); });
        watch(stop, on_progress);
    }
    if (failure_) std::rethrow_exception(failure_);
    sum_.gather();
    return end_of_all(stop.load(std::memory_order_relaxed));
}

void Workers::work(std::size_t worker, std::chrono::steady_clock::time_point start) {
    const Recorder& recorder = *loads_[worker].recorder;
    std::exception_ptr failure;
    try {
        ends_[worker] = loops_[worker]->run(
            stop_, [&](const RunProgress& progress) { sum_.publish(worker, progress, recorder); },
            start);
        sum_.end(worker, recorder);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure || ends_all(ends_[worker])) stop_.store(true, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = failure;
    --running_;
    has_ended_.notify_one();
}

void Workers::watch(const std::atomic<bool>& stop, const OnProgress& on_progress) {
    std::unique_lock lock(mutex_);
    while (!has_ended_.wait_for(lock, look_every, [this] { return running_ == 0; })) {
        // Whoever ends must not wait for somebody who reads a page.
        lock.unlock();
        if (stop.load(std::memory_order_relaxed)) stop_.store(true, std::memory_order_relaxed);
        sum_.gather();
        if (abort_reason_ && aborted_.empty()) {
            if (auto reason = abort_reason_(sum_.view())) {
                aborted_ = std::move(*reason);
                stop_.store(true, std::memory_order_relaxed);
            }
        }
        on_progress(sum_.progress());
        lock.lock();
    }
}

RunEnd Workers::end_of_all(bool was_stopped) const {
    RunEnd total;
    bool was_interrupted = false;
    for (const RunEnd& end : ends_) {
        add_end(end, total);
        was_interrupted = was_interrupted || end.is_interrupted;
    }
    // They were all stopped, too, when one of them had lost the server.
    total.is_interrupted = was_stopped && was_interrupted;
    total.aborted = aborted_;
    return total;
}

void Workers::follow(const std::atomic<std::size_t>& reading) {
    for (WorkerLoad& load : loads_) load.recorder->follow(reading);
}

ResponseParts Workers::executed(std::size_t reading) const {
    ResponseParts sum;
    for (const WorkerLoad& load : loads_) sum.add(load.recorder->executed(reading));
    return sum;
}

void Workers::take_results(const std::vector<std::string>& kinds, RunReport& report) const {
    loadgen::take_results(*loads_.front().recorder, kinds, report);
    for (std::size_t worker = 1; worker < loads_.size(); ++worker) {
        const auto part = std::make_unique<RunReport>();
        part->settings = report.settings;
        loadgen::take_results(*loads_[worker].recorder, kinds, *part);
        add_rows(*part, 0, report);
        add_results(*part, Offset{0}, report);
    }
    finish_sum(report);
}

}  // namespace tuma::loadgen
