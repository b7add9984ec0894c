// The generator's known numbers, and the shapes of what is drawn from it.
#include "loadgen/arrivals/random.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

using namespace tuma::loadgen;

TEST_CASE("random: SplitMix64 gives the published numbers for seed 1234567") {
    std::uint64_t state = 1234567;
    const std::uint64_t expected[] = {6457827717110365317U, 3203168211198807973U,
                                      9817491932198370423U, 4593380528125082431U,
                                      16408922859458223821U};
    for (const std::uint64_t value : expected) CHECK(splitmix64(state) == value);
}

TEST_CASE("random: equal seeds give equal numbers, other seeds and streams others") {
    Random first(7);
    Random same(7);
    Random other_seed(8);
    Random other_stream(7, 1);
    int equal_seeds = 0;
    int equal_streams = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t value = first.next();
        REQUIRE(value == same.next());
        if (value == other_seed.next()) ++equal_seeds;
        if (value == other_stream.next()) ++equal_streams;
    }
    CHECK(equal_seeds == 0);
    CHECK(equal_streams == 0);
}

TEST_CASE("random: bounds are kept and every value comes about equally often") {
    Random random(3);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
    // The standard deviation is 93; five of them.
    for (const int count : counts) CHECK(std::abs(count - 10'000) < 465);

    for (int i = 0; i < 1000; ++i) {
        const std::int64_t value = random.between(-3, 4);
        REQUIRE(value >= -3);
        REQUIRE(value <= 4);
        REQUIRE(random.unit() >= 0);
        REQUIRE(random.unit() < 1);
    }
    CHECK(random.below(1) == 0);
    CHECK(random.between(5, 5) == 5);
    random.between(INT64_MIN, INT64_MAX);
    CHECK(!random.chance(0, 10));
    CHECK(random.chance(10, 10));
}

TEST_CASE("random: exponential variates have the mean, variance and tail of their kind") {
    Random random(5);
    constexpr int n = 400'000;
    double sum = 0;
    double squares = 0;
    int above_one = 0;
    int above_three = 0;
    for (int i = 0; i < n; ++i) {
        const double value = static_cast<double>(random.exponential()) / 4294967296.0;
        sum += value;
        squares += value * value;
        if (value > 1) ++above_one;
        if (value > 3) ++above_three;
    }
    const double mean = sum / n;
    CHECK(mean == doctest::Approx(1).epsilon(0.01));
    CHECK(squares / n - mean * mean == doctest::Approx(1).epsilon(0.03));
    CHECK(above_one / double{n} == doctest::Approx(std::exp(-1.0)).epsilon(0.01));
    CHECK(above_three / double{n} == doctest::Approx(std::exp(-3.0)).epsilon(0.04));
}

TEST_CASE("random: a weighted choice never takes a weight of zero and keeps the proportions") {
    const std::uint64_t weights[] = {0, 200, 365, 350, 80, 5, 0};
    const WeightedChoice choice(weights);
    Random random(17);
    std::array<int, 7> counts{};
    for (int i = 0; i < 100'000; ++i) ++counts[choice.draw(random)];

    CHECK(choice.size() == 7);
    CHECK(counts[0] == 0);
    CHECK(counts[6] == 0);
    for (std::size_t i = 1; i < 6; ++i) {
        CAPTURE(i);
        const double expected = static_cast<double>(weights[i]) * 100;
        // Five standard deviations of a count that is about Poisson.
        CHECK(std::abs(counts[i] - expected) < 5 * std::sqrt(expected));
    }
}

TEST_CASE("random: Zipf ranks fall off with their exponent, and 0 is uniform") {
    Random random(23);
    for (const double exponent : {0.0, 0.9, 1.2}) {
        CAPTURE(exponent);
        constexpr std::size_t ranks = 50;
        const Zipf zipf(ranks, exponent);
        std::vector<int> counts(ranks);
        for (int i = 0; i < 200'000; ++i) ++counts[zipf.draw(random)];

        double norm = 0;
        for (std::size_t k = 0; k < ranks; ++k) norm += std::pow(double(k + 1), -exponent);
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}, std::size_t{9}, ranks - 1}) {
            CAPTURE(k);
            const double expected = 200'000 * std::pow(double(k + 1), -exponent) / norm;
            CHECK(std::abs(counts[k] - expected) < 5 * std::sqrt(expected));
        }
    }
}
