// Instants and durations as text, both ways.
#include "ledger/words/time.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

using namespace tuma;

namespace {

Timestamp instant_at(std::int64_t micros) {
    return Timestamp{Duration{micros}};
}

}  // namespace

TEST_CASE("time: instants are written in UTC with six decimals") {
    CHECK(text(instant_at(0)) == "1970-01-01T00:00:00.000000Z");
    CHECK(text(instant_at(1)) == "1970-01-01T00:00:00.000001Z");
    CHECK(text(instant_at(-1)) == "1969-12-31T23:59:59.999999Z");
    CHECK(text(instant_at(951'782'400'000'000)) == "2000-02-29T00:00:00.000000Z");
    CHECK(text(instant_at(1'795'443'469'000'001)) == "2026-11-23T14:17:49.000001Z");
    CHECK(text(instant_at(253'402'300'799'999'999)) == "9999-12-31T23:59:59.999999Z");
}

TEST_CASE("time: RFC 3339 is read with Z or an offset and up to six decimals") {
    struct Row {
        const char* input;
        std::int64_t micros;
    };
    const Row rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.5Z", 500'000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.12345Z", 123'450},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"1970-01-01T03:00:00+03:00", 0},
        {"1970-01-01T08:00:00.25+08:00", 250'000},
        {"1969-12-31T19:00:00-05:00", 0},
        {"1970-01-01T05:45:00+05:45", 0},
        {"1970-01-01T00:00:00+00:00", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
        {"2026-11-23T14:17:49.000001Z", 1'795'443'469'000'001},
    };
    for (const Row& row : rows) {
        CAPTURE(row.input);
        const auto time = parse_timestamp(row.input);
        REQUIRE(time.has_value());
        CHECK(time->time_since_epoch().count() == row.micros);
    }
}

TEST_CASE("time: everything else than RFC 3339 in full is refused") {
    const char* wrong[] = {"",
                           "2026-11-23",
                           "2026-11-23T14:17:49",
                           "2026-11-23 14:17:49Z",
                           "2026-11-23t14:17:49z",
                           "2026-11-23T14:17Z",
                           "2026-11-23T14:17:49.Z",
                           "2026-11-23T14:17:49.0000001Z",
                           "2026-11-23T14:17:49,5Z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T23:60:00Z",
                           "2026-11-23T23:59:60Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "26-11-23T14:17:49Z",
                           "2026-1-23T14:17:49Z",
                           "+2026-11-23T14:17:49Z",
                           "2026-11-23T14:17:49+3:00",
                           "2026-11-23T14:17:49+0300",
                           "2026-11-23T14:17:49+24:00",
                           "2026-11-23T14:17:49+03:60",
                           "2026-11-23T14:17:49+",
                           "2026-11-23T14:17:49ZZ",
                           " 2026-11-23T14:17:49Z",
                           "2026-11-23T14:17:49Z "};
    for (const char* input : wrong) {
        CAPTURE(input);
        const auto time = parse_timestamp(input);
        REQUIRE_FALSE(time.has_value());
        CHECK(time.error().field == "time");
    }
}

TEST_CASE("time: what people write is read with its zone, or as a day, or as a clock without one") {
    struct Row {
        const char* input;
        const char* utc_plus_8;  ///< on the clocks of +08:00
        bool is_day;
        bool has_zone;
    };
    const Row rows[] = {
        {"2026-12-01", "2026-12-01T00:00:00.000000Z", true, false},
        {"2026-12-01T00:30:00", "2026-12-01T00:30:00.000000Z", false, false},
        {"2026-12-01 00:30", "2026-12-01T00:30:00.000000Z", false, false},
        {"2026-11-30T16:30:00Z", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-11-30T16:30:00z", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-11-30 16:30:00 UTC", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-11-30T16:30Z", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-12-01T00:30:00+08:00", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-11-30 09:30:00 -0700", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-11-30T09:30:00-07", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-11-30T22:00:00.5+05:30", "2026-12-01T00:30:00.500000Z", false, true},
        {"2026-11-30T16:30:00.123456789Z", "2026-12-01T00:30:00.123456Z", false, true},
        {"2026-12-01T06:30:00+14:00", "2026-12-01T00:30:00.000000Z", false, true},
        {"2026-12-31T23:00:00-10:00", "2027-01-01T17:00:00.000000Z", false, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.input);
        const auto time = read_written_time(row.input);
        REQUIRE(time.has_value());
        CHECK(text(time->local(std::chrono::hours{8})) == row.utc_plus_8);
        CHECK(time->is_day == row.is_day);
        CHECK(time->offset.has_value() == row.has_zone);
    }
    for (const char* input :
         {"", "2026-11-30T", "2026-11-30Z", "2026-11-30+08:00", "2026-11-30T16:30:00 ",
          "2026-11-30T16:30:00  Z", "2026-11-30T16:30:00+14:01", "2026-11-30T16:30:00+15",
          "2026-11-30T16:30:00+8", "2026-11-30T16:30:00+08:", "2026-11-30T16:30:00+08:60",
          "2026-11-30T16:30:00+08:00 ", "2026-11-30T16:30:00 PST", "2026-11-30T16:30:00.1234567890",
          "2026-11-30T16:30:0Z", "1899-12-31", "2200-01-01", "30.11.2026"}) {
        CAPTURE(input);
        CHECK_FALSE(read_written_time(input).has_value());
    }
}

TEST_CASE("time: an instant written in any zone is the same instant") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 2'000; ++i) {
        // Within the years that are read, a day off their ends.
        const Timestamp instant =
            instant_at(static_cast<std::int64_t>(random() % 7'000'000'000'000'000));
        const std::chrono::minutes zone{static_cast<int>(random() % 1'681) - 840};
        const std::string clock = text(instant + zone).substr(0, 26);
        const auto size = std::chrono::abs(zone).count();
        const std::string digits = std::to_string(100 * (size / 60) + size % 60 + 10'000).substr(1);
        const std::string written = clock + (zone.count() < 0 ? "-" : "+") + digits;
        CAPTURE(written);
        const auto read = read_written_time(written);
        REQUIRE(read.has_value());
        CHECK(read->local(std::chrono::minutes{0}) == instant);
        CHECK(read->local(zone) == read->clock);
    }
}

TEST_CASE("time: a zone is hours and minutes with a sign") {
    CHECK(parse_zone("+03:00").value() == std::chrono::minutes{180});
    CHECK(parse_zone("-09:30").value() == std::chrono::minutes{-570});
    CHECK(parse_zone("+14:00").value() == std::chrono::minutes{840});
    for (const char* input : {"", "Z", "UTC", "+0300", "03:00", "+3:00", "+14:01", "+03:60",
                              "+03:0a", "+03:000", "Europe/London"}) {
        CAPTURE(input);
        CHECK_FALSE(parse_zone(input).has_value());
    }
}

TEST_CASE("time: text of an instant is read back as the same instant") {
    std::mt19937_64 random(11);
    for (int i = 0; i < 2'000; ++i) {
        const Timestamp time =
            instant_at(static_cast<std::int64_t>(random() % 253'402'300'800'000'000));
        CAPTURE(text(time));
        const auto back = parse_timestamp(text(time));
        REQUIRE(back.has_value());
        CHECK(*back == time);
    }
}

TEST_CASE("time: durations are a whole number and a unit") {
    struct Row {
        const char* input;
        std::int64_t micros;
        const char* text;
    };
    const Row rows[] = {
        {"0s", 0, "0s"},
        {"0d", 0, "0s"},
        {"1us", 1, "1us"},
        {"10us", 10, "10us"},
        {"1000us", 1'000, "1ms"},
        {"250ms", 250'000, "250ms"},
        {"90s", 90'000'000, "90s"},
        {"60s", 60'000'000, "1m"},
        {"5m", 300'000'000, "5m"},
        {"2h", 7'200'000'000, "2h"},
        {"7d", 604'800'000'000, "7d"},
        {"168h", 604'800'000'000, "7d"},
        {"106751991d", 9'223'372'022'400'000'000, "106751991d"},
        {"9223372036854775807us", std::numeric_limits<std::int64_t>::max(),
         "9223372036854775807us"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.input);
        const auto duration = parse_duration(row.input);
        REQUIRE(duration.has_value());
        CHECK(duration->count() == row.micros);
        CHECK(text(*duration) == row.text);
        const auto back = parse_duration(text(*duration));
        REQUIRE(back.has_value());
        CHECK(*back == *duration);
    }
}

TEST_CASE("time: durations without unit, with sign, fraction or overflow are refused") {
    const char* wrong[] = {"",     "s",    "5",   "5 s",        " 5s",
                           "5s ",  "-5s",  "-0s", "+5s",        "1.5s",
                           "5S",   "5sec", "5w",  "106751992d", "9223372036854775808us",
                           "1e3s", "5mm",  "0x5s"};
    for (const char* input : wrong) {
        CAPTURE(input);
        const auto duration = parse_duration(input);
        REQUIRE_FALSE(duration.has_value());
        CHECK(duration.error().field == "duration");
    }
}
