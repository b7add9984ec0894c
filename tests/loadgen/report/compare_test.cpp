// Comparing: verdicts on runs whose truth is known, and how often they are wrong.
#include "loadgen/report/compare.h"

#include "loadgen/arrivals/random.h"
#include "tests/loadgen/report/sample_run.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using Runs = std::vector<MeasuredRun>;

/// Runs of one side that differ as runs on a shared machine do.
struct Side {
    std::size_t runs = 6;
    double throughput = 1000;
    double p99 = 5000;
    double spread = 0.025;  ///< standard deviation of the logarithms
    bool closed_loop = false;
};

double normal(Random& random) {
    return std::sqrt(-2 * std::log(1 - random.unit())) *
           std::cos(2 * std::numbers::pi * random.unit());
}

Runs runs(const Side& side, Random& random) {
    Runs out;
    for (std::size_t i = 0; i < side.runs; ++i) {
        MeasuredRun run;
        run.directory = "run";
        run.closed_loop = side.closed_loop;
        run.attained_per_s = side.throughput * std::exp(side.spread * normal(random));
        run.p99_us = side.p99 * std::exp(side.spread * normal(random));
        run.requests = 10'000;
        run.setup = {{"scenario", "p2p"}, {"rate_per_s", "1000"}};
        out.push_back(run);
    }
    return out;
}

/// How many of so many comparisons end with each verdict.
struct Tally {
    int better = 0;
    int worse = 0;
    int undecided = 0;
};

Tally tally(const Side& a, const Side& b, Order order, int rounds, std::uint64_t seed = 11) {
    Random random(seed);
    Tally out;
    for (int round = 0; round < rounds; ++round) {
        switch (compare(runs(a, random), runs(b, random), order).verdict) {
            case Finding::better:
                ++out.better;
                break;
            case Finding::worse:
                ++out.worse;
                break;
            case Finding::undecided:
                ++out.undecided;
                break;
        }
    }
    return out;
}

}  // namespace

TEST_CASE("compare: of equal sides at most two in a hundred end with a verdict") {
    constexpr int rounds = 4000;
    std::uint64_t seed = 0;
    for (const Order order : {Order::any, Order::in_turns}) {
        int verdicts = 0;
        // A closed loop has two measures that are judged.
        for (const double spread : {0.025, 0.05, 0.2}) {
            const Side side{.spread = spread, .closed_loop = true};
            const Tally found = tally(side, side, order, rounds, ++seed);
            verdicts += found.better + found.worse;
        }
        CAPTURE(static_cast<int>(order));
        CHECK(verdicts <= 3 * rounds * 2 / 100);
        // And not by never deciding anything.
        CHECK(verdicts > 3 * rounds / 100);
    }
    const Side open{.runs = 8, .spread = 0.1};
    const Tally found = tally(open, open, Order::any, rounds, ++seed);
    CHECK(found.better + found.worse <= rounds * 2 / 100);
}

TEST_CASE("compare: the differences of the power table are found as often as it says") {
    constexpr int rounds = 400;
    // 5 % at 8 runs a side that differ by 2.5 %: four of five.
    const Tally five = tally({.runs = 8}, {.runs = 8, .p99 = 5250}, Order::any, rounds);
    CHECK(five.worse > rounds * 75 / 100);
    CHECK(five.better == 0);
    const Tally ten = tally({}, {.p99 = 5500}, Order::any, rounds);
    CHECK(ten.worse > rounds * 97 / 100);
    const Tally turns = tally({}, {.p99 = 4500}, Order::in_turns, rounds);
    CHECK(turns.better > rounds * 93 / 100);
    // Closed loop: less, since two measures share the chance.
    const Tally closed =
        tally({.closed_loop = true}, {.throughput = 1100, .closed_loop = true}, Order::any, rounds);
    CHECK(closed.better > rounds * 95 / 100);
}

TEST_CASE("compare: the power table is what drawing says") {
    for (const Order order : {Order::any, Order::in_turns}) {
        const std::string table = power_table(order);
        for (const std::size_t runs : {5U, 6U, 8U, 12U, 16U, 24U}) {
            CAPTURE(runs);
            const std::vector<double> side(runs, 1.0);
            const auto sizes = sizes_of(order == Order::in_turns ? blocks_in_turns(side, side)
                                                                 : one_block(side, side));
            const double drawn = detectable_difference(sizes, false_verdicts_max, 0.025) * 100;
            const std::size_t row =
                table.find("\n  " + std::string(runs < 10 ? 10 : 9, ' ') + std::to_string(runs));
            REQUIRE(row != std::string::npos);
            CHECK(std::stod(table.substr(row + 14)) == doctest::Approx(drawn).epsilon(0.05));
        }
    }
}

