// People who wait and think: how long, when they begin, and when they stop.
#include "loadgen/arrivals/users.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

TimeLaw law_of(std::string_view text) {
    const auto law = parse_time_law(text);
    REQUIRE_MESSAGE(law.has_value(), text);
    return *law;
}

}  // namespace

TEST_CASE("users: thinking follows its law") {
    constexpr int draws = 200'000;
    struct Row {
        const char* text;
        double mean_ms;
        double deviation_ms;
    };
    for (const Row& row : {Row{"2s", 2000, 0}, Row{"fixed:2s", 2000, 0}, Row{"exp:30ms", 30, 30},
                           Row{"uniform:1s..3s", 2000, 2000 / std::sqrt(12)}}) {
        CAPTURE(row.text);
        const TimeLaw law = law_of(row.text);
        Random random(4);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < draws; ++i) {
            const Offset one = law.draw(random);
            REQUIRE(one >= Offset{0});
            if (law.kind == TimeLaw::Kind::uniform) REQUIRE((one >= 1s && one <= 3s));
            const double ms = std::chrono::duration<double, std::milli>(one).count();
            sum += ms;
            squares += ms * ms;
        }
        const double mean = sum / draws;
        // Five standard errors.
        CHECK(std::abs(mean - row.mean_ms) <= 5 * row.deviation_ms / std::sqrt(draws));
        CHECK(std::sqrt(squares / draws - mean * mean) ==
              doctest::Approx(row.deviation_ms).epsilon(0.02));
        CHECK(law_of(law.text()) == law);
    }
    for (const char* wrong : {"expo:1s", "uniform:3s..1s", "uniform:1s", "exp:", "-1s", "exp:2h"})
        CHECK_FALSE(parse_time_law(wrong));
}

TEST_CASE(
    "users: they begin one after the other within one time of thinking, and stop at the end") {
    Users users(4, law_of("fixed:2s"), 1, 5s);
    for (const Offset due : {Offset{0ms}, Offset{500ms}, Offset{1s}, Offset{1500ms}}) {
        REQUIRE(users.peek() == due);
        CHECK(users.take() == due);
    }
    // All wait for their answers.
    CHECK_FALSE(users.peek());
    users.ended(1600ms);
    users.ended(1550ms);
    CHECK(users.take() == Offset{3550ms});
    CHECK(users.take() == Offset{3600ms});
    users.ended(3s);
    CHECK_FALSE(users.peek());
}

TEST_CASE("users: with a server that takes R each of N asks once in R and thinking") {
    constexpr Offset response = 10ms;
    Users users(50, law_of("exp:90ms"), 7, 200s);
    std::uint64_t asked = 0;
    while (const auto due = users.peek()) {
        users.take();
        users.ended(*due + response);
        ++asked;
    }
    // 50 / (10 ms + 90 ms), over 200 s: 100,000 of them; four standard deviations.
    CHECK(std::abs(static_cast<double>(asked) - 100'000) < 4 * std::sqrt(100'000));
}
