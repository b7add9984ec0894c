// Exact rank statistics against published tables and against chance itself.
#include "loadgen/measure/statistics.h"

#include "loadgen/arrivals/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace tuma::loadgen;

namespace {

double at_most(const std::vector<double>& chances, std::size_t u) {
    return std::accumulate(chances.begin(), chances.begin() + static_cast<std::ptrdiff_t>(u + 1),
                           0.0);
}

}  // namespace

TEST_CASE("statistics: medians of odd and even numbers") {
    CHECK(median(std::vector<double>{4, 1, 3, 2}) == 2.5);
    CHECK(median(std::vector<double>{9, 1, 5}) == 5);
}

TEST_CASE("statistics: chances of U agree with the published tables") {
    struct Row {
        std::size_t m;
        std::size_t n;
        std::size_t u;
        double ways;   ///< arrangements with this U or less
        double total;  ///< m + n over m
    };
    const Row rows[] = {{1, 1, 0, 1, 2},   {3, 3, 0, 1, 20},      {4, 4, 0, 1, 70},
                        {5, 5, 1, 2, 252}, {5, 5, 2, 4, 252},     {6, 6, 3, 7, 924},
                        {2, 3, 0, 1, 10},  {8, 8, 13, 321, 12870}};
    for (const Row& row : rows) {
        CAPTURE(row.m);
        CAPTURE(row.u);
        const BlockSize sizes[] = {{row.m, row.n}};
        const auto chances = rank_sum_chances(sizes);
        CHECK(chances.size() == row.m * row.n + 1);
        CHECK(at_most(chances, row.u) == doctest::Approx(row.ways / row.total));
        CHECK(at_most(chances, chances.size() - 1) == doctest::Approx(1));
    }
    // Three blocks of two against two: 6 orders each, and every U the sum of theirs.
    const BlockSize turns[] = {{2, 2}, {2, 2}, {2, 2}};
    const auto chances = rank_sum_chances(turns);
    CHECK(chances.size() == 13);
    CHECK(chances[0] == doctest::Approx(1.0 / 216));
    CHECK(chances[1] == doctest::Approx(3.0 / 216));
}

TEST_CASE("statistics: so few runs that no order of them is rare have no critical rank") {
    const auto critical = [](std::size_t n) {
        const BlockSize sizes[] = {{n, n}};
        return critical_rank(rank_sum_chances(sizes), 0.02);
    };
    CHECK(!critical(1));
    CHECK(!critical(4));
    CHECK(critical(5) == 1U);
    // The tables of Mann and Whitney for both tails and 2 %.
    CHECK(critical(6) == 3U);
    CHECK(critical(8) == 9U);
    CHECK(critical(10) == 19U);
}

TEST_CASE("statistics: runs in turns make blocks of two pairs, and the last of three") {
    const std::vector<double> a{1, 2, 3, 4, 5};
    const auto odd = blocks_in_turns(a, a);
    REQUIRE(odd.size() == 2);
    CHECK(odd[0].a == std::vector<double>{1, 2});
    CHECK(odd[1].b == std::vector<double>{3, 4, 5});
    CHECK(blocks_in_turns(std::vector<double>{7}, std::vector<double>{8}).size() == 1);
    CHECK(blocks_in_turns(std::span(a).first(4), std::span(a).first(4)).size() == 2);
}

TEST_CASE("statistics: a ratio with its interval, from runs that do not overlap") {
    const std::vector<double> a{100, 102, 98, 101, 99, 103};
    const std::vector<double> b{110, 112, 108, 111, 109, 113};
    const Ratio ratio = ratio_of(one_block(a, b), 0.02);
    CHECK(ratio.value == doctest::Approx(1.1).epsilon(0.005));
    CHECK(ratio.p == doctest::Approx(2.0 / 924));
    // The fourth smallest and the fourth largest of 36 quotients.
    CHECK(ratio.low == doctest::Approx(109.0 / 102).epsilon(0.01));
    CHECK(ratio.high == doctest::Approx(112.0 / 99).epsilon(0.01));
    CHECK(ratio.spread == doctest::Approx(0.0186).epsilon(0.05));
    const BlockSize sizes[] = {{6, 6}};
    CHECK(detectable_difference(sizes, 0.02, 0.025) == doctest::Approx(0.06).epsilon(0.03));
}

TEST_CASE("statistics: equal values make no difference, and too few runs no interval") {
    const std::vector<double> same(6, 100.0);
    const Ratio none = ratio_of(one_block(same, same), 0.02);
    CHECK(none.value == 1);
    CHECK(none.p == 1);
    CHECK(none.low == 1);
    CHECK(none.high == 1);
    const Ratio few = ratio_of(one_block(std::vector<double>{1}, std::vector<double>{2}), 0.02);
    CHECK(few.value == doctest::Approx(2));
    CHECK(few.low == 0);
    CHECK(std::isinf(few.high));
    const BlockSize sizes[] = {{4, 4}};
    CHECK(std::isinf(detectable_difference(sizes, 0.02, 0.1)));
}

TEST_CASE("statistics: a drift of the machine hides a difference from one block, not from turns") {
    // Each pair of runs is a fifth slower than the one before, and B is 3 % slower than A.
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 6; ++i) {
        a.push_back(100 * std::pow(1.2, i / 2) * (1 + 0.001 * (i % 2)));
        b.push_back(a.back() * 1.03);
    }
    CHECK(ratio_of(one_block(a, b), 0.02).low < 1);
    CHECK(ratio_of(blocks_in_turns(a, b), 0.02).low > 1);
}

TEST_CASE("statistics: the interval holds the true ratio as often as it says") {
    Random random(7);
    int missed = 0;
    constexpr int rounds = 3000;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> a(6);
        std::vector<double> b(6);
        // Exponential: as far from a normal distribution as run-level latencies come.
        for (double& value : a)
            value = 1 + static_cast<double>(random.exponential()) / 4294967296.0;
        for (double& value : b)
            value = 1.3 * (1 + static_cast<double>(random.exponential()) / 4294967296.0);
        const BlockSize sizes[] = {{6, 6}};
        const auto rank = critical_rank(rank_sum_chances(sizes), 0.02);
        std::vector<double> apart;
        for (const double x : a)
            for (const double y : b) apart.push_back(y / x);
        std::sort(apart.begin(), apart.end());
        if (apart[*rank] > 1.3 || apart[apart.size() - 1 - *rank] < 1.3) ++missed;
    }
    // 1.5 % is exact; three standard deviations of 3,000 draws are 0.7 %.
    CHECK(missed > rounds * 0.008);
    CHECK(missed < rounds * 0.022);
}
