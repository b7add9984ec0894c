// Rates that change: exact times, counts that are the integral, the same for the same seed.
#include "loadgen/arrivals/rate_profile.h"

#include "loadgen/arrivals/rate_words.h"
#include "loadgen/arrivals/schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

std::vector<RatePiece> pieces_of(std::string_view text) {
    const auto pieces = parse_rate_profile(text);
    REQUIRE_MESSAGE(pieces.has_value(), text);
    return *pieces;
}

std::vector<Offset> times_of(const RateProfile& profile, Offset end, Arrival arrival,
                             std::uint64_t seed = 0) {
    Schedule schedule(profile, arrival, seed, end);
    std::vector<Offset> times;
    while (schedule.peek()) times.push_back(schedule.take());
    return times;
}

std::vector<Offset> times_of(std::string_view text, Arrival arrival, std::uint64_t seed = 0) {
    const auto pieces = pieces_of(text);
    return times_of(RateProfile(pieces), length_of(pieces), arrival, seed);
}

/// How many lie in each piece.
std::vector<double> counts_of(const std::vector<RatePiece>& pieces,
                              const std::vector<Offset>& times) {
    std::vector<double> counts;
    Offset begin{0};
    for (const RatePiece& piece : pieces) {
        const Offset end = begin + piece.length;
        counts.push_back(static_cast<double>(std::lower_bound(times.begin(), times.end(), end) -
                                             std::lower_bound(times.begin(), times.end(), begin)));
        begin = end;
    }
    return counts;
}

constexpr std::array all_forms{"1k:10s",
                               "ramp:1k..20k:3s",
                               "ramp:20k..1k:3s",
                               "ramp:0.001..5k:2s",
                               "ramp:5k..0.001:2s",
                               "ramp:0.001..0.002:2d",
                               "ramp:3..7:777777us",
                               "step:1k,2k,4k:1s",
                               "spike:2k+20k@1s/100ms",
                               "1k:1s,ramp:1k..20k:2s,20k:500ms,ramp:20k..0.5:1s,0.5:60s"};

}  // namespace

TEST_CASE("rate profile: constant arrivals have the times that can be reckoned by hand") {
    CHECK(times_of("2:2s", Arrival::constant) == std::vector<Offset>{0ms, 500ms, 1s, 1500ms});
    CHECK(times_of("step:1,2,4:1s", Arrival::constant) ==
          std::vector<Offset>{0s, 1s, 1500ms, 2s, 2250ms, 2500ms, 2750ms});
    CHECK(times_of("spike:1+3@2s/1s", Arrival::constant) ==
          std::vector<Offset>{0s, 1s, 2s, 2250ms, 2500ms, 2750ms, 3s, 4s});
    // From almost nothing to 2/s in 4 s: k operations have passed at 2 sqrt(k), and a thousandth of
    // a rate at the beginning makes the first of them a little earlier.
    const auto rising = times_of("ramp:0.001..2:4s", Arrival::constant);
    REQUIRE(rising.size() == 5);
    for (std::size_t k = 0; k < rising.size(); ++k)
        CHECK(std::chrono::duration<double>(rising[k]).count() ==
              doctest::Approx(2 * std::sqrt(static_cast<double>(k))).epsilon(0.002));
    // 9/s falling to 1/s in 1 s: 9 t - 4 t² = k, so that t = (9 - sqrt(81 - 16 k)) / 8.
    CHECK(times_of("ramp:9..1:1s", Arrival::constant) ==
          std::vector<Offset>{0ns, 117'217'781ns, 250'000'000ns, 406'929'669ns, 609'611'796ns});
}

TEST_CASE("rate profile: each time is the last nanosecond before which no more has passed") {
    for (const char* form : all_forms) {
        CAPTURE(form);
        const auto pieces = pieces_of(form);
        const auto times = times_of(form, Arrival::constant);
        Uint128 before = 0;  // doubled area, in 10^-12 of an operation
        Offset begin{0};
        std::size_t next = 0;
        for (const RatePiece& piece : pieces) {
            const auto length = static_cast<std::uint64_t>(piece.length.count());
            // Everything times the length, so that the check divides nothing.
            const auto passed = [&](Offset time) {
                const auto t = static_cast<std::uint64_t>((time - begin).count());
                const Uint128 level = Uint128{2 * piece.from.millihertz} * t * length;
                const Uint128 square = Uint128{t} * t;
                return piece.from <= piece.to
                           ? level + square * (piece.to.millihertz - piece.from.millihertz)
                           : level - square * (piece.from.millihertz - piece.to.millihertz);
            };
            const Uint128 whole = passed(begin + piece.length);
            for (; next < times.size(); ++next) {
                const Uint128 wanted = Uint128{next} * 2'000'000'000'000;
                if ((wanted - before) * length >= whole) break;
                CAPTURE(next);
                const Offset time = times[next];
                REQUIRE(time >= begin);
                REQUIRE(time < begin + piece.length);
                REQUIRE(passed(time) <= (wanted - before) * length);
                REQUIRE(passed(time + 1ns) > (wanted - before) * length);
            }
            before += whole / length;
            begin += piece.length;
        }
        CHECK(next == times.size());
        CHECK(std::is_sorted(times.begin(), times.end()));
    }
}

