#include "loadgen/http_driver.h"

#include "ledger/ensure.h"
#include "loadgen/callback_listener.h"
#include "loadgen/poller.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace tuma::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Offset http_tick = std::chrono::milliseconds{100};

class HttpRun {
public:
    HttpRun(const HttpDriverSettings& settings, const std::optional<Schedule>& schedule,
            HttpDialect& dialect, const HttpRecords& records)
        : settings_(settings),
          schedule_(schedule),
          dialect_(dialect),
          recorder_(records.recorder),
          book_(records.callbacks),
          refusals_(records.refusals),
          listener_(poller_) {
        ensure(settings.callbacks == Callbacks::wait || settings.until == Until::reply,
               "what is ignored ends nothing");
    }

    void prepare() {
        connect_all();
        dialect_.begin(listener_.url());
    }

    RunEnd run(const std::atomic<bool>& stop,
               const std::function<void(const RunProgress&)>& on_progress) {
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
            receive(wait_time());
            if (now_ >= next_tick_) on_tick(on_progress);
        }
        book_.finish();
        if (unreadable_replies_ > 0)
            result_.problems.push_back(
                fmt::format("{} replies could not be understood", unreadable_replies_));
        return result_;
    }

private:
    enum class State : std::uint8_t { free, awaits_reply, awaits_callback };
    struct Line {
        HttpStream stream;
        HttpOperation operation;
        State state = State::free;
        bool wants_room = false;
    };

    void connect_all() {
        for (std::uint32_t i = 0; i < settings_.connections; ++i) {
            lines_.emplace_back();
            connect(i);
            free_.push_back(i);
        }
    }

    void connect(std::uint32_t number) {
        Line& line = lines_[number];
        line.stream = HttpStream(connect_to(settings_.target, settings_.connect_timeout));
        line.wants_room = false;
        poller_.add(line.stream.descriptor(), number);
    }

    void advance_clock() { now_ = Clock::now() - start_; }
    bool is_closed_loop() const { return !schedule_; }

    /// When the next request is due; nothing once there are no more.
    std::optional<Offset> next_time() const {
        if (taken_ == settings_.operations_max) return std::nullopt;
        if (!is_closed_loop()) return schedule_->peek();
        return now_ < settings_.end ? std::optional<Offset>(now_) : std::nullopt;
    }

    bool may_send() const {
        if (is_stopped_ || is_lost_) return false;
        // The drain of an open loop: what has not been sent by now never will be.
        return settings_.end >= Offset::max() - settings_.timeout ||
               now_ < settings_.end + settings_.timeout;
    }

    bool is_over() {
        if (in_flight_ > 0 || (may_send() && next_time())) return false;
        if (!drained_at_) {
            skip_backlog();
            drained_at_ = now_;
            result_.ended = now_;
            recorder_.finish(now_);
        }
        return is_stopped_ || is_lost_ || book_.outstanding() == 0 ||
               now_ >= *drained_at_ + settings_.grace;
    }

    void send_due() {
        while (may_send()) {
            const auto due = next_time();
            if (!due || *due > now_) return;
            if (free_.empty() && (is_closed_loop() || settings_.overload == Overload::queue))
                return;
            ++taken_;
            Offset intended = now_;
            if (!is_closed_loop()) {
                intended = schedule_->take();
                recorder_.scheduled(1, intended);
            }
            if (free_.empty())
                refuse_to_wait(intended);
            else
                send(intended);
            advance_clock();
        }
    }

    void refuse_to_wait(Offset intended) {
        recorder_.skipped(1, intended);
        if (settings_.overload != Overload::abort) return;
        is_stopped_ = true;
        result_.problems.push_back(
            fmt::format("All {} connections were busy at {:.3f} s and --overload=abort.",
                        settings_.connections, static_cast<double>(intended.count()) / 1e9));
    }

    /// The connection used last goes first, so that those beyond need rest in peace.
    void send(Offset intended) {
        const std::uint32_t number = free_.back();
        Line& line = lines_[number];
        try {
            if (!line.stream.is_open()) connect(number);
        } catch (const ConnectionError& error) {
            if (!is_closed_loop()) recorder_.skipped(1, intended);
            return lose_server(error.what());
        }
        free_.pop_back();
        dialect_.make(line.operation);
        advance_clock();
        line.operation.sent = now_;
        // A closed loop has no other intention than to send now.
        line.operation.intended = is_closed_loop() ? now_ : intended;
        if (is_closed_loop()) recorder_.scheduled(1, now_);
        recorder_.sent(1, line.operation.intended, now_);
        ++in_flight_;
        line.state = State::awaits_reply;
        line.stream.queue(line.operation.bytes);
        flush(number);
    }

    void flush(std::uint32_t number) {
        Line& line = lines_[number];
        if (const auto reason = line.stream.flush()) return close(number, *reason);
        if (line.stream.has_unsent() == line.wants_room) return;
        line.wants_room = line.stream.has_unsent();
        poller_.want_room(line.stream.descriptor(), number, line.wants_room);
    }

    /// How long nothing needs to be done unless a socket is ready.
    Offset wait_time() {
        advance_clock();
        Offset until = next_tick_;
        const bool could_send =
            !free_.empty() || (!is_closed_loop() && settings_.overload != Overload::queue);
        if (may_send() && could_send)
            if (const auto due = next_time()) until = std::min(until, *due);
        return until - now_;
    }

    void receive(Offset longest) {
        const auto take = [this](const HttpMessage& callback) {
            if (settings_.callbacks == Callbacks::wait) take_callback(callback);
        };
        for (const epoll_event& event : poller_.wait(longest)) {
            advance_clock();
            const std::uint32_t number = event.data.u32;
            if (CallbackListener::owns(number)) {
                listener_.on_ready(number, event.events, take);
                continue;
            }
            if (!lines_[number].stream.is_open()) continue;
            if ((event.events & EPOLLOUT) != 0) flush(number);
            if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(number);
        }
        advance_clock();
    }

    void read(std::uint32_t number) {
        Line& line = lines_[number];
        if (!line.stream.is_open()) return;
        std::string reason;
        const HttpStream::Reading reading = line.stream.receive(reason);
        if (reading == HttpStream::Reading::ended) return close(number, reason);
        if (reading == HttpStream::Reading::nothing) return;
        const auto reply = line.stream.reader().take();
        if (!line.stream.reader().problem().empty()) {
            ++unreadable_replies_;
            return close(number, line.stream.reader().problem());
        }
        if (!reply) return;
        // Bytes that nobody asked for make the next reply doubtful.
        const bool is_asked = line.state == State::awaits_reply;
        if (!is_asked || !reply->keeps_open() || line.stream.reader().is_within())
            line.stream.close();
        if (is_asked) take_reply(number, *reply);
    }

    void take_reply(std::uint32_t number, const HttpMessage& reply) {
        Line& line = lines_[number];
        const auto verdict = dialect_.read_reply(reply, line.operation);
        if (!verdict) {
            ++unreadable_replies_;
            return end(number, End::error, 0);
        }
        if (!verdict->refusal.empty())
            return end(number, End::answered, refusals_.number(verdict->refusal));
        if (settings_.callbacks == Callbacks::ignore) return end(number, End::answered, 0);
        const auto early = book_.accepted(verdict->key, line.operation.intended, now_);
        if (settings_.until == Until::reply) return end(number, End::answered, 0);
        if (early) return end_by(*early, number);
        line.state = State::awaits_callback;
        line.operation.key = verdict->key;
        waiting_.emplace(verdict->key, number);
    }

    void take_callback(const HttpMessage& callback) {
        const auto news = dialect_.read_callback(callback);
        if (!news) return book_.unreadable();
        if (!book_.arrived(*news, now_)) return;
        const auto waiting = waiting_.find(news->key);
        if (waiting == waiting_.end()) return;
        end_by(*news, waiting->second);
    }

    void end_by(const CallbackNews& news, std::uint32_t number) {
        end(number, End::answered,
            news.is_paid ? std::uint16_t{0} : refusals_.number("declined by the callback"));
    }

    /// The operation on this connection is over; another one may have it.
    void end(std::uint32_t number, End how, std::uint16_t code) {
        Line& line = lines_[number];
        ensure(line.state != State::free, "an operation ends once");
        if (line.state == State::awaits_callback) waiting_.erase(line.operation.key);
        line.state = State::free;
        --in_flight_;
        free_.push_back(number);
        recorder_.ended({.intended = line.operation.intended,
                         .sent = line.operation.sent,
                         .ended = now_,
                         .end = how,
                         .code = code});
    }

    /// The connection is of no use any more; `reason` counts only with a request on it.
    void close(std::uint32_t number, const std::string& reason) {
        Line& line = lines_[number];
        line.stream.close();
        if (line.state != State::awaits_reply) return;
        last_loss_ = reason;
        end(number, End::error, 0);
    }

    void lose_server(const std::string& reason) {
        is_lost_ = true;
        result_.server_gone =
            fmt::format("{} at {:.3f} s; {} requests were in flight{}", reason,
                        static_cast<double>(now_.count()) / 1e9, in_flight_,
                        last_loss_.empty() ? "" : ", the last connection lost: " + last_loss_);
    }

    void on_tick(const std::function<void(const RunProgress&)>& on_progress) {
        next_tick_ = now_ + std::min<Offset>(http_tick, settings_.timeout / 4 + Offset{1});
        for (std::uint32_t i = 0; i < lines_.size(); ++i) {
            Line& line = lines_[i];
            if (line.state == State::free || now_ - line.operation.sent < settings_.timeout)
                continue;
            // Its reply could be taken for that of another request.
            if (line.state == State::awaits_reply) line.stream.close();
            end(i, End::timeout, 0);
        }
        if (!drained_at_) recorder_.advance(now_);
        const auto due = next_time();
        const bool is_late = !is_closed_loop() && due && *due < now_;
        on_progress({.now = now_,
                     .behind = is_late ? now_ - *due : Offset{0},
                     .is_draining = !may_send() || !due});
    }

    /// What was due in an open loop and will never be sent.
    void skip_backlog() {
        if (is_closed_loop()) return;
        for (auto due = next_time(); due && *due <= now_; due = next_time()) {
            ++taken_;
            const Offset intended = schedule_->take();
            recorder_.scheduled(1, intended);
            recorder_.skipped(1, intended);
        }
    }

    const HttpDriverSettings& settings_;
    std::optional<Schedule> schedule_;
    HttpDialect& dialect_;
    Recorder& recorder_;
    CallbackBook& book_;
    RefusalNames& refusals_;
    Poller poller_;
    CallbackListener listener_;
    std::deque<Line> lines_;
    std::vector<std::uint32_t> free_;                         ///< the one used last at the back
    std::unordered_map<std::string, std::uint32_t> waiting_;  ///< connections by callback key
    Clock::time_point start_;
    Offset now_{0};
    Offset next_tick_{0};
    std::uint64_t taken_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t unreadable_replies_ = 0;
    std::optional<Offset> drained_at_;
    bool is_stopped_ = false;
    bool is_lost_ = false;
    std::string last_loss_;
    RunEnd result_;
};

}  // namespace

std::string_view name(Until until) {
    return until == Until::reply ? "reply" : "callback";
}

std::optional<Until> parse_until(std::string_view text) {
    for (const Until until : {Until::reply, Until::callback})
        if (text == name(until)) return until;
    return std::nullopt;
}

std::string_view name(Callbacks callbacks) {
    return callbacks == Callbacks::wait ? "wait" : "ignore";
}

std::optional<Callbacks> parse_callbacks(std::string_view text) {
    for (const Callbacks callbacks : {Callbacks::wait, Callbacks::ignore})
        if (text == name(callbacks)) return callbacks;
    return std::nullopt;
}

RunEnd drive_http(const HttpDriverSettings& settings, const std::optional<Schedule>& schedule,
                  HttpDialect& dialect, const HttpRecords& records,
                  const std::function<void()>& on_begin, const std::atomic<bool>& stop,
                  const std::function<void(const RunProgress&)>& on_progress) {
    HttpRun run(settings, schedule, dialect, records);
    run.prepare();
    on_begin();
    return run.run(stop, on_progress);
}

}  // namespace tuma::loadgen
