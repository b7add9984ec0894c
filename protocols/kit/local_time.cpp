#include "protocols/kit/local_time.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::protocols {

LocalTime local_time(Timestamp time, std::chrono::hours zone) {
    const auto shifted = time + zone;
    // Rounded down, not towards zero: before 1970 the time of day would be negative.
    const auto day = std::chrono::floor<std::chrono::days>(shifted);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(shifted - day)};
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()),
            static_cast<int>(clock.seconds().count()),
            static_cast<int>(clock.subseconds().count())};
}

std::string compact_time(Timestamp time, std::chrono::hours zone) {
    const LocalTime t = local_time(time, zone);
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", t.year, t.month, t.day, t.hour, t.minute,
                       t.second);
}

std::optional<Timestamp> read_compact_time(std::string_view text, std::chrono::hours zone) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() != 14 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    // All are digits and at most four of them, so that nothing can overflow.
    const auto part = [&](std::size_t at, std::size_t size) {
        unsigned value = 0;
        for (const char c : text.substr(at, size))
            value = value * 10 + static_cast<unsigned>(c - '0');
        return value;
    };
    const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(part(0, 4))},
                                          std::chrono::month{part(4, 2)},
                                          std::chrono::day{part(6, 2)}};
    const unsigned hour = part(8, 2);
    const unsigned minute = part(10, 2);
    const unsigned second = part(12, 2);
    // A leap second is no time of day here: switch time counts none.
    if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return Timestamp{std::chrono::sys_days{day}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second} - zone;
}

}  // namespace tuma::protocols
