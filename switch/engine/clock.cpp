#include "switch/engine/clock.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace tuma::net {
namespace {

// A thread that was kept waiting between two readings knows nothing of their difference.
constexpr std::chrono::milliseconds reading_max{100};

Timestamp wall_time() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

// Other than the library's steady clock it goes on while the machine sleeps, as the world does.
Duration time_since_boot() {
    // CLOCK_MONOTONIC stands still while a laptop sleeps, and payments would expire late by the
    // whole night.
    timespec time{};
    ensure(clock_gettime(CLOCK_BOOTTIME, &time) == 0, "the machine has a clock since its start");
    return std::chrono::duration_cast<Duration>(std::chrono::seconds{time.tv_sec} +
                                                std::chrono::nanoseconds{time.tv_nsec});
}

}  // namespace

Machine this_machine() {
    return {.wall = &wall_time, .steady = &time_since_boot};
}

RealClock::RealClock(Timestamp start, Machine machine, bool nears_any)
    : machine_(std::move(machine)),
      nears_any_(nears_any),
      time_(start),
      steady_(machine_.steady()),
      // The difference at the start is no jump; it is neared like every other one.
      offset_(machine_.wall() - start) {}

bool RealClock::is_followed() const {
    // A date that a person has accepted is neared however far it is.
    return nears_any_ || std::chrono::abs(offset_) <= slewed_max;
}

Timestamp RealClock::at(Duration steady) const {
    // Readings of two threads can overtake each other by a little; time must not go back for that.
    const Duration elapsed = std::max(steady - steady_, Duration{});
    if (!is_followed()) return time_ + elapsed;
    const Duration most = elapsed / slew_part;
    // Never more than the slew, in either direction: the difference is closed slowly, and no
    // timeout is off by more than 5 %.
    return time_ + elapsed + std::clamp(offset_, -most, most);
}

Timestamp RealClock::now() {
    const std::lock_guard lock(mutex_);
    return at(machine_.steady());
}

ClockLook RealClock::look() {
    const std::lock_guard lock(mutex_);
    // Two readings around one: if the thread was put to sleep between them, the middle one belongs
    // to no moment.
    const Duration before = machine_.steady();
    const Timestamp wall = machine_.wall();
    const Duration after = machine_.steady();
    const Timestamp time = at(after);
    // How much of the difference was made up by the slew since the last look.
    const Duration slewed = (time - time_) - std::max(after - steady_, Duration{});
    offset_ -= slewed;
    time_ = time;
    steady_ = std::max(steady_, after);
    ClockLook seen{
        .wall = time_ + offset_, .steady = steady_, .time = time_, .is_followed = is_followed()};
    // Nothing is learned from such a reading, but time has moved on by the steady clock.
    if (after - before > reading_max) return seen;
    // What the wall clock did beyond what was expected of it. A slow drift is not told of.
    const Duration jumped = (wall - time) - offset_;
    offset_ = wall - time;
    if (std::chrono::abs(jumped) >= jump_min) seen.jumped = jumped;
    // What was accepted was one difference, and it is over once it is small.
    // A new jump ends the acceptance too: it was given for one date, not for whatever comes.
    if (std::chrono::abs(jumped) > slewed_max || std::chrono::abs(offset_) <= slewed_max)
        nears_any_ = false;
    seen.wall = wall;
    seen.is_followed = is_followed();
    return seen;
}

void VirtualClock::move_to(Timestamp time) {
    // Set by an administrator, and still never backwards: the journal's times only grow.
    ensure(time >= now_.load(), "switch time never decreases");
    now_ = time;
}

}  // namespace tuma::net
