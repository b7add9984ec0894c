// Send times: no drift, the right number, the same for the same seed.
#include "loadgen/arrivals/schedule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

std::vector<Offset> all_of(Schedule schedule) {
    std::vector<Offset> times;
    while (schedule.peek()) times.push_back(schedule.take());
    return times;
}

std::vector<TraceOperation> all_of(TraceSchedule schedule) {
    std::vector<TraceOperation> operations;
    while (schedule.peek()) operations.push_back(schedule.take());
    return operations;
}

using CountsByCell = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;

CountsByCell counts_of(const std::vector<TraceOperation>& operations) {
    CountsByCell counts;
    for (const TraceOperation& operation : operations) ++counts[{operation.hour, operation.kind}];
    return counts;
}

}  // namespace

TEST_CASE("schedule: a constant rate has closed-form times without drift") {
    struct Row {
        std::uint64_t k;
        Rate rate;
        Offset expected;
    };
    const Row rows[] = {
        {0, Rate::per_second(1000), 0ns},
        {1, Rate::per_second(1000), 1ms},
        {1, Rate::per_second(3), 333'333'333ns},
        {2, Rate::per_second(3), 666'666'666ns},
        {3, Rate::per_second(3), 1s},
        {1'000'000'000, Rate::per_second(3), Offset{333'333'333'333'333'333}},
        {3, Rate{500}, 6s},
        {1'200'000, Rate::per_second(1'200'000), 1s},
        {4'320'000'001, Rate::per_second(1'200'000), 3600s + 833ns},
    };
    for (const Row& row : rows) {
        CAPTURE(row.k);
        CAPTURE(row.rate.millihertz);
        CHECK(constant_time(row.k, row.rate) == row.expected);
    }
}

TEST_CASE("schedule: a constant rate gives exactly rate × duration operations") {
    struct Row {
        Rate rate;
        Offset duration;
        std::size_t total;
    };
    const Row rows[] = {{Rate::per_second(1000), 3s, 3000},
                        {Rate::per_second(7), 1s, 7},
                        {Rate::per_second(3), 1001ms, 4},
                        {Rate{500}, 10s, 5},
                        {Rate{300}, 10s, 3},
                        {Rate::per_second(1000), 0ns, 0}};
    for (const Row& row : rows) {
        CAPTURE(row.rate.millihertz);
        const Schedule schedule(row.rate, Arrival::constant, 0, row.duration);
        CHECK(schedule.expected_total() == row.total);
        CHECK(all_of(schedule).size() == row.total);
    }
}