TEST_CASE("rate profile: every piece has as many operations as its rate makes in its time") {
    for (const char* form : all_forms) {
        CAPTURE(form);
        const auto pieces = pieces_of(form);
        const auto even = times_of(form, Arrival::constant);
        const auto drawn = times_of(form, Arrival::poisson, 5);
        CHECK(std::is_sorted(drawn.begin(), drawn.end()));
        CHECK(drawn == times_of(form, Arrival::poisson, 5));
        CHECK(drawn != times_of(form, Arrival::poisson, 6));
        const auto even_counts = counts_of(pieces, even);
        const auto drawn_counts = counts_of(pieces, drawn);
        double all = 0;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const double asked = pieces[i].operations(pieces[i].length);
            all += asked;
            CHECK(std::abs(even_counts[i] - asked) <= 1);
            // Four standard deviations, with this seed.
            CHECK(std::abs(drawn_counts[i] - asked) <= 4 * std::sqrt(asked) + 1);
        }
        CHECK(std::abs(static_cast<double>(even.size()) - all) <= 1);
        CHECK(operations_until(pieces, length_of(pieces)) == doctest::Approx(all));
        const RateProfile profile(pieces);
        CHECK(profile.operations_before(length_of(pieces)) == even.size());
        for (const Offset moment : {Offset{0}, Offset{1}, length_of(pieces) / 3})
            CHECK(static_cast<std::ptrdiff_t>(profile.operations_before(moment)) ==
                  std::lower_bound(even.begin(), even.end(), moment) - even.begin());
    }
}

TEST_CASE("rate profile: within a ramp Poisson arrivals follow the line") {
    const auto pieces = pieces_of("ramp:1k..20k:10s");
    const auto times = times_of("ramp:1k..20k:10s", Arrival::poisson, 11);
    for (int second = 0; second < 10; ++second) {
        CAPTURE(second);
        const Offset begin = 1s * second;
        const double asked = pieces[0].operations(begin + 1s) - pieces[0].operations(begin);
        const auto found =
            static_cast<double>(std::lower_bound(times.begin(), times.end(), begin + 1s) -
                                std::lower_bound(times.begin(), times.end(), begin));
        CHECK(std::abs(found - asked) <= 4 * std::sqrt(asked));
    }
}

TEST_CASE("rate profile: the largest one does not overflow") {
    const auto pieces = pieces_of("ramp:0.001..100M:7d");
    RateWalk walk{RateProfile(pieces)};
    const auto week = static_cast<double>(length_of(pieces).count());
    const double all = pieces[0].operations(pieces[0].length);
    Offset last{0};
    for (const double share : {1e-9, 0.01, 0.25, 0.5, 0.9, 0.999999}) {
        CAPTURE(share);
        const auto time = walk.time_of(Uint128{static_cast<std::uint64_t>(all * share)} << 32U);
        REQUIRE(time);
        CHECK(*time > last);
        last = *time;
        CHECK(static_cast<double>(time->count()) ==
              doctest::Approx(week * std::sqrt(share)).epsilon(1e-6));
    }
    CHECK_FALSE(walk.time_of(Uint128{static_cast<std::uint64_t>(all) + 1} << 32U));
    CHECK_FALSE(walk.time_of(Uint128{static_cast<std::uint64_t>(all) + 2} << 32U));
}

