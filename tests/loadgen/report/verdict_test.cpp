// The verdict: whether the load was held and by whom, and what a percentile may be quoted as.
#include "loadgen/report/verdict.h"

#include "tests/loadgen/report/sample_run.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

struct LoadRow {
    const char* what;
    void (*change)(RunReport&);
    LoadHeld load;
};

/// Of 8 000 operations that were asked for, so many were executed.
void execute(RunReport& report, std::uint64_t operations) {
    report.window.ok = operations;
    report.window.refused = 0;
}

const LoadRow load_rows[] = {
    {"as it was", [](RunReport&) {}, LoadHeld::held},
    {"99 % ended", [](RunReport& r) { execute(r, 7'920); }, LoadHeld::held},
    {"all was sent", [](RunReport& r) { execute(r, 7'900); }, LoadHeld::not_held_server},
    {"refusals, errors and timeouts are ends too",
     [](RunReport& r) {
         execute(r, 4'000);
         r.window.refused = 1'000;
         r.window.errors = 1'000;
         r.window.timeouts = 2'000;
     },
     LoadHeld::held},
    {"it waited for places",
     [](RunReport& r) {
         execute(r, 5'000);
         r.window.sent = 5'000;
         r.blocked.record_n(1'000'000, 8'000);
     },
     LoadHeld::not_held_server},
    {"it was sent late",
     [](RunReport& r) {
         execute(r, 5'000);
         r.window.sent = 5'000;
         r.send_lag.record_n(1'000'000, 8'000);
     },
     LoadHeld::not_held_generator},
    {"Poisson draws less now and then",
     [](RunReport& r) {
         r.settings.arrival = "poisson";
         execute(r, 7'740);
     },
     LoadHeld::held},
    {"but not so much",
     [](RunReport& r) {
         r.settings.arrival = "poisson";
         execute(r, 7'725);
     },
     LoadHeld::not_held_server},
    {"without a warm-up the first answers are missing",
     [](RunReport& r) {
         r.settings.warmup = 0s;
         for (TimelineRow& second : r.timeline) second.p50_us = 1'000'000;
         execute(r, 6'950);
     },
     LoadHeld::held},
    {"but not with a queue that grows",
     [](RunReport& r) {
         r.settings.warmup = 0s;
         std::uint64_t us = 0;
         for (TimelineRow& second : r.timeline) second.p50_us = us += 200'000;
         execute(r, 7'000);
     },
     LoadHeld::not_held_server},
    {"one batch may be filling up",
     [](RunReport& r) {
         r.settings.batch = 1'000;
         r.fates.resize(1);
         execute(r, 6'930);
     },
     LoadHeld::held},
};

}  // namespace

TEST_CASE(
    "verdict: a percentile is one value, a range or at most something, by how wide its bounds "
    "are") {
    const struct {
        std::uint64_t floor_us;
        std::uint64_t response_us;
        const char* words;
    } rows[] = {
        {1'300, 1'300, "p99 = 1.30 ms"},
        {1'000, 1'100, "p99 = 1.10 ms"},
        {1'000, 1'101, "p99 1.00 to 1.10 ms"},
        {700, 1'400, "p99 700 µs to 1.40 ms"},
        {650, 1'301, "p99 at most 1.30 ms"},
        {0, 1'300, "p99 at most 1.30 ms"},
        {0, 0, "p99 = 0 µs"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.words);
        const Bounds bounds{.percentile = 99,
                            .floor_us = row.floor_us,
                            .response_us = row.response_us,
                            .is_enough = true};
        CHECK(statement(bounds) == row.words);
    }
    CHECK(statement({.percentile = 99.9}) == "p99.9 needs 10 000 requests");
    CHECK(value_statement({.percentile = 99.9}) == "-");
}

TEST_CASE("verdict: percentiles need ten requests beyond them, not operations") {
    Histogram many;
    many.record_n(1'000, 1'000'000);
    const struct {
        double percentile;
        std::uint64_t least;
    } rows[] = {{50, 20}, {90, 100}, {99, 1'000}, {99.9, 10'000}};
    for (const auto& row : rows) {
        CAPTURE(row.percentile);
        CHECK(bounds_of(many, many, row.least, row.percentile).is_enough);
        CHECK(bounds_of(many, many, row.least, row.percentile).requests_beyond == 10);
        CHECK_FALSE(bounds_of(many, many, row.least - 1, row.percentile).is_enough);
    }
}

TEST_CASE("verdict: the interval of chance is that of the ranks of requests") {
    Histogram even;
    for (std::uint64_t us = 1; us <= 1000; ++us) even.record_n(us, 10);
    // 100 requests: the rank of p50 is 50 +- 10.
    const Bounds bounds = bounds_of(even, even, 100, 50);
    CHECK(bounds.floor_us == 500);
    CHECK(bounds.low_us == 400);
    CHECK(bounds.high_us == 600);
    // Of nothing everything may be true.
    const Bounds none = bounds_of(Histogram{}, Histogram{}, 0, 50);
    CHECK(none.high_us == 0);
    CHECK_FALSE(none.is_enough);
}

TEST_CASE("verdict: a load is held by what ended, or it is said who could not") {
    // 1 000/s were asked for in 8 s.
    for (const LoadRow& row : load_rows) {
        CAPTURE(row.what);
        const auto report = sample_run({});
        row.change(*report);
        const Verdict verdict = judge(*report);
        CHECK(verdict.load == row.load);
        CHECK(verdict.load_because.empty() == (row.load == LoadHeld::held));
        CHECK(verdict.valid == (row.load != LoadHeld::not_held_generator));
    }
}

TEST_CASE("verdict: lag, a busy generator and steal make no run invalid") {
    const auto report = sample_run({.lag = 40ms});
    report->calibration.generator_cpu = 1;
    report->calibration.steal = 0.5;
    const Verdict verdict = judge(*report);
    CHECK(verdict.valid);
    CHECK(verdict.load == LoadHeld::held);
    // The bounds say what the lag was worth.
    REQUIRE(verdict.find(50) != nullptr);
    CHECK(verdict.find(50)->width() > 2);
    CHECK(statement(*verdict.find(50)).starts_with("p50 at most"));
}

TEST_CASE("verdict: a closed loop is not held once more than one in a hundred fails") {
    const auto report = sample_run({.closed_loop = true});
    report->counts.ok -= 80;
    report->counts.timeouts += 80;
    CHECK(judge(*report).load == LoadHeld::held);
    report->counts.ok -= 1;
    report->counts.errors += 1;
    const Verdict verdict = judge(*report);
    CHECK(verdict.load == LoadHeld::not_held_server);
    CHECK(verdict.valid);
}

TEST_CASE("verdict: who executed nothing has measured nothing, whatever was answered") {
    const auto report = sample_run({});
    report->counts.refused += report->counts.ok;
    report->counts.refusals[31] += report->counts.ok;
    report->counts.ok = 0;
    const Verdict verdict = judge(*report);
    CHECK_FALSE(verdict.valid);
    REQUIRE(verdict.invalid_because.size() == 1);
    CHECK(verdict.invalid_because[0] ==
          "no operation was executed: all that were answered were refused");
}

TEST_CASE("verdict: refusals are in no percentile that is quoted") {
    const auto report = sample_run({});
    CHECK(report->quoted.response.count() == report->counts.ok);
    CHECK(report->quoted.requests == report->counts.ok);
    CHECK(report->response.count() == report->counts.sent);
    REQUIRE(report->fates.size() == 2);
    CHECK(report->fates[0].fate == Fate::executed);
    CHECK(report->fates[1].fate == Fate::refused);
    CHECK(report->fates[1].response.count() == report->counts.refused);
    CHECK(report->attained_per_s() < 990);
}
