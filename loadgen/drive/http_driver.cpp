#include "loadgen/drive/http_driver.h"

#include "ledger/words/ensure.h"
#include "loadgen/drive/drive_loop.h"
#include "loadgen/measure/latency_floor.h"
#include "loadgen/merchants/callback_listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace tuma::loadgen {
namespace {

class HttpRun final : public DriveLoop {
public:
    HttpRun(const HttpDriverSettings& settings, Arrivals* arrivals, HttpDialect& dialect,
            const HttpRecords& records)
        : DriveLoop({.timeout = settings.timeout,
                     .overload = settings.overload,
                     .closed_loop = arrivals == nullptr,
                     .end = settings.end,
                     .abort_reason = settings.abort_reason},
                    records.recorder),
          settings_(settings),
          arrivals_(arrivals),
          dialect_(dialect),
          book_(records.callbacks),
          refusals_(records.refusals),
          listener_(poller_) {
        ensure(settings.callbacks == Callbacks::wait || settings.until == Until::reply,
               "what is ignored ends nothing");
        // Connections first, because signing ahead may take a while, and would be in vain without a
        // server.
        connect_all();
        dialect_.begin(listener_.url());
    }

private:
    enum class State : std::uint8_t { free, awaits_reply, awaits_callback };
    struct Line {
        HttpStream stream;
        HttpOperation operation;
        State state = State::free;
        bool wants_room = false;
        Offset blocked{0};                         ///< the operation's wait for a connection
        Offset delay{0};                           ///< see `LatencyFloor`
        std::optional<LatencyFloor::Room> room{};  ///< by the operation that ended last
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
        ask_for_receive_times(line.stream.descriptor());
        line.wants_room = false;
        poller_.add(line.stream.descriptor(), number);
    }

    std::optional<Offset> next_time() const override {
        if (taken_ == settings_.operations_max) return std::nullopt;
        // In a closed loop a request is due whenever there is a connection for it.
        return is_open() ? arrivals_->peek() : now_;
    }

    Taken take_next() override {
        ++taken_;
        return {.operations = 1, .intended = is_open() ? arrivals_->take() : now_};
    }

    /// Requests have times of their own.
    bool is_open() const { return arrivals_ != nullptr; }
    bool has_place() const override { return !free_.empty(); }

    std::string crowd() const override {
        return fmt::format("All {} connections were busy", settings_.connections);
    }

    bool is_over() override {
        if (in_flight_ > 0 || (may_send() && next_time())) return false;
        // The last reply ends what is measured. Callbacks are awaited beyond that, in a count of
        // their own.
        if (!drained_at_) {
            skip_backlog();
            drained_at_ = now_;
            result_.ended = now_;
            recorder_.finish(now_);
        }
        // Whoever has stopped the run does not want to wait, and a server that is gone calls
        // nobody.
        return is_stopped_ || is_lost_ || book_.outstanding() == 0 ||
               now_ >= *drained_at_ + settings_.grace;
    }

    void finish() override {
        book_.finish();
        if (unreadable_replies_ > 0)
            result_.problems.push_back(
                fmt::format("{} replies could not be understood", unreadable_replies_));
    }

    /// The connection used last goes first, so that those beyond need rest in peace.
    void send(const Taken& taken) override {
        const std::uint32_t number = free_.back();
        Line& line = lines_[number];
        try {
            // The server has closed it while it was idle. Opening it again takes time from this
            // request, as it would from a merchant's.
            if (!line.stream.is_open()) connect(number);
        } catch (const ConnectionError& error) {
            // It was noted as scheduled, and everything scheduled ends in a count.
            if (is_open()) recorder_.skipped(1, taken.intended);
            return lose_server(error.what());
        }
        free_.pop_back();
        // Before the stamp: a signature that is made late is the generator's delay and not the
        // server's.
        dialect_.make(line.operation);
        advance_clock();
        line.operation.sent = now_;
        // A closed loop has no other intention than to send now.
        line.operation.intended = is_open() ? taken.intended : now_;
        if (!is_open()) recorder_.scheduled(1, now_);
        recorder_.sent(1, line.operation.intended, now_);
        note_left(line, taken);
        ++in_flight_;
        line.state = State::awaits_reply;
        line.stream.queue(line.operation.bytes);
        flush(number);
        // Making and sending take time, and the next request is stamped by this clock.
        advance_clock();
    }

