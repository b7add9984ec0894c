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

/// Tells `visit(how many, when)` of operations that are due at `due`, or `n` of them at `intended`.
template <typename Visit>
void for_each_time(std::uint64_t n, Offset intended, std::span<const Offset> due,
                   const Visit& visit) {
    if (due.empty()) return visit(n, intended);
    ensure(due.size() == n, "each operation has one intended time");
    for (const Offset time : due) visit(1, time);
}

Fate fate_after(End end, std::uint16_t code) {
    if (end != End::answered) return Fate::failed;
    return code == 0 ? Fate::executed : Fate::refused;
}

}  // namespace

void Latencies::clear() {
    for (Histogram* each : {&response, &service, &send_lag, &blocked, &floor}) each->clear();
}

std::string_view name(Fate fate) {
    switch (fate) {
        case Fate::executed:
            return "executed";
        case Fate::refused:
            return "refused";
        case Fate::failed:
            return "failed";
    }
    unreachable("every fate has a name");
}

Recorder::Recorder(Offset warmup, Offset end)
    // On the heap: a histogram has tens of thousands of cells.
    : warmup_(warmup),
      window_end_(end),
      latencies_(std::make_unique<Latencies>()),
      second_(std::make_unique<Latencies>()),
      warmup_second_(std::make_unique<Histogram>()),
      warmup_response_(std::make_unique<Histogram>()),
      batch_response_(std::make_unique<Histogram>()) {}

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

void Recorder::scheduled(std::uint64_t n, Offset intended, std::span<const Offset> due) {
    for_each_time(n, intended, due, [&](std::uint64_t some, Offset time) {
        counts_for(time).scheduled += some;
        if (PhaseTally* const phase = phases_.at(time)) phase->counts.scheduled += some;
        if (is_in_window(time)) window_.scheduled += some;
        // By the time at which it was meant, not sent: a late generator must not hide its lateness.
        row_at(second_of(time)).offered += some;
    });
}

void Recorder::skipped(std::uint64_t n, Offset intended, std::span<const Offset> due) {
    for_each_time(n, intended, due, [&](std::uint64_t some, Offset time) {
        counts_for(time).skipped += some;
        if (PhaseTally* const phase = phases_.at(time)) phase->counts.skipped += some;
        if (is_in_window(time)) window_.skipped += some;
        row_at(second_of(time)).skipped += some;
    });
}

void Recorder::sent(std::uint64_t n, Offset intended, Offset sent, std::span<const Offset> due) {
    ensure(intended <= sent, "nothing is sent before it is due");
    for_each_time(n, intended, due, [&](std::uint64_t some, Offset time) {
        counts_for(time).sent += some;
        if (PhaseTally* const phase = phases_.at(time)) phase->counts.sent += some;
    });
    if (is_in_window(sent)) window_.sent += n;
    row_at(second_of(sent)).sent += n;
}

void Recorder::record(std::uint64_t n, Offset intended, const Ended& request, std::uint16_t code) {
    // The warm-up has one histogram, because only the drawing shows it.
    if (intended < warmup_) {
        warmup_second_->record_n(microseconds(request.ended - intended), n);
        return;
    }
    const std::uint64_t response = microseconds(request.ended - intended);
    const Offset received = request.received == Offset{0} ? request.ended : request.received;
    const std::uint64_t floor = microseconds(
        std::clamp(received - intended - request.delay, Offset{0}, request.ended - intended));
    second_->response.record_n(response, n);
    second_->floor.record_n(floor, n);
    second_->service.record_n(microseconds(request.ended - request.sent), n);
    second_->send_lag.record_n(microseconds(request.sent - request.intended - request.blocked), n);
    second_->blocked.record_n(microseconds(request.blocked), n);
    const Fate came = fate_after(request.end, code);
    FateLatencies& fate = fate_of(request.kind, came);
    fate.response.record_n(response, n);
    fate.floor.record_n(floor, n);
    PhaseTally* const phase = phases_.at(intended);
    if (phase == nullptr || came == Fate::refused) return;
    phase->response.record_n(response, n);
    phase->floor.record_n(floor, n);
}

FateLatencies& Recorder::fate_of(std::uint8_t kind, Fate fate) {
    auto& latencies = fates_.at(kind)[static_cast<std::size_t>(fate)];
    if (!latencies) latencies = std::make_unique<FateLatencies>();
    return *latencies;
}

const FateLatencies* Recorder::fate(std::uint8_t kind, Fate fate) const {
    return fates_.at(kind)[static_cast<std::size_t>(fate)].get();
}

