// The clock on the wall of the country whose service is spoken.
#pragma once

#include "ledger/words/time.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::protocols {

/// Zones without daylight saving: how far their clocks are before UTC.
inline constexpr std::chrono::hours east_africa{3};  ///< EAT
inline constexpr std::chrono::hours beijing{8};      ///< China's only zone

/// What clock and calendar show.
struct LocalTime {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
};
LocalTime local_time(Timestamp time, std::chrono::hours zone);

/// "20261002181102".
std::string compact_time(Timestamp time, std::chrono::hours zone);
/// The inverse: 14 digits that are a date and a time of day, or nothing.
std::optional<Timestamp> read_compact_time(std::string_view text, std::chrono::hours zone);

}  // namespace tuma::protocols
