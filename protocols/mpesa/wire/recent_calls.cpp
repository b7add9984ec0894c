#include "protocols/mpesa/wire/recent_calls.h"

namespace tuma::mpesa {
namespace {

constexpr std::size_t names_max = 100'000;

}  // namespace

bool RecentCalls::take(const std::string& name, Timestamp now, Duration window, std::size_t most) {
    const std::lock_guard lock(mutex_);
    // Names come from outside, and memory must not grow by them for ever.
    if (calls_.size() >= names_max) forget(now, window);
    std::deque<Timestamp>& times = calls_[name];
    while (!times.empty() && times.front() + window <= now) times.pop_front();
    if (times.size() >= most) return false;
    times.push_back(now);
    return true;
}

void RecentCalls::forget(Timestamp now, Duration window) {
    std::erase_if(calls_, [&](const auto& call) {
        return call.second.empty() || call.second.back() + window <= now;
    });
    // All are recent. A bound that is kept too loosely costs less than memory without one.
    if (calls_.size() >= names_max) calls_.clear();
}

}  // namespace tuma::mpesa