TEST_CASE("rate profile: the mean rate makes as many in the same time") {
    CHECK(mean_rate(pieces_of("step:1k,2k,6k:10s")) == Rate::per_second(3000));
    CHECK(mean_rate(pieces_of("ramp:1k..20k:30s")) == Rate::per_second(10'500));
    CHECK(mean_rate(pieces_of("spike:2k+20k@10s/1s")) == Rate{2'952'381});
    CHECK(length_of(pieces_of("spike:2k+20k@10s/1s")) == 21s);
}

TEST_CASE("rate profile: each hour of a day has its share, and days follow one another") {
    std::vector<std::uint32_t> hours{4,  2,  0,  0,  1,  9,  33, 60, 71, 70, 66, 60,
                                     61, 62, 60, 58, 62, 70, 78, 72, 52, 30, 13, 6};
    double all = 0;
    for (const std::uint32_t weight : hours) all += weight;
    for (const Arrival arrival : {Arrival::constant, Arrival::poisson}) {
        const RateProfile day(Rate::per_second(4000), hours, 24s);
        const auto times = times_of(day, 48s, arrival, 3);
        for (std::int64_t hour = 0; hour < 48; ++hour) {
            CAPTURE(hour);
            const double asked = 96'000 * hours[static_cast<std::size_t>(hour % 24)] / all;
            const auto found =
                static_cast<double>(std::lower_bound(times.begin(), times.end(), 1s * (hour + 1)) -
                                    std::lower_bound(times.begin(), times.end(), 1s * hour));
            CHECK(std::abs(found - asked) <=
                  (arrival == Arrival::constant ? 1 : 4 * std::sqrt(asked)));
        }
        if (arrival == Arrival::constant) CHECK(day.operations_before(48s) == times.size());
    }
}

TEST_CASE("rate profile: hours without weight are stepped over") {
    std::vector<std::uint32_t> hours(24, 0);
    hours[5] = 1;
    hours[20] = 1;
    const RateProfile day(Rate::per_second(1), hours, 24h);
    RateWalk walk(day);
    const auto at = [&](std::uint64_t operations) {
        return walk.time_of(Uint128{operations} << 32U);
    };
    // Half of a day's 86,400 are due in each of the two hours.
    CHECK(at(0) == Offset{5h});
    CHECK(at(21'600) == Offset{330min});
    CHECK(at(43'200) == Offset{20h});
    CHECK(at(86'400) == Offset{29h});
}

TEST_CASE("rate words: forms are read, and written as they are read") {
    CHECK(pieces_of("1k:10s") ==
          std::vector<RatePiece>{{10s, Rate::per_second(1000), Rate::per_second(1000)}});
    CHECK(pieces_of("ramp:0.5..1.2M:30s") ==
          std::vector<RatePiece>{{30s, Rate{500}, Rate::per_second(1'200'000)}});
    CHECK(pieces_of("spike:2k+20k@10s/1s").at(1) ==
          RatePiece{1s, Rate::per_second(22'000), Rate::per_second(22'000)});
    CHECK(pieces_of("1k:10s,step:1k,2k:5s,ramp:2k..4k:1s,spike:1+1@1s/1s,3:1s").size() == 8);
    CHECK(profile_text(pieces_of("step:1k,2.5k:10s")) == "1k:10s,2.5k:10s");
    for (const char* form : {"1k:10s,ramp:1k..20k:30s,20k:10s", "0.001:1ms,1.234567M:7200us",
                             "999.999:1s,100M:1m", "ramp:1.5..1.001k:7d"}) {
        if (std::string(form).find("7d") == std::string::npos)
            CHECK(profile_text(pieces_of(form)) == form);
        CHECK(pieces_of(profile_text(pieces_of(form))) == pieces_of(form));
    }
}

TEST_CASE("rate words: what is misspelt is refused with its place and the forms") {
    struct Row {
        const char* text;
        const char* says;
    };
    const Row rows[] = {{"rampe:1k..2k:10s", "did you mean ramp?"},
                        {"stepp:1k,2k:10s", "did you mean step?"},
                        {"ramp:1k-2k:10s", "\"1k-2k:10s\" is not operations a second"},
                        {"ramp:1k..2k", "\":\" is missing at the end"},
                        {"ramp:1k..2k:", "is not a length"},
                        {"ramp:1k..2k:10", "\"10\" is not a length of 1ms to 7d"},
                        {"ramp:0..2k:10s", "\"0\" is not operations a second from 0.001 to 100M"},
                        {"step:1k,2k,4k", "\":\" is missing at the end"},
                        {"1k,2k", "\"1k,2k\" is not operations a second"},
                        {"1k:10s,", "\"\" is not operations a second"},
                        {"spike:2k+20k@10s", "\"/\""},
                        {"spike:60M+60M@10s/1s", "more than 100M a second together"},
                        {"1k:8d", "is not a length of 1ms to 7d"},
                        {"1k:4d,2k:4d", "it lasts longer than 7d"},
                        {"1k:10s then 2k:10s", "\"10s then 2k:10s\" is not a length"},
                        {"200M:1s", "from 0.001 to 100M"}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto parsed = parse_rate_profile(row.text);
        REQUIRE_FALSE(parsed);
        const std::string said = parsed.error().text();
        CAPTURE(said);
        CHECK(said.find(row.says) != std::string::npos);
        CHECK(said.find("spike:2k+20k@10s/1s, or several") != std::string::npos);
    }
    std::string many = "step:1";
    for (int i = 0; i < 100; ++i) many += ",1";
    CHECK(parse_rate_profile(many + ":1s").error().text().find("101 pieces are more than 100") !=
          std::string::npos);
    CHECK(parse_rate("1k:10s").error().text().find(
              "is a profile, which belongs to --rate of run") != std::string::npos);
}
