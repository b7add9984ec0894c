// The connections of a run that were lost and are on their way back.
#pragma once

#include "loadgen/client/poller.h"
#include "loadgen/client/reconnection.h"
#include "loadgen/measure/losses.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// Tries to connect again, beside what the loop does, and takes down how that went. Connections
/// have the numbers by which the poller knows them.
class LostLines {
public:
    /// What becomes of a lost connection; called by `attend` and `on_ready`.
    struct Fates {
        /// It is there again.
        std::function<void(std::uint32_t number, Socket socket)> come_back;
        /// It was tried for too long.
        std::function<void(std::uint32_t number, const std::string& reason)> give_up;
    };

    /// Throws ConnectionError when the host has no address. The poller outlives it.
    LostLines(const Endpoint& target, const ReconnectLimits& limits, std::uint32_t connections,
              Poller& poller, Fates fates);

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

    /// Begins and ends attempts that are due.
    void attend(Offset now);
    /// The socket of an attempt is ready.
    void on_ready(std::uint32_t number, Offset now);
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

    void advance(std::uint32_t number, Offset now, bool is_ready);
    void watch(std::uint32_t number);
    void find_next();
    std::string reason_of(std::uint32_t number) const;

    Addresses addresses_;
    ReconnectLimits limits_;
    Poller& poller_;
    Fates fates_;
    std::vector<Line> lines_;
    LossLog log_;
    Offset next_ = Offset::max();
    std::uint32_t missing_ = 0;
};

}  // namespace tuma::loadgen
