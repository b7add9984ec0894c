// The only place that reads the machine's clocks; what switch time makes of them.
#pragma once

#include "ledger/words/time.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>

namespace tuma::net {

/// For intervals.
using Steady = std::chrono::steady_clock;

/// The machine's two clocks, handed over so that tests can move them.
struct Machine {
    /// What people and time servers set; may jump.
    std::function<Timestamp()> wall;
    /// Since the machine's start, sleep included; nobody sets it and it never goes back.
    std::function<Duration()> steady;
};
/// The clocks of the machine that this runs on. Any thread.
Machine this_machine();

/// Switch time, handed to the core as an argument. Never less than before. What is recorded has
/// switch time; what strangers' clocks are compared with is `outside`.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    /// Any thread.
    virtual Timestamp now() = 0;
    /// What clocks outside say, as far as the switch can know. Any thread.
    virtual Timestamp outside() = 0;
    /// Whether time is moved by hand, so that no clock outside can agree with it.
    virtual bool is_by_hand() const = 0;
};

/// One part in so many: how much faster or slower than the steady clock switch time may go while
/// it nears the wall clock. 5 %: a minute's difference is gone in 20 minutes.
inline constexpr std::int64_t slew_part = 20;
/// A larger difference is no correction but another date, and is not neared.
inline constexpr Duration slewed_max = std::chrono::hours{1};
/// The wall clock counts as set when it moves by this much against the steady clock at once.
inline constexpr Duration jump_min = std::chrono::seconds{1};

/// How switch time stands to the wall clock.
struct ClockLook {
    Timestamp wall{};
    Duration steady{};
    Timestamp time{};
    bool is_followed = true;  ///< false: the difference is too large and stays
    Duration jumped{};        ///< by how much the wall clock was set since the last look; 0: not

    Duration offset() const { return wall - time; }
};

/// Switch time that follows the steady clock and nears the wall clock with a bounded slew in both
/// directions. A wall clock that jumps further than `slewed_max` moves nothing: time goes on at its
/// own pace, until the wall clock is back or its date is accepted at a start.
class RealClock final : public Clock {
public:
    /// `nears_any`: a wall clock that is further behind is neared as well, until it is set again.
    RealClock(Timestamp start, Machine machine, bool nears_any = false);
    Timestamp now() override;
    Timestamp outside() override { return machine_.wall(); }
    bool is_by_hand() const override { return false; }

    /// Looks at the wall clock; to be called now and then, by one thread. Between two looks time
    /// knows only how far the wall clock was away.
    ClockLook look();
    bool nears_any() const { return nears_any_; }

private:
    /// Requires the lock.
    Timestamp at(Duration steady) const;
    bool is_followed() const;

    std::mutex mutex_;
    Machine machine_;
    bool nears_any_;
    /// Switch time at a reading of the steady clock, and how far ahead the wall clock was then.
    Timestamp time_;
    Duration steady_;
    Duration offset_{};
};

/// Stands still until it is moved by hand, for tests that let a day pass in a moment.
class VirtualClock final : public Clock {
public:
    /// Without `outside`, clocks outside are taken to say the same.
    explicit VirtualClock(Timestamp start, std::function<Timestamp()> outside = {})
        : now_(start), outside_(std::move(outside)) {}
    Timestamp now() override { return now_.load(); }
    Timestamp outside() override { return outside_ ? outside_() : now(); }
    bool is_by_hand() const override { return true; }
    /// Requires: not before `now`.
    void move_to(Timestamp time);

private:
    std::atomic<Timestamp> now_;
    std::function<Timestamp()> outside_;
};

}  // namespace tuma::net
