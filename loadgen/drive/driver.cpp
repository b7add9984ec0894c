#include "loadgen/drive/driver.h"

#include "loadgen/client/native_client.h"
#include "loadgen/drive/drive_loop.h"
#include "loadgen/drive/native/connection.h"
#include "loadgen/drive/native/lost_lines.h"
#include "loadgen/drive/native/receive_moment.h"
#include "loadgen/drive/native/server_gone.h"
#include "loadgen/measure/latency_floor.h"
#include "protocols/native/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace tuma::loadgen {
namespace {

constexpr Offset drain_after_loss = std::chrono::seconds{1};
constexpr std::size_t scratch_bytes = 1U << 20U;
/// A connection with more than this queued is flushed before further requests are made.
constexpr std::size_t queued_bytes_max = 128U << 10U;

class Run final : public DriveLoop {
public:
    Run(const DriverSettings& settings, RequestStream& traffic, Recorder& recorder,
        Acknowledgements* acks)
        : DriveLoop(pace_of(settings), recorder),
          settings_(settings),
          traffic_(traffic),
          acks_(acks),
          scratch_(scratch_bytes) {
        connect_all();
        if (settings.on_loss == OnLoss::reconnect)
            lost_lines_.emplace(
                settings.target, settings.reconnect, settings.connections, poller_,
                LostLines::Fates{[this](std::uint32_t number, Socket socket) {
                                     resume(number, std::move(socket));
                                 },
                                 [this](std::uint32_t number, const std::string& reason) {
                                     give_up(number, reason);
                                 }});
    }

private:
    struct Line {
        Connection connection;
        bool is_waiting = true;  ///< listed in waiting_: may be given a request
        bool is_dirty = false;
        bool wants_room = false;
        std::optional<LatencyFloor::Room> room{};  ///< by the request that ended last
        Offset resent_at{0};  ///< when all that was in flight was sent again last
    };

    void connect_all() {
        for (std::uint32_t i = 0; i < settings_.connections; ++i) {
            lines_.push_back(
                {Connection(connect_to(settings_.target, settings_.connect_timeout),
                            settings_.in_flight, settings_.on_loss == OnLoss::reconnect)});
            poller_.add(lines_.back().connection.descriptor(), i);
            waiting_.push_back(i);
        }
    }

    std::optional<Offset> next_time() const override { return traffic_.next_time(); }

    Taken take_next() override {
        traffic_.take(frame_);
        return {.operations = frame_.count, .intended = frame_.intended, .due = frame_.due};
    }

    bool has_place() const override { return !waiting_.empty(); }

    std::string crowd() const override {
        if (lost_lines_ && lost_lines_->is_any_missing())
            return "No connection that was open had a place for a request";
        return fmt::format("All {} places for requests in flight were taken",
                           std::uint64_t{settings_.connections} * settings_.in_flight);
    }

    bool is_over() override {
        // After a loss the other connections may still bring answers, for a short while.
        if (is_lost_ && (in_flight_ == 0 || now_ >= gone_.until)) return true;
        return in_flight_ == 0 && !(may_send() && traffic_.next_time());
    }

    void finish() override {
        // First what was never sent, then what was never answered: with both, the counts add up.
        skip_backlog();
        give_up_in_flight();
        flush_acks();
        if (lost_lines_) {
            lost_lines_->finish(now_);
            result_.losses = lost_lines_->losses();
        }
        result_.ended = now_;
        recorder_.finish(now_);
    }

    void send(const Taken& taken) override {
        // Connections take turns, so that the load is spread over all of them.
        const std::uint32_t number = waiting_.front();
        waiting_.pop_front();
        Line& line = lines_[number];
        newest_due_ = taken.intended;
        in_flight_ += frame_.count;
        line.connection.queue(frame_, settings_.participant, taken.blocked_since);
        if (line.connection.has_place())
            waiting_.push_back(number);
        else
            line.is_waiting = false;
        if (!line.is_dirty) dirty_.push_back(number);
        line.is_dirty = true;
        // Otherwise a large backlog would be built up whole before the server sees anything of it.
        if (line.connection.unsent_bytes() >= queued_bytes_max) {
            advance_clock();
            flush(number);
        }
    }

