// The only place that reads the machine's clocks.
#pragma once

#include "ledger/time.h"

#include <atomic>
#include <chrono>

namespace tuma::net {

/// For intervals.
using Steady = std::chrono::steady_clock;

/// Switch time, handed to the core as an argument. Never less than before: when the wall clock
/// jumps back, time stands still until the wall clock has caught up.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    /// Any thread.
    virtual Timestamp now() = 0;
};

/// The machine's wall clock, held to never go back, starting no earlier than `earliest`.
class WallClock final : public Clock {
public:
    explicit WallClock(Timestamp earliest) : last_(earliest) {}
    Timestamp now() override;

private:
    std::atomic<Timestamp> last_;
};

/// Stands still until it is moved by hand, for tests that let a day pass in a moment. Begins at
/// the wall clock's time, but not before `earliest`.
class VirtualClock final : public Clock {
public:
    explicit VirtualClock(Timestamp earliest);
    Timestamp now() override { return now_.load(); }
    /// Requires: not before `now`.
    void move_to(Timestamp time);

private:
    std::atomic<Timestamp> now_;
};

}  // namespace tuma::net
