// What happens to each operation, gathered while a run goes on: counts, latencies, seconds.
#pragma once

#include "loadgen/measure/counts.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/schedule.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace tuma::loadgen {

/// The three latencies of an operation, in microseconds rounded down.
struct Latencies {
    Histogram response;  ///< intended to answered: what a customer feels
    Histogram service;   ///< sent to answered: what the server did
    Histogram send_lag;  ///< intended to sent: the generator's own delay and its queue

    void clear();
};

/// One second of a run, as in timeline.csv. Offered counts by intended time, sent by send time,
/// the rest by the time the operation ended; latencies are of the operations that ended.
struct TimelineRow {
    std::uint64_t second = 0;
    std::uint64_t offered = 0;
    std::uint64_t sent = 0;
    std::uint64_t skipped = 0;
    std::uint64_t ok = 0;
    std::uint64_t refused = 0;
    std::uint64_t errors = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t p50_us = 0;  ///< response
    std::uint64_t p99_us = 0;
    std::uint64_t max_us = 0;
    std::uint64_t in_flight = 0;  ///< at the end of the second
    bool warmup = false;

    bool operator==(const TimelineRow&) const = default;
};

/// The latencies of the operations that ended in one second, warm-up not included.
struct IntervalLatencies {
    std::uint64_t second = 0;
    SparseCounts response;
    SparseCounts service;
    SparseCounts send_lag;
};

/// How an operation ended. `code` is the refusal's number, 0 when it was done.
enum class End : std::uint8_t { answered, error, timeout };

/// One or many operations that share their times.
struct Ended {
    std::uint64_t n = 1;
    Offset intended{0};
    Offset sent{0};
    Offset ended{0};  ///< answered, given up, or the connection lost
    End end = End::answered;
    std::uint16_t code = 0;
};

/// Takes down a run, told by one thread. Operations intended before `warmup` are kept apart: they
/// are in `warmup_counts`, `warmup_response` and the timeline, in nothing else.
/// Errors and timeouts enter the histograms with the time they took, so that tails do not vanish.
class Recorder {
public:
    explicit Recorder(Offset warmup);

    /// `n` operations of one intended time became due.
    void scheduled(std::uint64_t n, Offset intended);
    /// `n` due operations will never be sent.
    void skipped(std::uint64_t n, Offset intended);
    /// Requires: intended <= sent.
    void sent(std::uint64_t n, Offset intended, Offset sent);

    /// Requires: intended <= sent <= ended.
    void ended(const Ended& operations);
    /// Operations of one request, sent and answered together, each with its own intended time and
    /// code. Requires: equal lengths, at least one; every intended <= sent <= answered.
    void answered(std::span<const Offset> intended, std::span<const std::uint16_t> codes,
                  Offset sent, Offset answered);
    /// The same when all share one intended time, as in a closed loop.
    void answered(Offset intended, std::span<const std::uint16_t> codes, Offset sent,
                  Offset answered);

    /// Closes the seconds before `now`, so that their rows are final. Called by `ended` too.
    void advance(Offset now);
    /// Closes the present second as well; nothing may be recorded afterwards.
    void finish(Offset now);

    const Counts& counts() const { return counts_; }
    const Counts& warmup_counts() const { return warmup_counts_; }
    /// Of the closed seconds.
    const Latencies& latencies() const { return *latencies_; }
    const Histogram& warmup_response() const { return *warmup_response_; }
    std::uint64_t in_flight() const { return counts_.in_flight() + warmup_counts_.in_flight(); }
    /// When the last operation after the warm-up was answered; nothing before the first.
    std::optional<Offset> last_answered() const { return last_answered_; }
    /// Rows that are closed, and those still open behind them.
    std::span<const TimelineRow> timeline() const { return rows_; }
    /// How many rows at the front of `timeline` are final but for late news of what was offered.
    std::size_t closed_rows() const { return closed_; }
    std::span<const IntervalLatencies> intervals() const { return intervals_; }

private:
    TimelineRow& row_at(std::size_t second);
    TimelineRow& open_row(Offset ended);
    Counts& counts_for(Offset intended) { return intended < warmup_ ? warmup_counts_ : counts_; }
    void record_latency(std::uint64_t n, Offset intended, Offset sent, Offset ended);
    void note_answer(Offset intended, Offset answered);
    void count_end(std::uint64_t n, Offset intended, End end, std::uint16_t code, TimelineRow& row);
    void close_second();

    Offset warmup_;
    Counts counts_;
    Counts warmup_counts_;
    std::unique_ptr<Latencies> latencies_;
    std::unique_ptr<Latencies> second_;         ///< present second, without warm-up
    std::unique_ptr<Histogram> warmup_second_;  ///< present second, response of the warm-up
    std::unique_ptr<Histogram> warmup_response_;
    std::vector<TimelineRow> rows_;
    std::vector<IntervalLatencies> intervals_;
    std::optional<Offset> last_answered_;
    std::size_t closed_ = 0;
    bool finished_ = false;
};

}  // namespace tuma::loadgen
