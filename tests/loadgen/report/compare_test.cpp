// Comparing: tests with published results, and verdicts on runs whose truth is known.
#include "loadgen/report/compare.h"

#include "tests/loadgen/report/sample_run.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

MeasuredRun measured(const SampleRun& sample, const std::string& directory) {
    const auto report = sample_run(sample);
    return {.directory = directory,
            .attained_per_s = report->attained_per_s(),
            .valid = report->verdict.valid,
            .setup = "p2p",
            .response = report->response,
            .timeline = report->timeline};
}

std::vector<MeasuredRun> runs(std::size_t n, std::uint64_t seed, Offset service) {
    std::vector<MeasuredRun> out;
    for (std::size_t i = 0; i < n; ++i) {
        // Runs of one side differ by about a tenth, as they do on real machines.
        const Offset varied =
            service + service * static_cast<std::int64_t>((i * 37 + seed) % 10) / 100;
        out.push_back(measured({.seed = seed + i, .service = varied}, "run"));
    }
    return out;
}

}  // namespace

TEST_CASE("compare: the exact rank test agrees with the tables") {
    struct Row {
        std::vector<double> first;
        std::vector<double> second;
        double u;
        double p;
    };
    // With no overlap p is 2 / C(m+n, m).
    const Row rows[] = {
        {{1}, {2}, 0, 1},
        {{1, 2, 3}, {4, 5, 6}, 0, 0.1},
        {{5, 6, 7, 8}, {1, 2, 3, 4}, 16, 2.0 / 70},
        {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}, 0, 2.0 / 252},
        {{1, 2, 3, 4, 6}, {5, 7, 8, 9, 10}, 1, 4.0 / 252},
        // U = 2 can come about in two ways: 1 + 1 + 2 arrangements at or below it.
        {{1, 2, 3, 4, 7}, {5, 6, 8, 9, 10}, 2, 8.0 / 252},
        {{1, 4}, {2, 3}, 2, 1},
    };
    for (const Row& row : rows) {
        const MannWhitney test = mann_whitney(row.first, row.second);
        CAPTURE(row.u);
        CHECK(test.exact);
        CHECK(test.u == row.u);
        CHECK(test.p == doctest::Approx(row.p));
    }
    CHECK(mann_whitney({}, std::vector<double>{1}).p == 1);
}

TEST_CASE("compare: the approximate rank test corrects for ties and is near the exact one") {
    // Same ranks, once with 20 on a side (exact) and once with 21 (approximate).
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 20; ++i) {
        a.push_back(i * 2.0);
        b.push_back(i * 2.0 + 9.5);
    }
    const MannWhitney exact = mann_whitney(a, b);
    CHECK(exact.exact);
    a.push_back(19);
    b.push_back(30);
    const MannWhitney near = mann_whitney(a, b);
    CHECK(!near.exact);
    CHECK(near.p == doctest::Approx(exact.p).epsilon(0.5));

    const std::vector<double> tied = {1, 1, 1, 1};
    CHECK(mann_whitney(tied, tied).p == 1);
    CHECK(mann_whitney(tied, tied).u == 8);
    const std::vector<double> first = {1, 2, 2, 3, 5};
    const std::vector<double> second = {3, 4, 4, 6, 7};
    const MannWhitney ties = mann_whitney(first, second);
    CHECK(!ties.exact);
    CHECK(ties.u == 3.5);
    // Variance 25/12 × (11 - 18/90) = 22.5, z = (9 - 0.5)/4.7434.
    CHECK(ties.p == doctest::Approx(0.0731).epsilon(0.01));
}

TEST_CASE("compare: the bootstrap is seeded and its interval holds the ratio") {
    const std::vector<double> a = {100, 102, 98, 101, 99, 103, 97};
    const std::vector<double> b = {110, 112, 108, 111, 109, 113, 107};
    const Ratio ratio = bootstrap_ratio(a, b, 5);

    CHECK(ratio.value == doctest::Approx(1.1));
    CHECK(ratio.low > 1.04);
    CHECK(ratio.low <= ratio.value);
    CHECK(ratio.high >= ratio.value);
    CHECK(ratio.high < 1.16);
    CHECK(bootstrap_ratio(a, b, 5).low == ratio.low);
    CHECK(bootstrap_ratio(a, a, 5).value == 1);
    const std::vector<double> zero = {0, 0};
    CHECK(bootstrap_ratio(zero, b, 5).value == 1);
    CHECK(median(std::vector<double>{4, 1, 3, 2}) == 2.5);
    CHECK(spread(std::vector<double>{9, 10, 12}) == doctest::Approx(0.3));
}

TEST_CASE("compare: five runs each tell a server that is a third slower, in both directions") {
    const std::vector<MeasuredRun> fast = runs(5, 1, 6ms);
    const std::vector<MeasuredRun> slow = runs(5, 50, 8ms);

    const Comparison worse = compare(fast, slow, 1);
    CHECK(worse.verdict == Finding::worse);
    CHECK(worse.p99.finding == Finding::worse);
    CHECK(worse.p99.test.exact);
    CHECK(worse.p99.test.p == doctest::Approx(2.0 / 252));
    CHECK(worse.p99.ratio.value > 1.2);
    CHECK(worse.throughput.finding == Finding::undecided);
    CHECK(!worse.by_second);
    CHECK(worse.warnings.empty());

    CHECK(compare(slow, fast, 1).verdict == Finding::better);
}

