// When a server of known behaviour answers: a model of queues without a clock of its own.
#pragma once

#include "loadgen/arrivals/random.h"
#include "loadgen/arrivals/schedule.h"
#include "loadgen/arrivals/time_law.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

namespace tuma::loadgen {

/// Stops of the whole server: of each `period` the last `length`.
struct Stalls {
    Duration length{0};
    Duration period{0};

    bool operator==(const Stalls&) const = default;
    bool are_there() const { return length > Duration{0}; }
    /// How long the server has worked until `time`. Requires: not negative.
    Offset worked_until(Offset time) const;
    /// The earliest time at which it has worked for so long and is not stalled.
    Offset time_of(Offset worked) const;
};

/// What shapes the times. All that is zero is not there.
struct ServiceSettings {
    TimeLaw time{};           ///< of one request; of a commit for `groups`
    TimeLaw per_operation{};  ///< of each operation of the request, in addition
    /// Requests in service at once; the others wait in the order of their arrival. 1: one after
    /// the other. 0: any number.
    std::uint32_t places = 0;
    /// Group commit: what arrives during a commit goes together with the next one.
    bool groups = false;
    std::uint32_t group_max = 0;  ///< requests of one commit at most
    std::uint32_t queue_max = 0;  ///< so many may wait; more are overloaded at once
    std::uint32_t capacity = 0;   ///< operations a second; what is beyond is overloaded at once
    Stalls stalls{};
};

/// What becomes of one request. Times are those of the caller's clock.
struct Service {
    Offset due{0};    ///< when it is answered
    Offset takes{0};  ///< of that, being served; stalls apart
    bool is_overloaded = false;
};

/// Answers in the order of arrival for places and groups (M/D/1, M/M/c and their like); each by
/// itself without them (M/G/∞). Equal settings, seed and arrivals give equal times.
class ServiceModel {
public:
    ServiceModel(const ServiceSettings& settings, std::uint64_t seed);

    /// The next request. `arrived` may lie a little before the last one's, as the kernel's stamps
    /// do between connections; where order matters it then counts as having come with it.
    /// Requires: operations > 0, arrived not negative.
    Service serve(Offset arrived, std::uint32_t operations);

private:
    bool admits(Offset worked, std::uint32_t operations);
    /// Begin of service for a request that takes so long.
    Offset begin_in_place(Offset worked, Offset takes);
    /// Takes a place in a commit, planning a new one where the last has begun or is full.
    void join_group(Offset worked);

    const ServiceSettings settings_;
    Random times_;
    Offset last_{0};              ///< arrival, in worked time
    double bucket_until_ns_ = 0;  ///< when the capacity's bucket has run dry or will have
    std::priority_queue<Offset, std::vector<Offset>, std::greater<>> free_at_;  ///< one a place
    std::deque<Offset> waiting_;  ///< begins of service that lie ahead
    Offset group_begin_{0};       ///< of the last commit that was planned, and its end
    Offset group_end_{0};
    std::uint32_t group_size_ = 0;
};

}  // namespace tuma::loadgen
