// The connections of a run that were lost and are on their way back.
#pragma once

#include "loadgen/client/poller.h"
#include "loadgen/client/reconnection.h"
#include "loadgen/measure/losses.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// Tries to connect again, beside what the loop does, and takes down how that went. Connections
/// have the numbers by which the poller knows them.
class LostLines {
public:
    /// Throws ConnectionError when the host has no address. The poller outlives it.
    LostLines(const Endpoint& target, const ReconnectLimits& limits, std::uint32_t connections,
              Poller& poller);

    /// The connection is lost, with so many operations in flight, of which `again` were sent again
    /// since it was lost before.
    void lost(std::uint32_t number, Offset now, std::string_view reason, std::uint64_t in_flight,
              std::uint64_t again);
    /// Its socket's events are for `on_ready`.
    bool is_missing(std::uint32_t number) const {
        return lines_[number].reconnection.state() != Reconnection::State::idle;
    }
    bool is_any_missing() const { return missing_ > 0; }
    /// When `attend` has something to do.
    Offset next() const { return next_; }

    /// Begins and ends attempts that are due. `come_back(number, socket)` takes a connection that
    /// is there again, `give_up(number, reason)` one that was tried for too long.
    template <typename ComeBack, typename GiveUp>
    void attend(Offset now, const ComeBack& come_back, const GiveUp& give_up) {
        for (std::uint32_t number = 0; number < lines_.size() && now >= next_; ++number)
            if (lines_[number].reconnection.next() <= now)
                advance(number, now, false, come_back, give_up);
        find_next();
    }
    /// The socket of an attempt is ready.
    template <typename ComeBack, typename GiveUp>
    void on_ready(std::uint32_t number, Offset now, const ComeBack& come_back,
                  const GiveUp& give_up) {
        advance(number, now, true, come_back, give_up);
        find_next();
    }
    /// By how much the pauses between attempts can have delayed the last return.
    Offset paused(std::uint32_t number) const { return lines_[number].reconnection.paused(); }
    /// It is there again, and so many operations are sent again on it.
    void back(std::uint32_t number, Offset now, std::uint64_t resent);
    /// None is tried any more.
    void abandon();

    /// An answer came on this connection.
    void answered(std::uint32_t number, Offset now);
    /// What became of operations that were sent again on it.
    void ended(std::uint32_t number, ResentFate fate, std::uint64_t n) {
        log_.ended(lines_[number].loss, fate, n);
    }
    void finish(Offset now) { log_.finish(now); }
    const Losses& losses() const { return log_.losses(); }

private:
    struct Line {
        Reconnection reconnection;
        std::size_t loss = 0;  ///< the last
        bool is_back = false;  ///< and has not answered yet
    };

    template <typename ComeBack, typename GiveUp>
    void advance(std::uint32_t number, Offset now, bool is_ready, const ComeBack& come_back,
                 const GiveUp& give_up) {
        Reconnection& reconnection = lines_[number].reconnection;
        const int before = reconnection.descriptor();
        switch (reconnection.advance(now, is_ready)) {
            case Reconnection::State::connecting:
                // Of another attempt; a new socket is there before the old one is closed.
                if (reconnection.descriptor() != before) watch(number);
                return;
            case Reconnection::State::connected:
                return come_back(number, reconnection.take());
            case Reconnection::State::given_up:
                return give_up(number, reason_of(number));
            case Reconnection::State::pausing:
            case Reconnection::State::idle:
                return;
        }
    }
    void watch(std::uint32_t number);
    void find_next();
    std::string reason_of(std::uint32_t number) const;

    Addresses addresses_;
    ReconnectLimits limits_;
    Poller& poller_;
    std::vector<Line> lines_;
    LossLog log_;
    Offset next_ = Offset::max();
    std::uint32_t missing_ = 0;
};

}  // namespace tuma::loadgen
