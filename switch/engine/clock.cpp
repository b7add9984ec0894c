#include "switch/net/clock.h"

#include "ledger/ensure.h"

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
      offset_(machine_.wall() - start) {}

bool RealClock::is_followed() const {
    return nears_any_ || std::chrono::abs(offset_) <= slewed_max;
}

Timestamp RealClock::at(Duration steady) const {
    const Duration elapsed = std::max(steady - steady_, Duration{});
    if (!is_followed()) return time_ + elapsed;
    const Duration most = elapsed / slew_part;
    return time_ + elapsed + std::clamp(offset_, -most, most);
}

Timestamp RealClock::now() {
    const std::lock_guard lock(mutex_);
    return at(machine_.steady());
}

ClockLook RealClock::look() {
    const std::lock_guard lock(mutex_);
    const Duration before = machine_.steady();
    const Timestamp wall = machine_.wall();
    const Duration after = machine_.steady();
    const Timestamp time = at(after);
    const Duration slewed = (time - time_) - std::max(after - steady_, Duration{});
    offset_ -= slewed;
    time_ = time;
    steady_ = std::max(steady_, after);
    ClockLook seen{
        .wall = time_ + offset_, .steady = steady_, .time = time_, .is_followed = is_followed()};
    if (after - before > reading_max) return seen;
    const Duration jumped = (wall - time) - offset_;
    offset_ = wall - time;
    if (std::chrono::abs(jumped) >= jump_min) seen.jumped = jumped;
    // What was accepted was one difference, and it is over once it is small.
    if (std::chrono::abs(jumped) > slewed_max || std::chrono::abs(offset_) <= slewed_max)
        nears_any_ = false;
    seen.wall = wall;
    seen.is_followed = is_followed();
    return seen;
}

void VirtualClock::move_to(Timestamp time) {
    ensure(time >= now_.load(), "switch time never decreases");
    now_ = time;
}

}  // namespace tuma::net