    void flush_all() override {
        if (lost_lines_ && now_ >= lost_lines_->next()) {
            advance_clock();
            lost_lines_->attend(now_);
        }
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
        // It may have been lost in this very round.
        if (!line.connection.is_open()) return;
        // Stamped before the kernel has it, so that no answer can come before its request was sent.
        line.connection.stamp_sent(now_, [&](InFlight& request) { note_sent(line, request); });
        if (const auto reason = line.connection.flush()) return lose(number, *reason);
        const bool wants_room = line.connection.unsent_bytes() > 0;
        // Each change costs a system call, and mostly there is none.
        if (wants_room == line.wants_room) return;
        line.wants_room = wants_room;
        poller_.want_room(line.connection.descriptor(), number, wants_room);
    }

    void note_sent(const Line& line, InFlight& request) {
        // A closed loop has no other intention than to send now.
        if (settings_.closed_loop) {
            request.intended = now_;
            request.due.clear();
            request.blocked_since.reset();
            recorder_.scheduled(request.count, now_);
        }
        recorder_.sent(request.count, request.intended, now_, request.due);
        const auto wait = LatencyFloor::waited(request.blocked_since, line.room);
        request.blocked = wait.blocked;
        const bool keeps_order = settings_.closed_loop || settings_.connections == 1;
        request.delay = floor_.left(request.intended, now_, wait.room,
                                    keeps_order ? std::nullopt : std::optional{newest_due_});
    }

    Offset latest_wake_up() const override {
        Offset wake_up = DriveLoop::latest_wake_up();
        if (lost_lines_) wake_up = std::min(wake_up, lost_lines_->next());
        return is_lost_ ? std::min(wake_up, gone_.until) : wake_up;
    }

    void on_ready(std::uint32_t number, std::uint32_t events) override {
        if (lost_lines_ && lost_lines_->is_missing(number))
            return lost_lines_->on_ready(number, now_);
        // An event of this round may be of a connection that an earlier event has closed.
        if (!lines_[number].connection.is_open()) return;
        if ((events & EPOLLOUT) != 0) flush(number);
        // Errors too: reading says what they are.
        if ((events & ~std::uint32_t{EPOLLOUT}) != 0) read(number);
    }

    void read(std::uint32_t number) {
        Connection& connection = lines_[number].connection;
        if (!connection.is_open()) return;
        std::string reason;
        switch (connection.receive(scratch_, now_, quiet_at(), reason)) {
            case Connection::Reading::nothing:
                return;
            case Connection::Reading::ended:
                return lose(number, reason);
            case Connection::Reading::got:
                break;
        }
        // All replies of one reading have arrived by now. The time that the first takes to be read
        // must not count for the others.
        advance_clock();
        const auto bytes = connection.arrived();
        std::size_t used = 0;
        while (auto frame = native::read_frame(bytes.subspan(used), true)) {
            if (!*frame) {
                const std::string other = other_protocol(bytes.subspan(used));
                return lose(number,
                            !other.empty()
                                ? other
                                : fmt::format("a reply that cannot be read: {}: {}",
                                              name(frame->error().code), frame->error().reason));
            }
            if (used == 0)
                received_.find(connection, (*frame)->header.length == bytes.size(), now_, [this] {
                    advance_clock();
                    return now_;
                });
            if (!take_reply(number, **frame)) return;
            used += (*frame)->header.length;
        }
        // What is left is the beginning of a reply.
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
        // It has timed out or was answered before, and is counted so. That is no fault of the
        // connection.
        if (request == nullptr) {
            ++(connection.take_late(reply.header.request_id) ? result_.late_answers
                                                             : result_.duplicate_answers);
            return true;
        }
        // A reply that does not fit makes all further ones doubtful, and with them the connection.
        const bool is_its_answer =
            reply.header.count == request->count &&
            reply.header.type == (static_cast<std::uint8_t>(request->type) | native::reply_bit);
        const auto wrong =
            is_its_answer ? native::read_outcomes(reply, outcomes_) : not_its_answer();
        if (wrong) {
            lose(number, fmt::format("a reply that does not fit its request: {}", wrong->reason));
            return false;
        }
        result_.durability = reply.header.durability;
        if (lost_lines_) lost_lines_->answered(number, now_);
        take_outcomes(number, *request, outcomes_);
        in_flight_ -= request->count;
        lines_[number].room = {std::max(received_.at(), request->sent), request->delay};
        // Last: `request` points into the place.
        connection.end(reply.header.request_id);
        return true;
    }

