#include "loadgen/drive/drive_loop.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <thread>

namespace tuma::loadgen {
namespace {

constexpr Offset tick_max = std::chrono::milliseconds{100};

}  // namespace

DrivePace pace_of(const DriverSettings& settings) {
    return {.timeout = settings.timeout,
            .overload = settings.overload,
            .closed_loop = settings.closed_loop,
            .end = settings.end,
            .send_everything = settings.send_everything,
            .abort_reason = settings.abort_reason};
}

RunEnd DriveLoop::run(const std::atomic<bool>& stop, const OnProgress& on_progress,
                      std::optional<Moment> start) {
    // Timers would otherwise wake up to 50 µs late by the kernel's leave.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    if (start) std::this_thread::sleep_until(*start);
    start_ = start.value_or(std::chrono::steady_clock::now());
    advance_clock();
    while (!is_over()) {
        // Nothing more is sent, and the round goes on: what is in flight still has to end in a
        // count.
        if (stop.load(std::memory_order_relaxed) && !is_stopped_) {
            is_stopped_ = true;
            result_.is_interrupted = true;
        }
        if (has_ended_early()) recorder_.close_window(now_);
        // All that is due is gathered before any of it is flushed: requests of one moment leave
        // together.
        send_due();
        flush_all();
        const Offset longest = wait_time();
        const Offset asked_at = now_;
        const auto ready = poller_.wait(longest);
        for (const epoll_event& event : ready) {
            // Read again for each socket: the work on those before it must not be added to its
            // latency.
            advance_clock();
            on_ready(event.data.u32, event.events);
        }
        // Whoever was not among them had nothing to read when the poller was asked. That is known
        // only if there was room for all.
        if (ready.size() < Poller::ready_max) quiet_at_ = asked_at;
        advance_clock();
        if (now_ >= next_tick_)
            tick(on_progress);
        else if (now_ >= next_timeout_)
            next_timeout_ = time_out();
    }
    // The last connection may have been lost in the last round.
    if (has_ended_early()) recorder_.close_window(now_);
    finish();
    return result_;
}

/// Nothing more is asked for, though the time is not up.
bool DriveLoop::has_ended_early() const {
    if (is_stopped_ || is_lost_) return true;
    // What is counted ends with its last operation. A closed loop ends with its last answer.
    return pace_.end == Offset::max() && !pace_.closed_loop && !next_time();
}

bool DriveLoop::may_send() const {
    if (is_stopped_ || is_lost_) return false;
    if (pace_.closed_loop) return now_ < pace_.end;
    // The drain of an open loop: what has not been sent by now never will be.
    // Without an end there is no drain, and the sum would overflow.
    return pace_.send_everything || pace_.end >= Offset::max() - pace_.timeout ||
           now_ < pace_.end + pace_.timeout;
}

void DriveLoop::send_due() {
    while (may_send()) {
        const auto due = next_time();
        if (!due || (!pace_.closed_loop && *due > now_)) {
            if (has_place()) full_since_.reset();
            return;
        }
        const bool waits_for_place = pace_.closed_loop || pace_.overload == Overload::queue;
        // It stays due. In an open loop the wait is in its latency, as a customer would have it.
        if (!has_place() && waits_for_place) return;
        Taken taken = take_next();
        // Those behind the first wait for a place from the moment at which they are due.
        if (full_since_) taken.blocked_since = std::max(*full_since_, taken.intended);
        // In a closed loop it is due when it is sent, and is noted there.
        if (!pace_.closed_loop) recorder_.scheduled(taken.operations, taken.intended, taken.due);
        if (has_place()) {
            send(taken);
            if (!has_place() && !full_since_) full_since_ = now_;
            continue;
        }
        // Counted with its intended time, so that the sums of the run still add up.
        recorder_.skipped(taken.operations, taken.intended, taken.due);
        if (pace_.overload != Overload::abort) continue;
        is_stopped_ = true;
        result_.problems.push_back(fmt::format("{} at {:.3f} s and --overload=abort.", crowd(),
                                               static_cast<double>(taken.intended.count()) / 1e9));
    }
}

/// How long nothing needs to be done unless a socket is ready.
Offset DriveLoop::wait_time() {
    advance_clock();
    Offset until = std::min(latest_wake_up(), next_timeout_);
    // Where it has to wait for a place, nothing can be done before a socket is ready.
    const bool could_send =
        has_place() || (!pace_.closed_loop && pace_.overload != Overload::queue);
    if (may_send() && could_send)
        if (const auto due = next_time()) until = std::min(until, pace_.closed_loop ? now_ : *due);
    return until - now_;
}

void DriveLoop::tick(const OnProgress& on_progress) {
    next_tick_ = now_ + std::min<Offset>(tick_max, pace_.timeout / 4 + Offset{1});
    next_timeout_ = time_out();
    if (pace_.abort_reason && !is_stopped_) {
        if (auto reason = pace_.abort_reason(recorder_)) {
            is_stopped_ = true;
            result_.aborted = std::move(*reason);
        }
    }
    const auto due = next_time();
    const bool is_late = !pace_.closed_loop && due && *due < now_;
    on_progress({.now = now_,
                 .behind = is_late ? now_ - *due : Offset{0},
                 // Nothing is due either while all users wait for answers.
                 .is_draining =
                     !may_send() || (!due && (pace_.end == Offset::max() || now_ >= pace_.end))});
}

void DriveLoop::skip_backlog() {
    // A closed loop has nothing due before it is sent.
    if (pace_.closed_loop) return;
    for (auto due = next_time(); due && *due <= now_; due = next_time()) {
        const Taken taken = take_next();
        recorder_.scheduled(taken.operations, taken.intended, taken.due);
        recorder_.skipped(taken.operations, taken.intended, taken.due);
    }
}

}  // namespace tuma::loadgen