TEST_CASE("compare: runs of one server are undecided, and the noise is told") {
    const Comparison same = compare(runs(6, 1, 6ms), runs(6, 3, 6ms), 1);

    CHECK(same.verdict == Finding::undecided);
    CHECK(same.why == "neither throughput nor p99 differs beyond the noise");
    CHECK(same.p99.noise > 0.02);
    CHECK(comparison_text(same).find("Noise floor") != std::string::npos);
}

TEST_CASE("compare: three runs each are too few, however clear") {
    const Comparison few = compare(runs(3, 1, 5ms), runs(3, 9, 20ms), 1);

    CHECK(few.verdict == Finding::undecided);
    CHECK(few.p99.why.find("take at least 4 of each") != std::string::npos);
}

TEST_CASE("compare: single runs are compared by second, with a warning") {
    const std::vector<MeasuredRun> a = {measured({.seed = 1, .service = 5ms}, "a")};
    const std::vector<MeasuredRun> b = {measured({.seed = 2, .service = 9ms}, "b")};
    const std::vector<MeasuredRun> again = {measured({.seed = 3, .service = 5ms}, "c")};

    const Comparison apart = compare(a, b, 1);
    CHECK(apart.by_second);
    CHECK(apart.verdict == Finding::worse);
    REQUIRE(apart.warnings.size() == 1);
    CHECK(apart.warnings[0].find("single run") != std::string::npos);
    CHECK(compare(a, again, 1).verdict == Finding::undecided);
}

TEST_CASE("compare: a gap smaller than a run's own unrest stays undecided") {
    std::vector<MeasuredRun> a = {measured({.seed = 1, .service = 5ms}, "a")};
    const std::vector<MeasuredRun> b = {measured({.seed = 2, .service = 6ms}, "b")};
    // The first half of A's seconds is half again as slow as the second.
    for (TimelineRow& row : a[0].timeline) row.p99_us = row.second < 6 ? 4000 : 6000;

    const Comparison unsure = compare(a, b, 1);
    CHECK(unsure.p99.noise == doctest::Approx(0.5));
    CHECK(unsure.p99.finding == Finding::undecided);
}

TEST_CASE("compare: an invalid run or two directions decide nothing, and say so") {
    std::vector<MeasuredRun> a = runs(5, 1, 6ms);
    std::vector<MeasuredRun> b = runs(5, 50, 8ms);
    b[2].valid = false;
    b[3].setup = "hot-merchant";
    const Comparison invalid = compare(a, b, 1);
    CHECK(invalid.verdict == Finding::undecided);
    CHECK(invalid.why == "an invalid run decides nothing");
    CHECK(invalid.p99.finding == Finding::worse);
    CHECK(invalid.warnings.size() == 2);

    b[2].valid = true;
    for (MeasuredRun& run : b) run.attained_per_s *= 1.5;
    for (std::size_t i = 0; i < 5; ++i) {
        a[i].attained_per_s += static_cast<double>(i) * 0.1;
        b[i].attained_per_s += static_cast<double>(i) * 0.1;
    }
    const Comparison mixed = compare(a, b, 1);
    CHECK(mixed.throughput.finding == Finding::better);
    CHECK(mixed.verdict == Finding::undecided);
    CHECK(mixed.why == "throughput is better but p99 is worse");
}

TEST_CASE("compare: the JSON output parses and holds the verdict") {
    const Comparison result = compare(runs(5, 1, 6ms), runs(5, 50, 8ms), 1);
    const boost::json::value value = boost::json::parse(comparison_json(result));

    CHECK(value.at("verdict") == "worse");
    CHECK(value.at("response_p99_us").at("mann_whitney_p").to_number<double>() ==
          doctest::Approx(2.0 / 252));
    CHECK(value.at("runs_a").to_number<int>() == 5);
}

TEST_CASE("compare: a damaged timeline is refused by line") {
    const std::string heading = timeline_csv({});
    struct Row {
        std::string text;
        const char* field;
    };
    const Row rows[] = {{"", "line 1"},
                        {"second,offered\n", "line 1"},
                        {heading + "1,2,3\n", "line 2"},
                        {heading + "1,2,3,4,5,6,7,8,9,10,11,12,2\n", "line 2"},
                        {heading + "1,2,3,4,5,6,7,8,9,10,11,12,1,\n", "line 2"},
                        {heading + "1,2,3,4,5,6,7,8,9,10,11,12,1\nx\n", "line 3"},
                        {heading + "-1,2,3,4,5,6,7,8,9,10,11,12,1\n", "line 2"}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto parsed = parse_timeline_csv(row.text);
        REQUIRE(!parsed.has_value());
        CHECK(parsed.error().field == row.field);
    }
    CHECK(parse_timeline_csv(heading)->empty());
}
