// The scalability law: its fit finds what made the points, and says how sure that is.
#include "loadgen/measure/scalability.h"

#include "loadgen/arrivals/random.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace tuma::loadgen;

namespace {

std::vector<ScalabilityPoint> points_of(double rate, double contention, double coherency,
                                        double noise, std::uint64_t seed) {
    Random random(seed);
    std::vector<ScalabilityPoint> points;
    for (int pass = 0; pass < 2; ++pass) {
        for (const double n : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0}) {
            const double exact = rate * n / (1 + contention * (n - 1) + coherency * n * (n - 1));
            points.push_back({n, exact * (1 + noise * (2 * random.unit() - 1))});
        }
    }
    return points;
}

}  // namespace

TEST_CASE("scalability: points without noise give back their law") {
    const auto fit = fit_scalability(points_of(1000, 0.05, 0.001, 0, 1));
    REQUIRE(fit.has_value());
    CHECK(fit->rate.value == doctest::Approx(1000));
    CHECK(fit->contention.value == doctest::Approx(0.05));
    CHECK(fit->coherency.value == doctest::Approx(0.001));
    CHECK(fit->peak_at == doctest::Approx(std::sqrt(0.95 / 0.001)));
    CHECK(fit->per_s(10) == doctest::Approx(10'000 / (1 + 0.45 + 0.09)));
}

TEST_CASE("scalability: the intervals hold the truth about as often as they say") {
    int rate = 0;
    int contention = 0;
    int coherency = 0;
    constexpr int rounds = 100;
    for (int round = 0; round < rounds; ++round) {
        const auto fit =
            fit_scalability(points_of(500, 0.03, 0.0005, 0.05, static_cast<std::uint64_t>(round)));
        REQUIRE(fit.has_value());
        const auto holds = [](const Estimate& estimate, double truth) {
            return estimate.low <= truth && truth <= estimate.high ? 1 : 0;
        };
        rate += holds(fit->rate, 500);
        contention += holds(fit->contention, 0.03);
        coherency += holds(fit->coherency, 0.0005);
        CHECK(fit->rate.high < 600);
    }
    CHECK(rate >= rounds * 85 / 100);
    CHECK(contention >= rounds * 85 / 100);
    CHECK(coherency >= rounds * 85 / 100);
}

TEST_CASE(
    "scalability: a server that does not slow down has no peak, and one line no parts below zero") {
    const auto fit = fit_scalability(points_of(1000, 0.2, 0, 0.001, 3));
    REQUIRE(fit.has_value());
    CHECK(fit->coherency.value < 1e-4);
    const auto linear = fit_scalability(points_of(1000, 0, 0, 0.02, 4));
    REQUIRE(linear.has_value());
    CHECK(linear->contention.value >= 0);
    CHECK(linear->coherency.value >= 0);
    CHECK(!fit_scalability(std::vector<ScalabilityPoint>{{1, 5}, {2, 9}, {4, 12}, {4, 13}}));
    CHECK(!fit_scalability(std::vector<ScalabilityPoint>{{1, 5}, {2, 9}, {4, 12}, {8, 0}}));
}
