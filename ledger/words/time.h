// Points in time: microseconds since 1970-01-01 UTC.
#pragma once

#include "ledger/words/result.h"

#include <chrono>
#include <cstdint>
#include <optional>
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

/// A day, or a day and a time of day, as people and other programs write it.
struct WrittenTime {
    Timestamp clock{};   ///< what the clock on the wall shows; midnight of a day alone
    bool is_day = true;  ///< no time of day was written
    std::optional<std::chrono::minutes> offset;  ///< of the zone behind it: local time less UTC

    bool operator==(const WrittenTime&) const = default;
    /// On the clocks of `zone`, local time less UTC: what names no zone is on them already.
    Timestamp local(std::chrono::minutes zone) const {
        return offset ? clock - *offset + zone : clock;
    }
};

/// The one reader of times in people's files: "2016-03-01T18:30:00", also with a blank for the T,
/// without seconds, with one to nine decimals of them (cut to six), or the day alone; behind a time
/// "Z", "+08:00", "-0700", "+08" or "UTC", with a blank before it or not, of at most 14 hours.
/// Years 1900 to 2199. Nothing if it is anything else.
std::optional<WrittenTime> read_written_time(std::string_view text);

/// Reads "+03:00", "-09:30": local time less UTC, at most 14 hours either way. Refuses everything
/// else.
Result<std::chrono::minutes> parse_zone(std::string_view text);

/// Reads "90s", "250ms", "10us", "5m", "2h", "7d": a whole number and a unit, not negative.
Result<Duration> parse_duration(std::string_view text);

/// The shortest exact form that `parse_duration` reads back.
std::string text(Duration duration);

}  // namespace tuma
