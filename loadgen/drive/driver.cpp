#include "loadgen/driver.h"

#include "loadgen/connection.h"
#include "loadgen/poller.h"
#include "protocols/native/messages.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <deque>

namespace tuma::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Offset tick = std::chrono::milliseconds{100};
constexpr Offset drain_after_loss = std::chrono::seconds{1};
constexpr std::size_t scratch_bytes = 1U << 20U;
/// A connection with more than this queued is flushed before further requests are made.
constexpr std::size_t queued_bytes_max = 128U << 10U;

class Run {
public:
    Run(const DriverSettings& settings, Traffic& traffic, Recorder& recorder,
        ledger::AcksWriter* acks)
        : settings_(settings),
          traffic_(traffic),
          recorder_(recorder),
          acks_(acks),
          scratch_(scratch_bytes) {}

    RunEnd run(const std::atomic<bool>& stop,
               const std::function<void(const RunProgress&)>& on_progress) {
        connect_all();
        // Timers would otherwise wake up to 50 µs late by the kernel's leave.
        ::prctl(PR_SET_TIMERSLACK, 1UL);
        start_ = Clock::now();
        advance_clock();
        while (!is_over()) {
            if (stop.load(std::memory_order_relaxed) && !is_stopped_) {
                is_stopped_ = true;
                result_.problems.emplace_back("The run was interrupted before its end.");
            }
            send_due();
            flush_all();
            receive(wait_time());
            if (now_ >= next_tick_) on_tick(on_progress);
        }
        skip_backlog();
        give_up_in_flight();
        if (acks_ != nullptr) acks_->flush();
        result_.ended = now_;
        recorder_.finish(now_);
        return result_;
    }

private:
    struct Line {
        Connection connection;
        bool is_waiting = true;  ///< listed in waiting_: may be given a request
        bool is_dirty = false;
        bool wants_room = false;
    };

    void connect_all() {
        for (std::uint32_t i = 0; i < settings_.connections; ++i) {
            lines_.push_back({Connection(connect_to(settings_.target, settings_.connect_timeout),
                                         settings_.in_flight)});
            poller_.add(lines_.back().connection.descriptor(), i);
            waiting_.push_back(i);
        }
    }

    void advance_clock() { now_ = Clock::now() - start_; }

    bool may_send() const {
        if (is_stopped_ || is_lost_) return false;
        return !settings_.closed_loop || now_ < settings_.end;
    }

    bool is_over() const {
        if (is_lost_ && (in_flight_ == 0 || now_ >= lost_until_)) return true;
        return in_flight_ == 0 && !(may_send() && traffic_.next_time() && !is_too_late());
    }

    /// The drain of an open loop: what has not been sent by now never will be.
    bool is_too_late() const {
        if (settings_.send_everything || settings_.closed_loop) return false;
        return settings_.end < Offset::max() - settings_.timeout &&
               now_ >= settings_.end + settings_.timeout;
    }

    void send_due() {
        while (may_send() && !is_too_late()) {
            const auto due = traffic_.next_time();
            if (!due || (!settings_.closed_loop && *due > now_)) return;
            if (waiting_.empty() &&
                (settings_.closed_loop || settings_.overload == Overload::queue))
                return;
            traffic_.take(frame_);
            if (!settings_.closed_loop) recorder_.scheduled(frame_.count, frame_.intended);
            if (waiting_.empty())
                refuse_to_wait();
            else
                send_frame();
        }
    }

    void refuse_to_wait() {
        recorder_.skipped(frame_.count, frame_.intended);
        if (settings_.overload != Overload::abort) return;
        is_stopped_ = true;
        result_.problems.push_back(fmt::format(
            "All {} places for requests in flight were taken at {:.3f} s and --overload=abort.",
            std::uint64_t{settings_.connections} * settings_.in_flight,
            static_cast<double>(frame_.intended.count()) / 1e9));
    }

    void send_frame() {
        const std::uint32_t number = waiting_.front();
        waiting_.pop_front();
        Line& line = lines_[number];
        in_flight_ += frame_.count;
        line.connection.queue(frame_, settings_.participant);
        if (line.connection.has_place())
            waiting_.push_back(number);
        else
            line.is_waiting = false;
        if (!line.is_dirty) dirty_.push_back(number);
        line.is_dirty = true;
        if (line.connection.unsent_bytes() >= queued_bytes_max) {
            advance_clock();
            flush(number);
        }
    }

    void flush_all() {
        if (dirty_.empty()) return;
        advance_clock();
        for (const std::uint32_t number : dirty_) {
            lines_[number].is_dirty = false;
            flush(number);
        }
        dirty_.clear();
    }

    void flush(std::uint32_t number) {
        Line& line = lines_[number];
        if (!line.connection.is_open()) return;
        line.connection.stamp_sent(now_, [this](InFlight& request) { note_sent(request); });
        if (const auto reason = line.connection.flush()) return lose(number, *reason);
        const bool wants_room = line.connection.unsent_bytes() > 0;
        if (wants_room == line.wants_room) return;
        line.wants_room = wants_room;
        poller_.want_room(line.connection.descriptor(), number, wants_room);
    }

