#include "loadgen/workload/request_stream.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>

namespace tuma::loadgen {

MixedStream::MixedStream(Workload& workload, const FramingSettings& framing, Timing timing)
    : workload_(workload), frames_(framing), timing_(std::move(timing)) {
    if (timing_.operations) prepare();
}

std::optional<Offset> MixedStream::next_time() const {
    if (timing_.operations)
        return ready_.count == 0 ? std::nullopt : std::optional{ready_.intended};
    // Counted by what was taken, not by what was drawn: drawn operations may still wait in frames.
    if (taken_ == timing_.operations_max) return std::nullopt;
    // Due at once, always: the start of the run is in the past for every request.
    return Offset{0};
}

void MixedStream::take(RequestFrame& frame) {
    ensure(next_time().has_value(), "a request after the last");
    if (timing_.operations) {
        std::swap(frame, ready_);
        prepare();
    } else {
        draw_into(frame);
    }
    taken_ += frame.count;
}

void MixedStream::draw_into(RequestFrame& frame) {
    // Kinds fill at different paces, so several draws may go into other frames before one is full.
    while (drawn_ < timing_.operations_max) {
        const Operation operation = workload_.draw();
        ++drawn_;
        if (frames_.add(operation)) return frames_.take(operation.type, frame);
    }
    // No more may be drawn: what is partly filled has to go, or the run would send less than was
    // asked for.
    const bool has_rest = frames_.take_any(frame);
    ensure(has_rest, "operations that were drawn and not taken wait in frames");
}

/// When the next operation is due; nothing once there are no more.
std::optional<Offset> MixedStream::take_time() {
    const auto time = timing_.operations->peek();
    // An operation at the end or later is not part of the run.
    if (drawn_ == timing_.operations_max || !time || *time >= timing_.end) return std::nullopt;
    timing_.operations->take();
    ++drawn_;
    return time;
}

void MixedStream::prepare() {
    ready_.count = 0;
    while (const auto time = take_time()) {
        last_ = *time;
        const Operation operation = workload_.draw();
        if (!frames_.add(operation, *time)) continue;
        frames_.take(operation.type, ready_);
        ready_.intended = *time;
        return;
    }
    if (frames_.take_any(ready_)) ready_.intended = last_;
}

UserStream::UserStream(Workload& workload, const FramingSettings& framing, Users users)
    : workload_(workload), frames_(framing), users_(std::move(users)) {
    ensure(framing.batch == 1, "each user asks for himself");
}

void UserStream::take(RequestFrame& frame) {
    const Offset time = users_.take();
    const Operation operation = workload_.draw();
    const bool is_full = frames_.add(operation, time);
    ensure(is_full, "a frame of one operation is full with it");
    frames_.take(operation.type, frame);
    frame.intended = time;
}

TraceStream::TraceStream(Workload& workload, const FramingSettings& framing, const Trace& trace,
                         std::uint64_t speed, Arrival arrival, std::uint64_t seed)
    : workload_(workload),
      frames_(framing),
      trace_(trace),
      schedule_(trace.cells, speed, arrival, seed) {
    prepare();
}

std::optional<Offset> TraceStream::next_time() const {
    if (ready_.count == 0) return std::nullopt;
    return ready_.intended;
}

void TraceStream::take(RequestFrame& frame) {
    ensure(ready_.count > 0, "a request after the last");
    std::swap(frame, ready_);
    prepare();
}

void TraceStream::prepare() {
    // The swapped-in frame still holds the request that was handed over before; the count says that
    // it is none.
    ready_.count = 0;
    while (const auto next = schedule_.peek()) {
        // What the old hour left comes out one frame a call, before anything of the new hour is
        // drawn, so no operation leaves its hour.
        if (next->hour != hour_ && frames_.take_any(ready_)) {
            ready_.intended = hour_last_;
            return;
        }
        schedule_.take();
        hour_ = next->hour;
        hour_last_ = next->intended;
        const Operation operation =
            // The trace says what happens; only who pays whom how much is drawn.
            workload_.draw(static_cast<Action>(next->kind), trace_.means[next->hour][next->kind]);
        if (!frames_.add(operation, next->intended)) continue;
        frames_.take(operation.type, ready_);
        ready_.intended = next->intended;
        return;
    }
    // After the last hour too, one frame a call until all are out.
    if (frames_.take_any(ready_)) ready_.intended = hour_last_;
}

}  // namespace tuma::loadgen
