// What of a response may be the generator's own doing, and so the least that the server took.
#pragma once

#include "loadgen/arrivals/schedule.h"

#include <algorithm>
#include <optional>

namespace tuma::loadgen {

/// By how much the generator can have delayed each answer, told of every request that leaves and
/// ends.
///
/// A request that leaves late delays its own answer, and those of the requests that queue behind it
/// in the server. The delay can last as long as the server is busy without a break, and what a
/// generator can see of that is: since nothing was in flight. So the most by which any request of
/// such a time left late bounds the delay of each later one:
///
///     floor = received - due - delay <= what it would have taken had all left on time <= response
///
/// It holds percentile by percentile for servers that keep the order of requests in every stage,
/// and for group commit. Of requests that leave together on several connections no server can keep
/// the order: it takes all of one connection's before another's. Whichever answer is whose, as a
/// whole they are those of the right order, and none of the requests was due later than the newest
/// of them; so the time until that one was due is added to the delay of each. One pause, while
/// requests are always in flight, widens the bounds for as long; but no delay can have made a
/// request take less than the quickest one of all.
class LatencyFloor {
public:
    /// The answer (or the end of waiting for one) that made room for a request.
    struct Room {
        Offset at{0};     ///< no later than the answer was received
        Offset delay{0};  ///< that of the request it answered
    };

    /// How long a request waited for a place, and which room it then had; neither if it had one.
    struct Wait {
        Offset blocked{0};
        std::optional<Room> room{};
    };
    /// `since`: from when there was no place for it, if ever; `room`: the last on its connection.
    static Wait waited(std::optional<Offset> since, const std::optional<Room>& room) {
        if (!since || !room || room->at <= *since) return {};
        return {room->at - *since, room};
    }

    /// A request leaves; `room` if it had to wait for an earlier one to end; `newest_due` when the
    /// newest was due of those that leave together with it and may be taken before it. Gives its
    /// delay at most. Requires: due <= sent.
    Offset left(Offset due, Offset sent, const std::optional<Room>& room = std::nullopt,
                std::optional<Offset> newest_due = std::nullopt) {
        if (in_flight_ == 0 && !abandoned_at_) delay_ = Offset{0};
        Offset late = sent - due;
        // It could not have left before that room was there. How late the room came is the delay of
        // the request that had it, to which the time until it was seen is added.
        if (room) late = std::min(late, sent - room->at + room->delay);
        delay_ = std::max(delay_, late);
        ++in_flight_;
        return delay_ + (newest_due ? std::max(Offset{0}, *newest_due - due) : Offset{0});
    }

    /// The request that left then with that delay has its answer. Gives its delay at most, now that
    /// it is known when the answer came: at `received`, or some time later unless `is_exact`.
    Offset answered(Offset due, Offset sent, Offset received, Offset delay, bool is_exact = true) {
        --in_flight_;
        // Order is kept: what had been sent before it is no longer in the server either.
        if (abandoned_at_ && sent > *abandoned_at_) abandoned_at_.reset();
        if (is_exact) {
            quickest_ = std::min(quickest_, received - sent);
            ++answers_;
        }
        // The quickest of a few need not be quick.
        if (answers_ < answers_min) return delay;
        return std::min(delay, received - due - quickest_);
    }

    /// What is in flight may be as late by this program's doing as that, since it was sent again.
    void delayed(Offset delay) { delay_ = std::max(delay_, delay); }

    /// Its answer is not waited for any more. The server may have it still, so that its busy time
    /// goes on.
    void abandoned(Offset sent) {
        --in_flight_;
        abandoned_at_ = std::max(abandoned_at_.value_or(sent), sent);
    }

private:
    static constexpr std::uint64_t answers_min = 1000;

    std::uint64_t in_flight_ = 0;
    std::uint64_t answers_ = 0;
    Offset quickest_ = Offset::max();
    Offset delay_{0};
    std::optional<Offset> abandoned_at_;
};

}  // namespace tuma::loadgen