    void note_sent(InFlight& request) {
        // A closed loop has no other intention than to send now.
        if (settings_.closed_loop) {
            request.intended = now_;
            recorder_.scheduled(request.count, now_);
        }
        recorder_.sent(request.count, request.intended, now_);
    }

    /// How long nothing needs to be done unless a socket is ready.
    Offset wait_time() {
        advance_clock();
        Offset until = next_tick_;
        if (is_lost_) until = std::min(until, lost_until_);
        const bool could_send = !waiting_.empty() || settings_.overload != Overload::queue;
        if (may_send() && could_send && !is_too_late())
            if (const auto due = traffic_.next_time())
                until = settings_.closed_loop ? now_ : std::min(until, *due);
        return until - now_;
    }

    void receive(Offset longest) {
        const auto ready = poller_.wait(longest);
        advance_clock();
        for (const epoll_event& event : ready) {
            const std::uint32_t number = event.data.u32;
            if (!lines_[number].connection.is_open()) continue;
            if ((event.events & EPOLLOUT) != 0) flush(number);
            if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(number);
        }
    }

    void read(std::uint32_t number) {
        Connection& connection = lines_[number].connection;
        if (!connection.is_open()) return;
        std::string reason;
        switch (connection.receive(scratch_, reason)) {
            case Connection::Reading::nothing:
                return;
            case Connection::Reading::ended:
                return lose(number, reason);
            case Connection::Reading::got:
                break;
        }
        advance_clock();
        const auto bytes = connection.arrived();
        std::size_t used = 0;
        while (auto frame = native::read_frame(bytes.subspan(used), true)) {
            if (!*frame)
                return lose(number, fmt::format("a reply that cannot be read: {}: {}",
                                                name(frame->error().code), frame->error().reason));
            if (!take_reply(number, **frame)) return;
            used += (*frame)->header.length;
        }
        connection.consumed(used);
        list_as_waiting(number);
    }

    void list_as_waiting(std::uint32_t number) {
        Line& line = lines_[number];
        if (line.is_waiting || !line.connection.has_place()) return;
        line.is_waiting = true;
        waiting_.push_back(number);
    }

    /// False when the connection is lost by it.
    bool take_reply(std::uint32_t number, const native::FrameView& reply) {
        if (reply.header.type == native::error_type) {
            const auto error = native::read_error(reply);
            lose(number, fmt::format("the server gave up the connection: {}: {}", name(error.code),
                                     error.reason));
            return false;
        }
        Connection& connection = lines_[number].connection;
        const InFlight* request = connection.find(reply.header.request_id);
        if (request == nullptr) return true;
        const bool is_its_answer =
            reply.header.count == request->count &&
            reply.header.type == (static_cast<std::uint8_t>(request->type) | native::reply_bit);
        const auto outcomes = is_its_answer ? native::read_outcomes(reply) : no_outcomes();
        if (!outcomes) {
            lose(number,
                 fmt::format("a reply that does not fit its request: {}", outcomes.error().reason));
            return false;
        }
        result_.durability = reply.header.durability;
        take_outcomes(*request, *outcomes);
        in_flight_ -= request->count;
        connection.end(reply.header.request_id);
        return true;
    }

    static Result<std::vector<core::Outcome>, native::FrameError> no_outcomes() {
        return native::FrameError{native::ErrorCode::bad_count, "another type or count"};
    }

    void take_outcomes(const InFlight& request, const std::vector<core::Outcome>& outcomes) {
        codes_.clear();
        for (const core::Outcome& outcome : outcomes) {
            codes_.push_back(static_cast<std::uint16_t>(outcome.code));
            if (outcome.is_replayed) ++result_.replays;
        }
        recorder_.answered(request.intended, codes_, request.sent, now_);
        if (request.type == native::FrameType::reserve)
            for (const core::Outcome& outcome : outcomes)
                if (outcome.code == Refusal::none) traffic_.reserved(TransferId{outcome.id});
        if (acks_ != nullptr) acknowledge(request, outcomes);
    }