    void note_left(Line& line, const Taken& taken) {
        // In a closed loop nothing waits before it is due.
        const auto since = is_open() ? taken.blocked_since : std::nullopt;
        const auto wait = LatencyFloor::waited(since, line.room);
        line.blocked = wait.blocked;
        line.delay = floor_.left(line.operation.intended, now_, wait.room);
    }

    void flush(std::uint32_t number) {
        Line& line = lines_[number];
        if (const auto reason = line.stream.flush()) return close(number, *reason);
        if (line.stream.has_unsent() == line.wants_room) return;
        line.wants_room = line.stream.has_unsent();
        poller_.want_room(line.stream.descriptor(), number, line.wants_room);
    }

    void on_ready(std::uint32_t number, std::uint32_t events) override {
        if (CallbackListener::owns(number))
            return listener_.on_ready(number, events, [this](const http::HttpRequest& callback) {
                // The listener answers either way, or the switch would try again and again.
                if (settings_.callbacks == Callbacks::wait) take_callback(callback);
            });
        // An event of this round may be of a connection that an earlier event has closed.
        if (!lines_[number].stream.is_open()) return;
        if ((events & EPOLLOUT) != 0) flush(number);
        if ((events & ~std::uint32_t{EPOLLOUT}) != 0) read(number);
    }

    void read(std::uint32_t number) {
        Line& line = lines_[number];
        if (!line.stream.is_open()) return;
        std::string reason;
        const HttpStream::Reading reading = line.stream.receive(reason);
        if (reading == HttpStream::Reading::ended) return close(number, reason);
        if (reading == HttpStream::Reading::nothing) return;
        const auto reply = line.stream.take_answer();
        if (!line.stream.problem().empty()) {
            ++unreadable_replies_;
            return close(number, line.stream.problem());
        }
        if (!reply) return;
        // Bytes that nobody asked for make the next reply doubtful.
        const bool is_asked = line.state == State::awaits_reply;
        if (!is_asked || !line.stream.keeps_open()) line.stream.close();
        received_ = received_at(line);
        if (is_asked) take_reply(number, *reply);
    }

    /// A connection has one reply on its way, so that the kernel's time is the reply's.
    Offset received_at(const Line& line) const {
        const auto& kernel = line.stream.last_byte_at();
        const Offset sent = line.operation.sent;
        return kernel ? std::clamp(now_ - kernel->age(), sent, now_) : sent;
    }

    void take_reply(std::uint32_t number, const http::HttpAnswer& reply) {
        Line& line = lines_[number];
        const auto verdict = dialect_.read_reply(reply, line.operation);
        if (!verdict) {
            ++unreadable_replies_;
            return end(number, End::error, 0);
        }
        if (!verdict->refusal.empty())
            return end(number, End::answered, refusals_.number(verdict->refusal));
        if (settings_.callbacks == Callbacks::ignore) return end(number, End::answered, 0);
        // A callback may overtake the reply to its request.
        const auto early = book_.accepted(verdict->key, line.operation.intended, now_);
        if (settings_.until == Until::reply) return end(number, End::answered, 0);
        if (early) return end_by(*early, number);
        line.state = State::awaits_callback;
        line.operation.key = verdict->key;
        waiting_.emplace(verdict->key, number);
    }

