// Takes down a run second by second; whole-run latencies are the sum of the closed seconds.
#include "loadgen/measure/recorder.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::loadgen {
namespace {

std::size_t second_of(Offset time) {
    ensure(time.count() >= 0, "times of a run are not before its start");
    return static_cast<std::size_t>(time / std::chrono::seconds{1});
}

}  // namespace

void Latencies::clear() {
    response.clear();
    service.clear();
    send_lag.clear();
}

Recorder::Recorder(Offset warmup)
    // On the heap: a histogram has tens of thousands of cells.
    : warmup_(warmup),
      latencies_(std::make_unique<Latencies>()),
      second_(std::make_unique<Latencies>()),
      warmup_second_(std::make_unique<Histogram>()),
      warmup_response_(std::make_unique<Histogram>()) {}

TimelineRow& Recorder::row_at(std::size_t second) {
    // Seconds without anything have a row too, so that a stall is a gap in the drawing and not a
    // missing line.
    while (rows_.size() <= second) {
        TimelineRow row;
        row.second = rows_.size();
        row.warmup = std::chrono::seconds{rows_.size()} < warmup_;
        rows_.push_back(row);
    }
    return rows_[second];
}

void Recorder::scheduled(std::uint64_t n, Offset intended) {
    counts_for(intended).scheduled += n;
    // By the time at which it was meant, not sent: a late generator must not hide its lateness.
    row_at(second_of(intended)).offered += n;
}

void Recorder::skipped(std::uint64_t n, Offset intended) {
    counts_for(intended).skipped += n;
    row_at(second_of(intended)).skipped += n;
}

void Recorder::sent(std::uint64_t n, Offset intended, Offset sent) {
    ensure(intended <= sent, "nothing is sent before it is due");
    counts_for(intended).sent += n;
    row_at(second_of(sent)).sent += n;
}

void Recorder::record_latency(std::uint64_t n, Offset intended, Offset sent, Offset ended) {
    ensure(intended <= sent && sent <= ended, "due, sent and ended come in this order");
    // The warm-up has one histogram, because only the drawing shows it.
    if (intended < warmup_) {
        warmup_second_->record_n(microseconds(ended - intended), n);
        return;
    }
    second_->response.record_n(microseconds(ended - intended), n);
    second_->service.record_n(microseconds(ended - sent), n);
    second_->send_lag.record_n(microseconds(sent - intended), n);
}

void Recorder::note_answer(Offset intended, Offset answered) {
    if (intended < warmup_) return;
    // The end of what was measured: answers of the warm-up do not count.
    last_answered_ = std::max(last_answered_.value_or(answered), answered);
}

void Recorder::count_end(std::uint64_t n, Offset intended, End end, std::uint16_t code,
                         TimelineRow& row) {
    Counts& counts = counts_for(intended);
    switch (end) {
        case End::answered:
            if (code == 0) {
                // Refusals are answers; their reasons are kept by number.
                counts.ok += n;
                row.ok += n;
            } else {
                counts.refused += n;
                counts.refusals[code] += n;
                row.refused += n;
            }
            return;
        case End::error:
            counts.errors += n;
            row.errors += n;
            return;
        case End::timeout:
            counts.timeouts += n;
            row.timeouts += n;
            return;
    }
    unreachable("every end is counted");
}

TimelineRow& Recorder::open_row(Offset ended) {
    ensure(!finished_, "nothing is recorded after the end");
    advance(ended);
    // An answer can be told a moment after its second was closed; it then counts in the one that is
    // open.
    return row_at(std::max(second_of(ended), closed_));
}

void Recorder::ended(const Ended& operations) {
    TimelineRow& row = open_row(operations.ended);
    record_latency(operations.n, operations.intended, operations.sent, operations.ended);
    // Errors and timeouts are no answers.
    if (operations.end == End::answered) note_answer(operations.intended, operations.ended);
    count_end(operations.n, operations.intended, operations.end, operations.code, row);
}

void Recorder::answered(std::span<const Offset> intended, std::span<const std::uint16_t> codes,
                        Offset sent, Offset answered) {
    ensure(!intended.empty() && intended.size() == codes.size(), "each operation has one code");
    TimelineRow& row = open_row(answered);
    // Neighbours mostly share their fate, so that runs of equals are recorded at once.
    std::size_t begin = 0;
    while (begin < codes.size()) {
        std::size_t end = begin + 1;
        while (end < codes.size() && codes[end] == codes[begin] && intended[end] == intended[begin])
            ++end;
        record_latency(end - begin, intended[begin], sent, answered);
        note_answer(intended[begin], answered);
        count_end(end - begin, intended[begin], End::answered, codes[begin], row);
        begin = end;
    }
}

void Recorder::answered(Offset intended, std::span<const std::uint16_t> codes, Offset sent,
                        Offset answered) {
    ensure(!codes.empty(), "a request holds at least one operation");
    TimelineRow& row = open_row(answered);
    // One time for all of them, so that the histogram is touched once.
    record_latency(codes.size(), intended, sent, answered);
    note_answer(intended, answered);
    std::size_t begin = 0;
    while (begin < codes.size()) {
        std::size_t end = begin + 1;
        while (end < codes.size() && codes[end] == codes[begin]) ++end;
        count_end(end - begin, intended, End::answered, codes[begin], row);
        begin = end;
    }
}

void Recorder::close_second() {
    TimelineRow& row = row_at(closed_);
    row.in_flight = in_flight();
    warmup_response_->merge(*warmup_second_);
    // Seconds in which nothing ended leave no interval behind.
    if (second_->response.count() != 0) {
        IntervalLatencies interval{.second = row.second,
                                   .response = second_->response.sparse(),
                                   .service = second_->service.sparse(),
                                   .send_lag = second_->send_lag.sparse()};
        // Added up from the intervals, so that the log's lines and the totals agree to the last
        // count.
        latencies_->response.merge(interval.response);
        latencies_->service.merge(interval.service);
        latencies_->send_lag.merge(interval.send_lag);
        intervals_.push_back(std::move(interval));
    }
    // The row shows everything that ended in this second, operations of the warm-up included.
    warmup_second_->merge(second_->response);
    row.p50_us = warmup_second_->value_at_percentile(50);
    row.p99_us = warmup_second_->value_at_percentile(99);
    row.max_us = warmup_second_->max();
    warmup_second_->clear();
    second_->clear();
    ++closed_;
}

void Recorder::advance(Offset now) {
    const std::size_t second = second_of(now);
    // Several may have passed while the generator waited.
    while (closed_ < second) close_second();
}

void Recorder::finish(Offset now) {
    ensure(!finished_, "a run ends once");
    advance(now);
    // A run that ends on a full second has nothing in the one that would begin.
    while (closed_ < rows_.size()) close_second();
    finished_ = true;
}

}  // namespace tuma::loadgen