TEST_CASE("compare: one run a side is shown and never decided, however far apart") {
    Random random(1);
    const Side one{.runs = 1, .closed_loop = true};
    const Comparison single =
        compare(runs(one, random), runs({.runs = 1, .p99 = 90'000, .closed_loop = true}, random),
                Order::any);
    CHECK(single.verdict == Finding::undecided);
    CHECK(single.why == "one run a side says nothing about the noise between runs");
    CHECK(single.p99.ratio.value > 10);
    CHECK(comparison_text(single).find("undecided") != std::string::npos);
    // Many of one side do not help a single one of the other.
    CHECK(
        compare(runs(one, random), runs({.runs = 50, .p99 = 90'000}, random), Order::any).verdict ==
        Finding::undecided);
    const Comparison four =
        compare(runs({.runs = 4}, random), runs({.runs = 4, .p99 = 90'000}, random), Order::any);
    CHECK(four.verdict == Finding::undecided);
    CHECK(four.p99.why.find("too few runs") != std::string::npos);
}

TEST_CASE("compare: in an open loop the rate is an input, unless a side misses it") {
    Random random(2);
    const Side slow{.throughput = 2000};
    const Runs a = runs(slow, random);
    Runs b = runs({.throughput = 20'000}, random);
    const Comparison kept = compare(a, b, Order::any);
    CHECK(!kept.throughput.is_judged);
    CHECK(kept.throughput.finding == Finding::undecided);
    CHECK(kept.verdict == Finding::undecided);
    CHECK(kept.throughput.why.find("asked for") != std::string::npos);

    b = runs({.throughput = 1200}, random);
    // Three of six are not most of them.
    for (std::size_t i = 0; i < 3; ++i) b[i].rate_held = false;
    CHECK(compare(a, b, Order::any).verdict == Finding::undecided);
    b[3].rate_held = false;
    const Comparison missed = compare(a, b, Order::any);
    CHECK(missed.verdict == Finding::worse);
    CHECK(missed.why == "throughput is worse");
}

TEST_CASE("compare: loads that were not the same are refused with both values") {
    Random random(3);
    const Runs a = runs({.runs = 2}, random);
    Runs b = a;
    CHECK(!different_setup(a, b));
    b[1].setup[1].second = "20000";
    const auto different = different_setup(a, b);
    REQUIRE(different.has_value());
    CHECK(different->reason ==
          "was run with rate_per_s 20000, and run with rate_per_s 1000; compare equal loads, or "
          "say --force");
    b[1].setup.pop_back();
    CHECK(different_setup(a, b)->reason.find("was run with nothing") != std::string::npos);
    CHECK(compare(a, b, Order::any).warnings.size() == 1);
}

TEST_CASE("compare: an invalid run, few requests or two directions decide nothing, and say so") {
    Random random(4);
    const Side base{.closed_loop = true};
    const Runs a = runs(base, random);
    Runs b = runs({.p99 = 9000, .closed_loop = true}, random);
    CHECK(compare(a, b, Order::any).verdict == Finding::worse);
    b[2].valid = false;
    const Comparison invalid = compare(a, b, Order::any);
    CHECK(invalid.verdict == Finding::undecided);
    CHECK(invalid.why == "an invalid run decides nothing");
    CHECK(invalid.warnings.size() == 1);

    b[2].valid = true;
    b[2].requests = 999;
    const Comparison few = compare(a, b, Order::any);
    CHECK(!few.p99.is_judged);
    CHECK(few.verdict == Finding::undecided);
    CHECK(few.p99.why == "not judged: a p99 needs 1000 requests a run; take a longer --duration");

    b[2].requests = 10'000;
    for (MeasuredRun& run : b) run.attained_per_s *= 1.5;
    const Comparison mixed = compare(a, b, Order::any);
    CHECK(mixed.throughput.finding == Finding::better);
    CHECK(mixed.verdict == Finding::undecided);
    CHECK(mixed.why == "throughput is better but p99 is worse");
    b[0].attained_per_s = 0;
    CHECK(compare(a, b, Order::any).throughput.why == "a run without a single answer has no ratio");
}

TEST_CASE("compare: less than one percent is no difference, however sure") {
    Random random(5);
    const Side still{.runs = 20, .spread = 0.0001};
    const Side near{.runs = 20, .p99 = 5040, .spread = 0.0001};
    const Comparison same = compare(runs(still, random), runs(near, random), Order::any);
    CHECK(same.verdict == Finding::undecided);
    CHECK(same.p99.why == "the difference is below 1 %");
    CHECK(same.p99.ratio.low > 1);
}

TEST_CASE("compare: the JSON output parses and holds the verdict") {
    Random random(6);
    const Comparison result =
        compare(runs({}, random), runs({.p99 = 7000}, random), Order::in_turns);
    const boost::json::value value = boost::json::parse(comparison_json(result));
    CHECK(value.at("verdict") == "worse");
    CHECK(value.at("response_p99_us").at("p").to_number<double>() == doctest::Approx(2.0 / 216));
    CHECK(value.at("runs_a").to_number<int>() == 6);
    CHECK(value.at("in_turns") == true);
    const boost::json::value few = boost::json::parse(
        comparison_json(compare(runs({.runs = 1}, random), runs({.runs = 1}, random), Order::any)));
    CHECK(few.at("response_p99_us").at("ratio_high").is_null());
}

TEST_CASE("compare: a run is read from its report as it was made") {
    const auto report = sample_run({.seed = 1, .service = std::chrono::milliseconds{5}});
    const MeasuredRun run = measured_run(*report, "a");
    // Refusals, which are mostly quick, are in neither.
    CHECK(run.p99_us == static_cast<double>(report->quoted.response.value_at_percentile(99)));
    CHECK(run.requests == report->quoted.requests);
    CHECK(!run.closed_loop);
    CHECK(run.rate_held);
    CHECK(run.setup.front() == std::pair<std::string, std::string>{"scenario", "p2p"});
    CHECK(measured_run(*sample_run({.closed_loop = true}), "b").closed_loop);
}
