#include "ledger/words/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace tuma {
namespace {

// UTC+14 is the farthest zone there is.
constexpr std::chrono::minutes zone_offset_max = std::chrono::hours{14};

struct Unit {
    std::string_view name;
    std::int64_t microseconds;
};

// Longest first within a shared ending, so that "ms" is not read as "s".
constexpr std::array<Unit, 6> units{{{"us", 1},
                                     {"ms", 1'000},
                                     {"s", 1'000'000},
                                     {"m", 60'000'000},
                                     {"h", 3'600'000'000},
                                     {"d", 86'400'000'000}}};

// Takes exactly `digits` digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    // Digits one by one: the library's readers would take signs and blanks as well.
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

// What is beyond six of at most `digits_max` decimals is cut.
std::optional<std::int64_t> take_fraction(std::string_view& text, int digits_max) {
    // Not having any is one of the forms. A point without a digit behind it is none.
    if (!take(text, '.')) return 0;
    std::int64_t micros = 0;
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
        if (digits == digits_max) return std::nullopt;
        if (digits < 6) micros = micros * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    // ".5" is half a second, not five microseconds.
    for (; digits < 6; ++digits) micros *= 10;
    return micros;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z')) return std::chrono::minutes{0};
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, west ? '-' : '+')) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    // There is no 30 February. Carrying it over into March would be another day than was written.
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date};
}

std::optional<std::chrono::minutes> take_hour_and_minute(std::string_view& text) {
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    return std::chrono::hours{*hour} + std::chrono::minutes{*minute};
}

// Behind hour and minute.
std::optional<std::chrono::seconds> take_seconds(std::string_view& text) {
    if (!take(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    // No leap second: instants here are counted as if there were none, so that it has no number.
    if (!second || *second > 59) return std::nullopt;
    return std::chrono::seconds{*second};
}

// "18:30", "18:30:05", "18:30:05.123456789".
std::optional<Duration> take_written_clock(std::string_view& text) {
    const auto minutes = take_hour_and_minute(text);
    if (!minutes) return std::nullopt;
    if (text.empty() || text.front() != ':') return Duration{*minutes};
    const auto seconds = take_seconds(text);
    if (!seconds) return std::nullopt;
    const auto fraction = take_fraction(text, 9);
    if (!fraction) return std::nullopt;
    return Duration{*minutes} + *seconds + Duration{*fraction};
}

// "Z", "UTC", "+02:00", "+0200" or "+02", and nothing behind it.
std::optional<std::chrono::minutes> read_written_zone(std::string_view text) {
    if (text == "Z" || text == "z" || text == "UTC") return std::chrono::minutes{0};
    const bool is_west = text.starts_with('-');
    if (!take(text, is_west ? '-' : '+')) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours) return std::nullopt;
    std::chrono::minutes offset = std::chrono::hours{*hours};
    if (!text.empty()) {
        // With a colon between them or without: other programs write both.
        static_cast<void>(take(text, ':'));
        const auto minutes = take_number(text, 2);
        if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
        offset += std::chrono::minutes{*minutes};
    }
    if (offset > zone_offset_max) return std::nullopt;
    return is_west ? -offset : offset;
}

}  // namespace

std::string text(Timestamp time) {
    // Floor and not a cast, which would put times before 1970 on the day after.
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{}T{:02}:{:02}:{:02}.{:06}Z", text(day), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::string text(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Result<std::chrono::sys_days> parse_day(std::string_view input) {
    std::string_view rest = input;
    const auto day = take_date(rest);
    if (!day || !rest.empty()) return InputError{"date", "must look like 2026-11-23"};
    return *day;
}

Result<Timestamp> parse_timestamp(std::string_view input) {
    const InputError wrong{"time", "must look like 2026-11-23T14:17:49.000001Z (RFC 3339)"};
    std::string_view rest = input;
    const auto date = take_date(rest);
    if (!date || !take(rest, 'T')) return wrong;
    const auto minutes = take_hour_and_minute(rest);
    if (!minutes) return wrong;
    const auto seconds = take_seconds(rest);
    if (!seconds) return wrong;
    const auto fraction = take_fraction(rest, 6);
    if (!fraction) return wrong;
    const auto offset = take_offset(rest);
    if (!offset || !rest.empty()) return wrong;
    // Local time less its offset is UTC.
    return Timestamp{*date + *minutes + *seconds + Duration{*fraction} - *offset};
}

std::optional<WrittenTime> read_written_time(std::string_view text) {
    const auto day = take_date(text);
    if (!day) return std::nullopt;
    const std::chrono::year year = std::chrono::year_month_day{*day}.year();
    // Beyond these it is another number that was taken for a date, or a slip.
    if (year < std::chrono::year{1900} || year > std::chrono::year{2199}) return std::nullopt;
    WrittenTime time{*day, true, std::nullopt};
    if (text.empty()) return time;
    if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
    const auto clock = take_written_clock(text);
    if (!clock) return std::nullopt;
    time.clock += *clock;
    time.is_day = false;
    if (text.empty()) return time;
    static_cast<void>(take(text, ' '));
    time.offset = read_written_zone(text);
    if (!time.offset) return std::nullopt;
    return time;
}

Result<std::chrono::minutes> parse_zone(std::string_view text) {
    constexpr std::size_t size = 6;
    const auto offset =
        text.size() == size && text[3] == ':' ? read_written_zone(text) : std::nullopt;
    if (offset) return *offset;
    return InputError{"zone",
                      fmt::format("found \"{}\"; \"-14:00\" to \"+14:00\" is needed", text)};
}

Result<Duration> parse_duration(std::string_view input) {
    const InputError wrong{"duration", "must be a whole number with us, ms, s, m, h or d: 90s"};
    std::int64_t count = 0;
    const char* const end = input.data() + input.size();
    const auto [rest, failure] = std::from_chars(input.data(), end, count);
    // from_chars reads "-0" as zero.
    if (failure != std::errc{} || input.front() == '-') return wrong;
    const std::string_view unit_name{rest, static_cast<std::size_t>(end - rest)};
    for (const Unit& unit : units) {
        // The whole rest must be the unit, so that nothing may stand behind it.
        if (unit.name != unit_name) continue;
        std::int64_t micros = 0;
        if (__builtin_mul_overflow(count, unit.microseconds, &micros)) return wrong;
        return Duration{micros};
    }
    return wrong;
}

std::string text(Duration duration) {
    const Unit* best = &units.front();
    // The largest that divides it, as the list goes from small to large.
    for (const Unit& unit : units)
        if (duration.count() != 0 && duration.count() % unit.microseconds == 0) best = &unit;
    // Zero is a multiple of every unit; it is shown in seconds.
    if (duration.count() == 0) best = &units[2];
    return fmt::format("{}{}", duration.count() / best->microseconds, best->name);
}

}  // namespace tuma
