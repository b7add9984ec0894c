#include "loadgen/drive/peer_driver.h"

#include "ledger/words/ensure.h"
#include "loadgen/drive/drive_loop.h"
#include "loadgen/measure/latency_floor.h"
#include "protocols/native/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr std::size_t peer_scratch_bytes = 1U << 20U;
/// A connection with more requests than this is flushed before further ones are made.
constexpr std::size_t unsent_max = 64;

class PeerRun final : public DriveLoop {
public:
    PeerRun(const DriverSettings& settings, const Peer& peer, RequestStream& traffic,
            const PeerRecords& records)
        : DriveLoop(pace_of(settings), records.recorder),
          settings_(settings),
          traffic_(traffic),
          refusals_(records.refusals),
          scratch_(peer_scratch_bytes) {
        for (std::uint32_t i = 0; i < settings.connections; ++i) {
            Line& line = lines_.emplace_back();
            line.session = peer.connect();
            poller_.add(line.session->descriptor(), i);
            with_place_.push_back(i);
        }
    }

private:
    struct Asked {
        PeerTransfer transfer;
        std::uint8_t kind = 0;
        Offset intended{0};
        std::optional<Offset> blocked_since{};
        Offset sent{0};
        Offset blocked{0};
        Offset delay{0};  ///< see `LatencyFloor`
    };
    struct Line {
        std::unique_ptr<PeerSession> session;  ///< none once it is lost
        /// In the order of their answers: some that were given up, some that are in flight, some
        /// that have not left.
        std::deque<Asked> asked;
        std::size_t given_up = 0;
        std::size_t unsent = 0;
        bool is_listed = true;  ///< in with_place_
        bool wants_room = false;
        Offset empty_at{0};                        ///< when a reading took all there was
        bool is_empty = true;                      ///< the last one did
        std::optional<LatencyFloor::Room> room{};  ///< by the request that ended last
    };

    bool fits(const Line& line) const {
        return line.session && line.asked.size() - line.given_up < settings_.in_flight;
    }

    std::optional<Offset> next_time() const override { return traffic_.next_time(); }

    Taken take_next() override {
        traffic_.take(frame_);
        return {.operations = frame_.count, .intended = frame_.intended, .due = frame_.due};
    }

    bool has_place() const override { return !with_place_.empty(); }

    std::string crowd() const override {
        return fmt::format("All {} places for transfers in flight were taken",
                           std::uint64_t{settings_.connections} * settings_.in_flight);
    }

    bool is_over() override { return in_flight_ == 0 && !(may_send() && traffic_.next_time()); }

    void finish() override {
        skip_backlog();
        result_.ended = now_;
        recorder_.finish(now_);
    }

    /// Connections take turns, as the driver's do.
    void send(const Taken& taken) override {
        const std::uint32_t number = with_place_.front();
        with_place_.pop_front();
        Line& line = lines_[number];
        newest_due_ = taken.intended;
        ++in_flight_;
        line.asked.push_back({.transfer = peer_transfer(frame_),
                              .kind = static_cast<std::uint8_t>(kind_index(frame_.type)),
                              .intended = taken.intended,
                              .blocked_since = taken.blocked_since});
        if (++line.unsent == 1) unflushed_.push_back(number);
        line.is_listed = false;
        list_if_it_fits(number);
        if (line.unsent >= unsent_max) flush(number);
    }

    void list_if_it_fits(std::uint32_t number) {
        Line& line = lines_[number];
        if (line.is_listed || !fits(line)) return;
        line.is_listed = true;
        with_place_.push_back(number);
    }

    void flush_all() override {
        for (const std::uint32_t number : unflushed_) flush(number);
        unflushed_.clear();
    }

    void flush(std::uint32_t number) {
        Line& line = lines_[number];
        if (!line.session) return;
        for (; line.unsent > 0; --line.unsent) {
            // Some sessions send at once, which takes time, so that each has a time of its own.
            advance_clock();
            Asked& asked = line.asked[line.asked.size() - line.unsent];
            note_sent(line, asked);
            line.session->send(asked.transfer);
        }
        if (const auto reason = line.session->flush()) return lose(number, *reason);
        if (line.session->has_unsent() == line.wants_room) return;
        line.wants_room = !line.wants_room;
        poller_.want_room(line.session->descriptor(), number, line.wants_room);
    }

    void note_sent(const Line& line, Asked& asked) {
        asked.sent = now_;
        if (settings_.closed_loop) {
            asked.intended = now_;
            recorder_.scheduled(1, now_);
        }
        recorder_.sent(1, asked.intended, now_);
        // In a closed loop nothing waits before it is due.
        const auto since = settings_.closed_loop ? std::nullopt : asked.blocked_since;
        const auto wait = LatencyFloor::waited(since, line.room);
        asked.blocked = wait.blocked;
        const bool keeps_order = settings_.closed_loop || settings_.connections == 1;
        asked.delay = floor_.left(asked.intended, now_, wait.room,
                                  keeps_order ? std::nullopt : std::optional{newest_due_});
    }

    void on_ready(std::uint32_t number, std::uint32_t events) override {
        // It may have been lost in this very round.
        if (!lines_[number].session) return;
        if ((events & EPOLLOUT) != 0) flush(number);
        if ((events & ~std::uint32_t{EPOLLOUT}) != 0 && lines_[number].session) read(number);
    }