    static std::optional<native::FrameError> not_its_answer() {
        return native::FrameError{native::ErrorCode::bad_count, "another type or count"};
    }

    void take_outcomes(std::uint32_t number, const InFlight& request,
                       const std::vector<core::Outcome>& outcomes) {
        codes_.clear();
        for (const core::Outcome& outcome : outcomes) {
            codes_.push_back(static_cast<std::uint16_t>(outcome.code));
            if (request.is_resent)
                lost_lines_->ended(number, fate_of_resent(outcome), 1);
            else if (outcome.is_replayed)
                // It executed nothing, so that the run measures something else.
                ++result_.replays;
        }
        Ended ended = ended_of(request, End::answered, now_);
        ended.received = std::max(received_.at(), request.sent);
        ended.delay = floor_.answered(request.intended, request.sent, ended.received, request.delay,
                                      received_.is_exact());
        recorder_.answered(ended, codes_, request.due);
        traffic_.ended(now_);
        if (request.type == native::FrameType::reserve)
            for (const core::Outcome& outcome : outcomes)
                // Its number is needed to settle or release it, and only the server knows it.
                if (outcome.code == Refusal::none) traffic_.reserved(TransferId{outcome.id});
        if (acks_ != nullptr)
            write_acks(
                [&] { acks_->append(request, settings_.prefix, settings_.participant, outcomes); });
    }

    static ResentFate fate_of_resent(const core::Outcome& outcome) {
        // The answer had been made before the loss, whatever it says.
        if (outcome.is_replayed) return &Resent::known;
        return outcome.code == Refusal::none ? &Resent::executed : &Resent::refused;
    }

    void flush_acks() {
        if (acks_ != nullptr) write_acks([&] { acks_->flush(); });
    }

    /// A full disk ends the sending and not the run: what was measured is not to be lost with it.
    template <typename Write>
    void write_acks(const Write& write) {
        try {
            write();
        } catch (const ledger::StoreError& error) {
            acks_ = nullptr;
            is_stopped_ = true;
            result_.unwritten = error.what();
            result_.problems.push_back(
                fmt::format("acknowledgements could not be written: {}", error.what()));
        }
    }

    static Ended ended_of(const InFlight& request, End end, Offset when) {
        return {.n = request.count,
                .intended = request.intended,
                .sent = request.sent,
                .ended = when,
                .end = end,
                .kind = static_cast<std::uint8_t>(kind_index(request.type)),
                .blocked = request.blocked,
                .delay = request.delay};
    }

    /// It has no answer, and none is waited for any more.
    void end_request(std::uint32_t number, const InFlight& request, End end, Offset when) {
        in_flight_ -= request.count;
        recorder_.ended(ended_of(request, end, when), request.due);
        floor_.abandoned(request.sent);
        traffic_.ended(now_);
        lines_[number].room = {when, request.delay};
        if (request.is_resent)
            lost_lines_->ended(number, end == End::timeout ? &Resent::timed_out : &Resent::failed,
                               request.count);
    }

    void lose(std::uint32_t number, const std::string& reason) {
        Line& line = lines_[number];
        advance_clock();
        // What was queued and never left counts as sent, or it would be missing in all sums.
        line.connection.stamp_sent(now_, [&](InFlight& request) { note_sent(line, request); });
        line.connection.close();
        if (lost_lines_ && !is_lost_)
            await_return(number, reason);
        else
            give_up(number, reason);
    }

    /// Counts what the connection had in flight as errors; from now on nothing is sent.
    void give_up(std::uint32_t number, const std::string& reason) {
        Connection& connection = lines_[number].connection;
        gone_.requests += connection.in_flight();
        while (const InFlight* request = connection.oldest()) {
            gone_.operations += request->count;
            end_request(number, *request, End::error, now_);
            connection.give_up_oldest();
        }
        ++gone_.connections;
        if (!is_lost_) {
            is_lost_ = true;
            gone_.reason = reason;
            gone_.at = now_;
            gone_.until = now_ + std::min<Offset>(settings_.timeout, drain_after_loss);
            if (lost_lines_) lost_lines_->abandon();
        }
        // Each time, since the numbers in it grow with every connection that is lost.
        result_.server_gone = gone_.text(settings_.target, settings_.connections);
    }

