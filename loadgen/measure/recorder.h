// What happens to each operation, gathered while a run goes on: counts, latencies, seconds.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/measure/counts.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/phase_recorder.h"
#include "loadgen/measure/response_parts.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// The times of an operation, in microseconds rounded down. The wait before sending is send lag and
/// blocked together, and for operations of a batch the time in which it filled up.
struct Latencies {
    Histogram response;  ///< intended to answered: what a customer feels
    Histogram service;   ///< sent to answered, as this program saw it
    Histogram send_lag;  ///< the generator's own delay before sending
    Histogram blocked;   ///< waiting for a place for a request in flight
    Histogram floor;     ///< the least of response that was not the generator's doing

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
    SparseCounts floor;
};

/// How an operation ended. `code` is the refusal's number, 0 when it was done.
enum class End : std::uint8_t { answered, error, timeout };

/// What came of operations: latencies are kept apart by it.
enum class Fate : std::uint8_t { executed, refused, failed };
inline constexpr std::size_t fate_count = 3;
std::string_view name(Fate fate);

/// Operations of one kind and fate behind the warm-up.
struct FateLatencies {
    std::uint64_t requests = 0;  ///< those with at least one such operation
    Histogram response;
    Histogram floor;
};

/// A request that ended, or `n` operations of it.
struct Ended {
    std::uint64_t n = 1;
    Offset intended{0};  ///< when the request was due
    Offset sent{0};
    Offset ended{0};  ///< answered, given up, or the connection lost
    End end = End::answered;
    std::uint16_t code = 0;
    std::uint8_t kind = 0;  ///< a number of the caller's, below `kinds_max`
    Offset blocked{0};      ///< of the time before it was sent: waiting for a place
    Offset received{0};     ///< no later than the answer came; 0: when it ended
    /// By how much this program can have delayed the answer, see `LatencyFloor`.
    Offset delay{0};
};
inline constexpr std::size_t kinds_max = 16;

/// Takes down a run, told by one thread. Operations intended before `warmup` are kept apart: they
/// are in `warmup_counts`, `warmup_response` and the timeline, in nothing else.
/// Errors and timeouts enter the histograms with the time they took, so that tails do not vanish.
class Recorder {
public:
    /// The window in which throughput is counted begins at `warmup` and ends at `end`, or at the
    /// end of what is sent if that comes first.
    explicit Recorder(Offset warmup, Offset end = Offset::max());

    /// From now on what happens is told apart by phase as well. Requires: nothing was recorded yet.
    void set_phases(std::vector<Offset> bounds) { phases_ = PhaseRecorder(std::move(bounds)); }

    /// `n` operations became due. Here and below `due` has the intended time of each operation,
    /// none after `intended`, which is when their request is due; empty: they have that time in
    /// common.
    void scheduled(std::uint64_t n, Offset intended, std::span<const Offset> due = {});
    /// `n` due operations will never be sent.
    void skipped(std::uint64_t n, Offset intended, std::span<const Offset> due = {});
    /// Requires: intended <= sent.
    void sent(std::uint64_t n, Offset intended, Offset sent, std::span<const Offset> due = {});

    /// All `n` operations ended alike. Requires: intended <= sent <= ended, received <= ended.
    void ended(const Ended& request, std::span<const Offset> due = {});
    /// The same for an answer with a code for each operation, of which there is at least one;
    /// `request` has no `n` and no `code`.
    void answered(const Ended& request, std::span<const std::uint16_t> codes,
                  std::span<const Offset> due = {});

    /// Nothing more is asked for from now on: the window ends, and what is in flight may still end.
    void close_window(Offset now);
    /// Closes the seconds before `now`, so that their rows are final. Called by `ended` too.
    void advance(Offset now);
    /// Closes the present second as well; nothing may be recorded afterwards.
    void finish(Offset now);

    const Counts& counts() const { return counts_; }
    const Counts& warmup_counts() const { return warmup_counts_; }
    /// Of the closed seconds.
    const Latencies& latencies() const { return *latencies_; }
    const Histogram& warmup_response() const { return *warmup_response_; }
    /// Of the window, warm-up operations that ended in it included: scheduled by intended time,
    /// sent by the time of sending, the rest by the time at which the answer came. No identity
    /// holds.
    const Counts& window() const { return window_; }
    /// Executed operations of the window: what their responses were made of.
    const ResponseParts& executed() const { return executed_; }
    /// The same of those that ended while `follow`'s number was this one. Requires: below
    /// `readings_max`.
    const ResponseParts& executed(std::size_t reading) const { return by_reading_.at(reading); }
    static constexpr std::size_t readings_max = 3;
    /// Looks at a number below `readings_max` that another thread may change meanwhile.
    /// Requires: it outlives what is recorded.
    void follow(const std::atomic<std::size_t>& reading) { reading_ = &reading; }
    /// Where the window ends. Of a run that only its traffic ends: with the last answer.
    Offset window_end() const;
    /// By kind and fate; null where there were none.
    const FateLatencies* fate(std::uint8_t kind, Fate fate) const;
    /// From the time a request was due, with its last operation, to its answer; a sample a request.
    /// Only of requests whose operations have times of their own.
    const Histogram& batch_response() const { return *batch_response_; }
    /// In their order; none unless they were set.
    const std::deque<PhaseTally>& phases() const { return phases_.tallies(); }
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
    bool is_in_window(Offset time) const { return time >= warmup_ && time < window_end_; }
    void record(std::uint64_t n, Offset intended, const Ended& request, std::uint16_t code);
    TimelineRow& begin_end(const Ended& request);
    void note_request(const Ended& request, Fate fate);
    void note_batch(const Ended& request, std::span<const Offset> due);
    void count_end(std::uint64_t n, Offset intended, const Ended& request, std::uint16_t code,
                   TimelineRow& row);
    FateLatencies& fate_of(std::uint8_t kind, Fate fate);
    void close_second();

    Offset warmup_;
    Offset window_end_;
    Counts counts_;
    Counts warmup_counts_;
    Counts window_;
    ResponseParts executed_;
    std::array<ResponseParts, readings_max> by_reading_{};
    const std::atomic<std::size_t>* reading_ = nullptr;
    std::unique_ptr<Latencies> latencies_;
    std::unique_ptr<Latencies> second_;         ///< present second, without warm-up
    std::unique_ptr<Histogram> warmup_second_;  ///< present second, response of the warm-up
    std::unique_ptr<Histogram> warmup_response_;
    std::unique_ptr<Histogram> batch_response_;
    std::array<std::array<std::unique_ptr<FateLatencies>, fate_count>, kinds_max> fates_;
    PhaseRecorder phases_;
    std::vector<TimelineRow> rows_;
    std::vector<IntervalLatencies> intervals_;
    std::optional<Offset> last_answered_;
    std::size_t closed_ = 0;
    bool finished_ = false;
};

}  // namespace tuma::loadgen