    void read(std::uint32_t number) {
        Line& line = lines_[number];
        answers_.clear();
        const PeerReading reading = line.session->receive(scratch_, answers_);
        if (reading.state == PeerReading::State::nothing) return;
        // What came lay there since the socket was last seen without it, at the earliest.
        Offset received = line.is_empty ? std::max(line.empty_at, quiet_at()) : line.empty_at;
        line.is_empty = reading.is_all;
        if (line.is_empty) line.empty_at = now_;
        advance_clock();
        if (reading.received) received = std::clamp(now_ - reading.received->age(), received, now_);
        for (const PeerAnswer& answer : answers_)
            if (!take_answer(line, answer, received, reading.received.has_value()))
                return lose(number, "an answer that nobody asked for");
        if (reading.state == PeerReading::State::ended) return lose(number, reading.reason);
        list_if_it_fits(number);
        // Reading can be what a session needs to go on sending.
        if (line.wants_room) flush(number);
    }

    bool take_answer(Line& line, const PeerAnswer& answer, Offset received, bool is_exact) {
        if (line.asked.size() == line.unsent) return false;
        if (line.given_up > 0) {
            --line.given_up;
            ++result_.late_answers;
        } else {
            const Asked& asked = line.asked.front();
            if (answer.is_replay) ++result_.replays;
            Ended ended = ended_of(asked, End::answered, now_);
            if (!answer.refusal.empty()) ended.code = refusals_.number(answer.refusal);
            ended.received = std::max(received, asked.sent);
            line.room = {ended.received, asked.delay};
            ended.delay =
                floor_.answered(asked.intended, asked.sent, ended.received, asked.delay, is_exact);
            recorder_.ended(ended);
            traffic_.ended(now_);
            --in_flight_;
        }
        line.asked.pop_front();
        return true;
    }

    static Ended ended_of(const Asked& asked, End end, Offset when) {
        return {.intended = asked.intended,
                .sent = asked.sent,
                .ended = when,
                .end = end,
                .kind = asked.kind,
                .blocked = asked.blocked,
                .delay = asked.delay};
    }

    /// The oldest one that is waited for has no answer, and is not waited for any more.
    void give_up(Line& line, End end, Offset when) {
        const Asked& asked = line.asked[line.given_up];
        recorder_.ended(ended_of(asked, end, when));
        traffic_.ended(now_);
        floor_.abandoned(asked.sent);
        line.room = {when, asked.delay};
        ++line.given_up;
        --in_flight_;
    }

    Offset time_out() override {
        Offset next = Offset::max();
        for (std::uint32_t i = 0; i < lines_.size(); ++i) {
            Line& line = lines_[i];
            while (line.given_up + line.unsent < line.asked.size()) {
                const Offset at = line.asked[line.given_up].sent + settings_.timeout;
                if (at > now_) {
                    next = std::min(next, at);
                    break;
                }
                give_up(line, End::timeout, at);
            }
            list_if_it_fits(i);
        }
        recorder_.advance(now_);
        return next;
    }

    void lose(std::uint32_t number, const std::string& reason) {
        Line& line = lines_[number];
        advance_clock();
        // What was queued and never left counts as sent, or it would be missing in all sums.
        for (; line.unsent > 0; --line.unsent)
            note_sent(line, line.asked[line.asked.size() - line.unsent]);
        const std::size_t lost = line.asked.size() - line.given_up;
        while (line.given_up < line.asked.size()) give_up(line, End::error, now_);
        line.asked.clear();
        line.given_up = 0;
        line.session.reset();
        // The first reason is the one that explains the others.
        if (is_lost_) return;
        is_lost_ = true;
        result_.server_gone = fmt::format(
            "{}: {} after {:.3f} s; {} transfers were in flight on that connection, and what "
            "became of them is not known",
            settings_.target.text(), reason, static_cast<double>(now_.count()) / 1e9, lost);
    }

    const DriverSettings& settings_;
    RequestStream& traffic_;
    RefusalNames& refusals_;
    std::vector<std::byte> scratch_;
    std::deque<Line> lines_;
    std::deque<std::uint32_t> with_place_;  ///< connections, in turn; lost ones among them
    std::vector<std::uint32_t> unflushed_;
    RequestFrame frame_;
    std::vector<PeerAnswer> answers_;
    LatencyFloor floor_;
    Offset newest_due_{0};  ///< of the requests of this round
};

}  // namespace

PeerTransfer peer_transfer(const RequestFrame& frame) {
    ensure(frame.count == 1, "a peer is asked for one transfer at a time");
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(frame.type);
    header.count = 1;
    header.participant = ParticipantId{1};
    const auto body = std::span{frame.bytes}.subspan(sizeof header);
    std::vector<core::Request> requests;
    const auto wrong = native::read_requests({header, body}, requests);
    ensure(!wrong, "a request of our own can be read");
    const auto* movement = std::get_if<core::MoveMoney>(&requests.front().command);
    ensure(movement != nullptr, "a peer only moves money");
    return {.reference = requests.front().key.reference,
            .debit = movement->debit,
            .credit = movement->credit,
            .amount = movement->amount.minor};
}

RunEnd drive_peer(const DriverSettings& settings, const Peer& peer, RequestStream& traffic,
                  const PeerRecords& records, const std::function<void()>& on_begin,
                  const std::atomic<bool>& stop, const OnProgress& on_progress) {
    PeerRun run(settings, peer, traffic, records);
    on_begin();
    return run.run(stop, on_progress);
}

}  // namespace tuma::loadgen
