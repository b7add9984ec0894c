// Instants and durations as text, both ways.
#include "ledger/time.h"

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
