// Numbers as people read them: latencies with their unit, counts with spaced thousands.
#pragma once

#include "loadgen/measure/histogram.h"

#include <cstdint>
#include <string>

namespace tuma::loadgen {

/// "850 µs", "1.23 ms", "12.3 ms", "1.23 s", "-12.3 ms": three digits and a unit.
std::string latency_text(double microseconds);
inline std::string latency_text(std::uint64_t microseconds) {
    return latency_text(static_cast<double>(microseconds));
}

/// A percentile, 100 for the longest; "-" where nothing was measured.
std::string percentile_text(const Histogram& histogram, double percentile);

/// "1.20 to 1.34 ms", "850 µs to 1.34 ms": the unit once where both have it.
std::string latency_range_text(std::uint64_t low_us, std::uint64_t high_us);

/// "1 234 567".
std::string count_text(std::uint64_t n);

/// "12 345/s", with three digits below 100.
std::string rate_text(double per_second);

/// A share as "1.2 %".
std::string share_text(double share);

}  // namespace tuma::loadgen
