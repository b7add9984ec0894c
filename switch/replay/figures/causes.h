// Why a rail leaves the till short: its fee, its delay, or what lies outside of it.
#pragma once

#include "switch/replay/run/result.h"

#include <cstdint>
#include <string>

namespace tuma::replay {

/// On how many days the till would still have been short, had the rail been otherwise. Exact, from
/// the rows: its fees are what was taken until that day, its delayed money is the receivable.
struct ShortWithout {
    std::int64_t fees = 0;  ///< had it charged nothing
    std::int64_t delay =
        0;  ///< had its money come on the day of the sale, fees taken when they were
    std::int64_t both = 0;  ///< neither fee nor delay

    bool operator==(const ShortWithout&) const = default;
};
ShortWithout short_without(const Variant& variant);

/// The cause of the base variant's short days in a few sentences; empty if there are none.
std::string cause_words(const RailResult& rail);

}  // namespace tuma::replay