    /// What is in flight on the connection waits for it; all others go on.
    void await_return(std::uint32_t number, const std::string& reason) {
        Line& line = lines_[number];
        // What is sent again leaves first.
        if (line.is_waiting) waiting_.erase(std::find(waiting_.begin(), waiting_.end(), number));
        line.is_waiting = false;
        if (!has_place()) note_full();
        std::uint64_t in_flight = 0;
        std::uint64_t again = 0;
        line.connection.for_each_in_flight([&](InFlight& request) {
            in_flight += request.count;
            if (request.is_resent) again += request.count;
            request.is_resent = false;
        });
        lost_lines_->lost(number, now_, reason, in_flight, again);
    }

    /// The connection is there again.
    void resume(std::uint32_t number, Socket socket) {
        Line& line = lines_[number];
        advance_clock();
        const Offset paused = lost_lines_->paused(number);
        std::uint64_t resent = 0;
        line.connection.reopen(std::move(socket), now_, [&](InFlight& request) {
            request.is_resent = true;
            // The pauses between attempts are this program's.
            request.delay += paused;
            floor_.delayed(request.delay);
            resent += request.count;
        });
        line.resent_at = now_;
        line.room = {now_, paused};
        line.wants_room = false;
        poller_.want_room(line.connection.descriptor(), number, false);
        lost_lines_->back(number, now_, resent);
        list_as_waiting(number);
        flush(number);
    }

    Offset time_out() override {
        Offset next = Offset::max();
        for (std::uint32_t i = 0; i < lines_.size(); ++i) {
            Line& line = lines_[i];
            // What waits for its connection is sent again before it can be late.
            if (!line.connection.is_open()) continue;
            const InFlight* request = line.connection.oldest();
            for (; request != nullptr; request = line.connection.oldest()) {
                const Offset given_up = std::max(request->sent, line.resent_at) + settings_.timeout;
                if (given_up > now_) {
                    next = std::min(next, given_up);
                    break;
                }
                end_request(i, *request, End::timeout, given_up);
                line.connection.give_up_oldest();
            }
            // Places have become free by this, and the connection may have been full.
            list_as_waiting(i);
        }
        recorder_.advance(now_);
        flush_acks();
        return next;
    }

    /// After a loss: the other connections were silent for too long.
    void give_up_in_flight() {
        for (std::uint32_t i = 0; i < lines_.size() && in_flight_ > 0; ++i)
            if (lines_[i].connection.in_flight() > 0) lose(i, gone_.reason);
    }

    const DriverSettings& settings_;
    RequestStream& traffic_;
    Acknowledgements* acks_;
    std::vector<std::byte> scratch_;
    std::deque<Line> lines_;
    std::deque<std::uint32_t> waiting_;  ///< connections with a place, in turn
    std::vector<std::uint32_t> dirty_;   ///< connections with something to flush
    RequestFrame frame_;
    std::vector<core::Outcome> outcomes_;
    std::vector<std::uint16_t> codes_;
    LatencyFloor floor_;
    Offset newest_due_{0};    ///< of the requests of this round
    ReceiveMoment received_;  ///< of the reply at hand
    ServerGone gone_;
    std::optional<LostLines> lost_lines_;  ///< with OnLoss::reconnect
};

}  // namespace

std::unique_ptr<DriveLoop> connected_drive(const DriverSettings& settings, RequestStream& traffic,
                                           Recorder& recorder, Acknowledgements* acks) {
    return std::make_unique<Run>(settings, traffic, recorder, acks);
}

RunEnd drive(const DriverSettings& settings, RequestStream& traffic, Recorder& recorder,
             Acknowledgements* acks, const std::atomic<bool>& stop, const OnProgress& on_progress) {
    return Run(settings, traffic, recorder, acks).run(stop, on_progress);
}

}  // namespace tuma::loadgen
