// Points in time: microseconds since 1970-01-01 UTC.
#pragma once

#include "ledger/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tuma {

/// A UTC instant in microseconds. The zero value means "no instant" where a field is optional.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// As records carry it: microseconds since 1970-01-01 UTC.
constexpr std::int64_t microseconds(Timestamp time) {
    return time.time_since_epoch().count();
}

/// RFC 3339 in UTC with six decimals: "2026-11-23T14:17:49.000001Z".
std::string text(Timestamp time);

/// Reads RFC 3339 with "Z" or an offset and up to six decimals. Refuses everything else.
Result<Timestamp> parse_timestamp(std::string_view text);

/// "2026-11-23".
std::string text(std::chrono::sys_days day);

/// The inverse, exactly this form. Refuses everything else, days that do not exist too.
Result<std::chrono::sys_days> parse_day(std::string_view text);

/// Reads "90s", "250ms", "10us", "5m", "2h", "7d": a whole number and a unit, not negative.
Result<Duration> parse_duration(std::string_view text);

/// The shortest exact form that `parse_duration` reads back.
std::string text(Duration duration);

}  // namespace tuma
