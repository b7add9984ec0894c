// Prometheus text: read, subtracted, and quantiles by hand.
#include "loadgen/measure/server_metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

std::vector<MetricSample> parsed(std::string_view text) {
    Result<std::vector<MetricSample>> samples = parse_metrics(text);
    REQUIRE(samples.has_value());
    return std::move(samples).value();
}

constexpr std::string_view before_text = R"(
# HELP tuma_stage_duration_seconds One append.
# TYPE tuma_stage_duration_seconds histogram
tuma_stage_duration_seconds_bucket{stage="fsync",le="0.001"} 10
tuma_stage_duration_seconds_bucket{stage="fsync",le="0.002"} 20
tuma_stage_duration_seconds_bucket{stage="fsync",le="+Inf"} 20
tuma_stage_duration_seconds_sum{stage="fsync"} 0.02
tuma_stage_duration_seconds_count{stage="fsync"} 20
)";

constexpr std::string_view after_text = R"(
tuma_stage_duration_seconds_bucket{stage="fsync",le="0.001"} 60
tuma_stage_duration_seconds_bucket{stage="fsync",le="0.002"} 110
tuma_stage_duration_seconds_bucket{stage="fsync",le="+Inf"} 120
tuma_stage_duration_seconds_sum{stage="fsync"} 0.22
tuma_stage_duration_seconds_count{stage="fsync"} 120
tuma_stage_duration_seconds_bucket{stage="decide",le="0.000004"} 4
tuma_stage_duration_seconds_bucket{stage="decide",le="+Inf"} 4
tuma_stage_duration_seconds_sum{stage="decide"} 0.000008
tuma_stage_duration_seconds_count{stage="decide"} 4
)";

}  // namespace

TEST_CASE("server_metrics: names, labels, escapes and special numbers are read") {
    const std::vector<MetricSample> samples = parsed(
        "# comment\n\na 1\nb{x=\"1\", y=\"q\\\"\\\\\\n\",} 2.5e-3 1700000000\nc{} "
        "+Inf\nd\tNaN\r\n");

    REQUIRE(samples.size() == 4);
    CHECK(samples[0].name == "a");
    CHECK(samples[0].value == 1);
    CHECK(samples[1].labels == std::map<std::string, std::string>{{"x", "1"}, {"y", "q\"\\\n"}});
    CHECK(samples[1].value == 2.5e-3);
    CHECK(std::isinf(samples[2].value));
    CHECK(std::isnan(samples[3].value));
}

TEST_CASE("server_metrics: lines that are none are named") {
    for (const char* line :
         {"a", "a b", "a{x=\"1\" 2", "a{x} 1", "a{x=1} 1", "{x=\"1\"} 1", "a{x=\"1} 2"}) {
        CAPTURE(line);
        const auto samples = parse_metrics("ok 1\n" + std::string(line) + "\n");
        REQUIRE(!samples.has_value());
        CHECK(samples.error().field == "line 2");
    }
}

TEST_CASE("server_metrics: two scrapes are subtracted bucket by bucket") {
    const auto gained = histogram_difference(parsed(before_text), parsed(after_text),
                                             "tuma_stage_duration_seconds", {{"stage", "fsync"}});

    REQUIRE(gained.has_value());
    CHECK(gained->count == 100);
    CHECK(gained->mean_s() == doctest::Approx(0.002));
    REQUIRE(gained->buckets.size() == 3);
    CHECK(gained->buckets[0].count == 50);
    CHECK(gained->buckets[1].count == 40);
    CHECK(gained->buckets[2].count == 10);
    // Interpolated: 25 of 50 in 0..1 ms, 20 of 40 in 1..2 ms; the open bucket gives its lower
    // bound.
    CHECK(gained->quantile_s(0.25) == doctest::Approx(0.0005));
    CHECK(gained->quantile_s(0.5) == doctest::Approx(0.001));
    CHECK(gained->quantile_s(0.7) == doctest::Approx(0.0015));
    CHECK(gained->quantile_s(0.99) == doctest::Approx(0.002));
    CHECK(MetricHistogram{}.quantile_s(0.5) == 0);
}

TEST_CASE("server_metrics: a server that was started in between counts from zero") {
    const auto gained = histogram_difference(parsed(after_text), parsed(before_text),
                                             "tuma_stage_duration_seconds", {{"stage", "fsync"}});

    REQUIRE(gained.has_value());
    CHECK(gained->count == 20);
    CHECK(gained->buckets[0].count == 10);
    CHECK(!histogram_difference({}, parsed(before_text), "tuma_reply_seconds").has_value());
}

TEST_CASE("server_metrics: stages come in the order of a request's way") {
    const std::vector<Stage> stages = stages_between(parsed(before_text), parsed(after_text));

    REQUIRE(stages.size() == 2);
    CHECK(stages[0].name == "decide");
    CHECK(stages[0].count == 4);
    CHECK(stages[0].mean_us == doctest::Approx(2));
    CHECK(stages[1].name == "fsync");
    CHECK(stages[1].p50_us == doctest::Approx(1000));
    CHECK(stages_between(parsed(after_text), parsed(after_text)).empty());
}
