#include "switch/http/session_loop.h"

namespace tuma::net {
namespace {

constexpr Duration tick_max = std::chrono::seconds{1};
constexpr Duration tick_min = std::chrono::milliseconds{5};

}  // namespace

bool SessionCount::admit() {
    const std::lock_guard lock(mutex_);
    if (open_ >= sessions_max_) return false;
    ++open_;
    ++unsettled_;
    gauge_.set(static_cast<std::int64_t>(open_));
    return true;
}

void SessionCount::settle() {
    const std::lock_guard lock(mutex_);
    // The last byte and the end count apart: a server that stops waits for the first only.
    if (--unsettled_ == 0) emptied_.notify_all();
}

void SessionCount::leave() {
    const std::lock_guard lock(mutex_);
    --open_;
    gauge_.set(static_cast<std::int64_t>(open_));
}

bool SessionCount::wait_settled(Duration deadline) {
    std::unique_lock lock(mutex_);
    return emptied_.wait_for(lock, deadline, [this] { return unsettled_ == 0; });
}

Duration tick_for(Duration shortest) {
    // A quarter, so that nobody overruns a limit by much.
    return std::clamp(shortest / 4, tick_min, tick_max);
}

}  // namespace tuma::net