TEST_CASE("schedule: Poisson arrivals are ordered, seeded and exponentially apart") {
    const Schedule schedule(Rate::per_second(1000), Arrival::poisson, 42, 200s);
    const std::vector<Offset> times = all_of(schedule);

    // 200,000 expected with a standard deviation of 447.
    CHECK(std::abs(static_cast<double>(times.size()) - 200'000) < 5 * 447);
    std::size_t longer_than_mean = 0;
    double squares = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
        const double gap_ms =
            std::chrono::duration<double, std::milli>(times[i] - times[i - 1]).count();
        REQUIRE(gap_ms >= 0);
        if (gap_ms > 1) ++longer_than_mean;
        squares += gap_ms * gap_ms;
    }
    const auto gaps = static_cast<double>(times.size() - 1);
    CHECK(static_cast<double>(longer_than_mean) / gaps ==
          doctest::Approx(std::exp(-1)).epsilon(0.02));
    CHECK(squares / gaps == doctest::Approx(2).epsilon(0.04));
    CHECK(times.back() < 200s);

    CHECK(all_of(Schedule(Rate::per_second(1000), Arrival::poisson, 42, 200s)) == times);
    CHECK(all_of(Schedule(Rate::per_second(1000), Arrival::poisson, 43, 200s)) != times);
}

TEST_CASE("schedule: what is due is taken at once, up to the limit") {
    Schedule schedule(Rate::per_second(1000), Arrival::constant, 0, 10ms);
    std::vector<Offset> times;

    CHECK(schedule.take_due(-1ns, 100, times) == 0);
    CHECK(schedule.take_due(3ms, 2, times) == 2);
    CHECK(schedule.take_due(3ms, 100, times) == 2);
    CHECK(schedule.peek() == Offset{4ms});
    CHECK(schedule.take_due(1s, 100, times) == 6);
    CHECK(times == std::vector<Offset>{0ms, 1ms, 2ms, 3ms, 4ms, 5ms, 6ms, 7ms, 8ms, 9ms});
    CHECK(schedule.taken() == 10);
    CHECK(!schedule.peek());
}

TEST_CASE("schedule: a trace has exactly its counts, each hour in its place") {
    const TraceCell cells[] = {{.hour = 2, .kind = 0, .count = 3},
                               {.hour = 0, .kind = 0, .count = 500},
                               {.hour = 0, .kind = 1, .count = 37},
                               {.hour = 1, .kind = 1, .count = 0},
                               {.hour = 2, .kind = 2, .count = 1}};
    for (const Arrival arrival : {Arrival::constant, Arrival::poisson}) {
        for (const std::uint64_t speed : {1U, 3600U, 1'000'000U}) {
            CAPTURE(name(arrival));
            CAPTURE(speed);
            const TraceSchedule schedule(cells, speed, arrival, 9);
            const std::vector<TraceOperation> operations = all_of(schedule);

            CHECK(schedule.total() == 541);
            CHECK(counts_of(operations) ==
                  CountsByCell{{{0, 0}, 500}, {{0, 1}, 37}, {{2, 0}, 3}, {{2, 2}, 1}});
            const Offset hour = Offset{3'600'000'000'000 / static_cast<std::int64_t>(speed)};
            CHECK(schedule.duration() ==
                  Offset{10'800'000'000'000 / static_cast<std::int64_t>(speed)});
            Offset before{0};
            for (const TraceOperation& operation : operations) {
                REQUIRE(operation.intended >= before);
                REQUIRE(operation.intended >= hour * operation.hour);
                REQUIRE(operation.intended <= hour * (operation.hour + 1));
                before = operation.intended;
            }
        }
    }
}

TEST_CASE("schedule: a trace mixes the kinds of an hour and spreads them evenly over it") {
    const TraceCell cells[] = {{.hour = 0, .kind = 0, .count = 20'000},
                               {.hour = 0, .kind = 1, .count = 20'000}};
    const std::vector<TraceOperation> even =
        all_of(TraceSchedule(cells, 3600, Arrival::constant, 1));
    const std::vector<TraceOperation> random =
        all_of(TraceSchedule(cells, 3600, Arrival::poisson, 1));

    CHECK(even[1].intended - even[0].intended == 25us);
    std::size_t first_kind = 0;
    std::size_t first_quarter = 0;
    for (std::size_t i = 0; i < 40'000; ++i) {
        if (i < 10'000 && even[i].kind == 0) ++first_kind;
        if (random[i].intended < 250ms) ++first_quarter;
    }
    // Half of ten thousand, and a quarter of forty thousand, within five standard deviations.
    CHECK(std::abs(static_cast<double>(first_kind) - 5000) < 5 * 44);
    CHECK(std::abs(static_cast<double>(first_quarter) - 10'000) < 5 * 87);
}

TEST_CASE("schedule: a trace at full speed is due at once, and an empty one has nothing") {
    const TraceCell cells[] = {{.hour = 5, .kind = 3, .count = 10}};
    const TraceSchedule fast(cells, 0, Arrival::poisson, 1);
    for (const TraceOperation& operation : all_of(fast)) CHECK(operation.intended == 0ns);
    CHECK(all_of(fast).size() == 10);

    const TraceSchedule empty({}, 60, Arrival::constant, 1);
    CHECK(!empty.peek());
    CHECK(empty.total() == 0);
    CHECK(empty.duration() == 0ns);
}
