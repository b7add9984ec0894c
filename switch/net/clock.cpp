#include "switch/net/clock.h"

#include "ledger/ensure.h"

#include <algorithm>

namespace tuma::net {
namespace {

Timestamp wall_time() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

}  // namespace

Timestamp WallClock::now() {
    const Timestamp wall = wall_time();
    Timestamp last = last_.load();
    while (last < wall && !last_.compare_exchange_weak(last, wall)) {
    }
    return std::max(last, wall);
}

VirtualClock::VirtualClock(Timestamp earliest) : now_(std::max(earliest, wall_time())) {}

void VirtualClock::move_to(Timestamp time) {
    ensure(time >= now_.load(), "switch time never decreases");
    now_ = time;
}

}  // namespace tuma::net