    void acknowledge(const InFlight& request, const std::vector<core::Outcome>& outcomes) {
        ensure(request.digests.size() == outcomes.size(), "acknowledgements need digests");
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            const core::Outcome& outcome = outcomes[i];
            if (outcome.code == Refusal::overloaded) continue;
            acks_->append({.reference = run_reference(settings_.prefix, request.type,
                                                      request.first_number + i),
                           .digest = request.digests[i],
                           .participant = settings_.participant,
                           .code = outcome.code,
                           .reserved = 0,
                           .id = outcome.id,
                           .time_us = outcome.time.time_since_epoch().count(),
                           .balance = outcome.balance});
        }
    }

    void end_request(const InFlight& request, End end) {
        in_flight_ -= request.count;
        recorder_.ended({.n = request.count,
                         .intended = request.intended,
                         .sent = request.sent,
                         .ended = now_,
                         .end = end,
                         .code = 0});
    }

    /// Counts what the connection had in flight as errors; from now on nothing is sent.
    void lose(std::uint32_t number, const std::string& reason) {
        Connection& connection = lines_[number].connection;
        advance_clock();
        connection.stamp_sent(now_, [this](InFlight& request) { note_sent(request); });
        std::uint64_t operations = 0;
        const std::size_t requests = connection.in_flight();
        connection.end_if([](const InFlight&) { return true; },
                          [&](const InFlight& request) {
                              operations += request.count;
                              end_request(request, End::error);
                          });
        connection.close();
        lost_requests_ += requests;
        lost_operations_ += operations;
        ++lost_connections_;
        if (!is_lost_) {
            is_lost_ = true;
            lost_reason_ = reason;
            lost_at_ = now_;
            lost_until_ = now_ + std::min<Offset>(settings_.timeout, drain_after_loss);
        }
        describe_loss();
    }

    void describe_loss() {
        result_.server_gone = fmt::format(
            "{}: {} after {:.3f} s; {} operations in {} requests were in flight on {} of {} "
            "connections: ask again with the same references to learn what became of them",
            settings_.target.text(), lost_reason_, static_cast<double>(lost_at_.count()) / 1e9,
            lost_operations_, lost_requests_, lost_connections_, settings_.connections);
    }

    void on_tick(const std::function<void(const RunProgress&)>& on_progress) {
        next_tick_ = now_ + std::min<Offset>(tick, settings_.timeout / 4 + Offset{1});
        for (std::uint32_t i = 0; i < lines_.size(); ++i) {
            lines_[i].connection.end_if(
                [this](const InFlight& request) {
                    return now_ - request.sent >= settings_.timeout;
                },
                [this](const InFlight& request) { end_request(request, End::timeout); });
            if (lines_[i].connection.is_open()) list_as_waiting(i);
        }
        recorder_.advance(now_);
        if (acks_ != nullptr) acks_->flush();
        const auto due = traffic_.next_time();
        const bool is_late = !settings_.closed_loop && due && *due < now_;
        on_progress({.now = now_,
                     .behind = is_late ? now_ - *due : Offset{0},
                     .is_draining = !may_send() || !due});
    }

    /// What was due in an open loop and will never be sent.
    void skip_backlog() {
        if (settings_.closed_loop) return;
        for (auto due = traffic_.next_time(); due && *due <= now_; due = traffic_.next_time()) {
            traffic_.take(frame_);
            recorder_.scheduled(frame_.count, frame_.intended);
            recorder_.skipped(frame_.count, frame_.intended);
        }
    }

    /// After a loss: the other connections were silent for too long.
    void give_up_in_flight() {
        for (std::uint32_t i = 0; i < lines_.size() && in_flight_ > 0; ++i)
            if (lines_[i].connection.in_flight() > 0) lose(i, lost_reason_);
    }

    const DriverSettings& settings_;
    Traffic& traffic_;
    Recorder& recorder_;
    ledger::AcksWriter* acks_;
    Poller poller_;
    std::vector<std::byte> scratch_;
    std::deque<Line> lines_;
    std::deque<std::uint32_t> waiting_;  ///< connections with a place, in turn
    std::vector<std::uint32_t> dirty_;   ///< connections with something to flush
    RequestFrame frame_;
    std::vector<std::uint16_t> codes_;
    Clock::time_point start_;
    Offset now_{0};
    Offset next_tick_{0};
    std::uint64_t in_flight_ = 0;  ///< operations
    bool is_stopped_ = false;
    bool is_lost_ = false;
    std::string lost_reason_;
    Offset lost_at_{0};
    Offset lost_until_{0};
    std::uint64_t lost_requests_ = 0;
    std::uint64_t lost_operations_ = 0;
    std::uint32_t lost_connections_ = 0;
    RunEnd result_;
};

}  // namespace

std::string_view name(Overload overload) {
    switch (overload) {
        case Overload::queue:
            return "queue";
        case Overload::skip:
            return "skip";
        case Overload::abort:
            return "abort";
    }
    unreachable("an overload policy outside the table");
}

std::optional<Overload> parse_overload(std::string_view text) {
    for (const Overload overload : {Overload::queue, Overload::skip, Overload::abort})
        if (text == name(overload)) return overload;
    return std::nullopt;
}

RunEnd drive(const DriverSettings& settings, Traffic& traffic, Recorder& recorder,
             ledger::AcksWriter* acks, const std::atomic<bool>& stop,
             const std::function<void(const RunProgress&)>& on_progress) {
    return Run(settings, traffic, recorder, acks).run(stop, on_progress);
}

}  // namespace tuma::loadgen
