// A schedule divided among several: together they are the whole.
#include "loadgen/arrivals/schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

std::vector<Offset> times_of(Schedule schedule) {
    std::vector<Offset> times;
    while (schedule.peek()) times.push_back(schedule.take());
    return times;
}

}  // namespace

TEST_CASE("schedule: shares of a constant rate are the whole, to the nanosecond") {
    const struct {
        Rate rate;
        std::uint32_t count;
        Offset length;
    } rows[] = {{Rate::per_second(1000), 2, 3s},
                {Rate::per_second(601), 3, 2s},
                {{1500}, 7, 20s},
                {{333'333}, 64, 700ms}};
    for (const auto& row : rows) {
        CAPTURE(row.rate.millihertz);
        CAPTURE(row.count);
        const auto whole = times_of(Schedule(row.rate, Arrival::constant, 0, row.length));
        std::vector<Offset> all;
        std::uint64_t expected = 0;
        for (std::uint32_t i = 0; i < row.count; ++i) {
            const Schedule share(row.rate, Arrival::constant, 0, row.length, {i, row.count});
            const auto times = times_of(share);
            CHECK(share.expected_total() == times.size());
            CHECK((times.empty() || times.front() == whole.at(i)));
            expected += share.expected_total();
            all.insert(all.end(), times.begin(), times.end());
        }
        std::sort(all.begin(), all.end());
        CHECK(all == whole);
        CHECK(expected == whole.size());
    }
}

TEST_CASE("schedule: shares of a Poisson rate have as many times, and those of one process") {
    constexpr std::uint32_t count = 4;
    const Rate rate = Rate::per_second(5000);
    std::vector<Offset> all;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto times = times_of(Schedule(rate, Arrival::poisson, 11 + i, 10s, {i, count}));
        // Five standard deviations.
        CHECK(std::abs(static_cast<double>(times.size()) - 12'500) < 5 * std::sqrt(12'500.0));
        all.insert(all.end(), times.begin(), times.end());
    }
    std::sort(all.begin(), all.end());
    // Gaps of a Poisson process: as much above one mean as e^-1, and above three as e^-3.
    const Offset mean{200us};
    std::size_t above_one = 0;
    std::size_t above_three = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i] - all[i - 1] > mean) ++above_one;
        if (all[i] - all[i - 1] > 3 * mean) ++above_three;
    }
    const auto n = static_cast<double>(all.size());
    CHECK(static_cast<double>(above_one) / n == doctest::Approx(std::exp(-1)).epsilon(0.04));
    CHECK(static_cast<double>(above_three) / n == doctest::Approx(std::exp(-3)).epsilon(0.12));
}