void Recorder::count_end(std::uint64_t n, Offset intended, const Ended& request, std::uint16_t code,
                         TimelineRow& row) {
    const Offset came = request.received == Offset{0} ? request.ended : request.received;
    const bool is_within = is_in_window(came);
    PhaseTally* const phase = phases_.at(intended);
    PhaseTally* const within = is_within ? phases_.at(came) : nullptr;
    const auto each = [&](const auto& add) {
        add(counts_for(intended));
        if (is_within) add(window_);
        if (phase != nullptr) add(phase->counts);
        if (within != nullptr) add(within->window);
    };
    const auto count = [&](std::uint64_t Counts::*which, std::uint64_t TimelineRow::*of_row) {
        row.*of_row += n;
        each([&](Counts& counts) { counts.*which += n; });
    };
    switch (request.end) {
        case End::answered:
            if (code == 0) {
                ResponseParts parts;
                parts.add(n, intended, request.intended, request.blocked, request.sent,
                          request.ended);
                if (is_within) executed_.add(parts);
                if (reading_ != nullptr) by_reading_.at(reading_->load()).add(parts);
                return count(&Counts::ok, &TimelineRow::ok);
            }
            // Refusals are answers; their reasons are kept by number.
            count(&Counts::refused, &TimelineRow::refused);
            return each([&](Counts& counts) { counts.refusals[code] += n; });
        case End::error:
            return count(&Counts::errors, &TimelineRow::errors);
        case End::timeout:
            return count(&Counts::timeouts, &TimelineRow::timeouts);
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

TimelineRow& Recorder::begin_end(const Ended& request) {
    ensure(request.intended <= request.sent && request.sent <= request.ended,
           "due, sent and ended come in this order");
    ensure(request.received <= request.ended && request.blocked <= request.sent - request.intended,
           "parts are within the whole");
    if (request.intended >= warmup_ && request.end == End::answered)
        // The end of what was measured: answers of the warm-up do not count.
        last_answered_ = std::max(last_answered_.value_or(request.ended), request.ended);
    return open_row(request.ended);
}

void Recorder::note_request(const Ended& request, Fate fate) {
    if (request.intended < warmup_) return;
    ++fate_of(request.kind, fate).requests;
    PhaseTally* const phase = phases_.at(request.intended);
    if (phase != nullptr && fate != Fate::refused) ++phase->requests;
}

void Recorder::note_batch(const Ended& request, std::span<const Offset> due) {
    if (!due.empty() && request.intended >= warmup_)
        batch_response_->record(microseconds(request.ended - request.intended));
}

void Recorder::ended(const Ended& request, std::span<const Offset> due) {
    TimelineRow& row = begin_end(request);
    note_request(request, fate_after(request.end, request.code));
    note_batch(request, due);
    for_each_time(request.n, request.intended, due, [&](std::uint64_t some, Offset intended) {
        record(some, intended, request, request.code);
        count_end(some, intended, request, request.code, row);
    });
}

void Recorder::answered(const Ended& request, std::span<const std::uint16_t> codes,
                        std::span<const Offset> due) {
    ensure(!codes.empty() && (due.empty() || due.size() == codes.size()),
           "each operation has one code");
    TimelineRow& row = begin_end(request);
    note_batch(request, due);
    bool has_executed = false;
    bool has_refused = false;
    // Neighbours mostly share their fate, so that runs of equals are recorded at once.
    std::size_t begin = 0;
    while (begin < codes.size()) {
        const Offset intended = due.empty() ? request.intended : due[begin];
        std::size_t end = begin + 1;
        while (end < codes.size() && codes[end] == codes[begin] &&
               (due.empty() || due[end] == intended))
            ++end;
        record(end - begin, intended, request, codes[begin]);
        count_end(end - begin, intended, request, codes[begin], row);
        (codes[begin] == 0 ? has_executed : has_refused) = true;
        begin = end;
    }
    if (has_executed) note_request(request, Fate::executed);
    if (has_refused) note_request(request, Fate::refused);
}

void Recorder::close_window(Offset now) {
    window_end_ = std::max(warmup_, std::min(window_end_, now));
}

Offset Recorder::window_end() const {
    if (window_end_ != Offset::max()) return window_end_;
    return last_answered_.value_or(warmup_);
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
                                   .send_lag = second_->send_lag.sparse(),
                                   .floor = second_->floor.sparse()};
        // Added up from the intervals, so that the log's lines and the totals agree to the last
        // count.
        latencies_->response.merge(interval.response);
        latencies_->service.merge(interval.service);
        latencies_->send_lag.merge(interval.send_lag);
        latencies_->floor.merge(interval.floor);
        latencies_->blocked.merge(second_->blocked);
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