    void take_callback(const http::HttpRequest& callback) {
        const auto news = dialect_.read_callback(callback);
        if (!news) return book_.unreadable();
        // A second one, or one whose reply is still to come: the book keeps both.
        if (!book_.arrived(*news, now_)) return;
        received_ = quiet_at();
        const auto waiting = waiting_.find(news->key);
        // Its operation ended with the reply, or has timed out.
        if (waiting == waiting_.end()) return;
        end_by(*news, waiting->second);
    }

    void end_by(const CallbackNews& news, std::uint32_t number) {
        end(number, End::answered,
            news.is_paid ? std::uint16_t{0} : refusals_.number("declined by the callback"));
    }

    /// The operation on this connection is over; another one may have it.
    void end(std::uint32_t number, End how, std::uint16_t code) {
        const bool is_answer = how == End::answered;
        const Offset sent = lines_[number].operation.sent;
        end_at(number, how, code, now_, is_answer ? std::max(received_, sent) : now_);
    }

    void end_at(std::uint32_t number, End how, std::uint16_t code, Offset when, Offset received) {
        Line& line = lines_[number];
        ensure(line.state != State::free, "an operation ends once");
        // Or a late callback would end the next operation on this connection.
        if (line.state == State::awaits_callback) waiting_.erase(line.operation.key);
        line.state = State::free;
        --in_flight_;
        free_.push_back(number);
        const HttpOperation& operation = line.operation;
        Offset delay = line.delay;
        if (how == End::answered)
            delay = floor_.answered(operation.intended, operation.sent, received, delay);
        else
            floor_.abandoned(operation.sent);
        recorder_.ended({.intended = operation.intended,
                         .sent = operation.sent,
                         .ended = when,
                         .end = how,
                         .code = code,
                         .blocked = line.blocked,
                         .received = received,
                         .delay = delay});
        line.room = {received, line.delay};
        if (is_open()) arrivals_->ended(now_);
    }

    /// The connection is of no use any more; `reason` counts only with a request on it.
    void close(std::uint32_t number, const std::string& reason) {
        Line& line = lines_[number];
        line.stream.close();
        // Idle, or waiting for a callback, which comes another way. The next request opens it
        // again.
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

    Offset time_out() override {
        Offset next = Offset::max();
        for (std::uint32_t i = 0; i < lines_.size(); ++i) {
            Line& line = lines_[i];
            if (line.state == State::free) continue;
            const Offset given_up = line.operation.sent + settings_.timeout;
            if (given_up > now_) {
                next = std::min(next, given_up);
                continue;
            }
            // Its reply could be taken for that of another request.
            if (line.state == State::awaits_reply) line.stream.close();
            end_at(i, End::timeout, 0, given_up, given_up);
        }
        // After the drain the recorder is finished and takes nothing more.
        if (!drained_at_) recorder_.advance(now_);
        return next;
    }

    const HttpDriverSettings& settings_;
    Arrivals* arrivals_;
    HttpDialect& dialect_;
    CallbackTracker& book_;
    RefusalNames& refusals_;
    CallbackListener listener_;
    std::deque<Line> lines_;
    std::vector<std::uint32_t> free_;                         ///< the one used last at the back
    std::unordered_map<std::string, std::uint32_t> waiting_;  ///< connections by callback key
    LatencyFloor floor_;
    Offset received_{0};  ///< the answer at hand, at the earliest
    std::uint64_t taken_ = 0;
    std::uint64_t unreadable_replies_ = 0;
    std::optional<Offset> drained_at_;
    std::string last_loss_;
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

RunEnd drive_http(const HttpDriverSettings& settings, Arrivals* arrivals, HttpDialect& dialect,
                  const HttpRecords& records, const std::function<void()>& on_begin,
                  const std::atomic<bool>& stop, const OnProgress& on_progress) {
    HttpRun run(settings, arrivals, dialect, records);
    // Only now: connecting and signing ahead are not a part of the run.
    on_begin();
    return run.run(stop, on_progress);
}

}  // namespace tuma::loadgen
