// Percentiles of a handful of durations, for probes that keep them all.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace tuma::bench {

using Steady = std::chrono::steady_clock;

/// The duration that `percent` of all do not exceed, in microseconds. Requires: not empty.
inline double percentile_us(std::vector<Steady::duration> durations, double percent) {
    std::sort(durations.begin(), durations.end());
    const auto rank = static_cast<std::size_t>(percent / 100.0 * double(durations.size()));
    const Steady::duration at = durations[std::min(rank, durations.size() - 1)];
    return std::chrono::duration<double, std::micro>(at).count();
}

inline double seconds_since(Steady::time_point start) {
    return std::chrono::duration<double>(Steady::now() - start).count();
}

}  // namespace tuma::bench
