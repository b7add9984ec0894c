// The search for the highest rate, against curves that are known.
#include "loadgen/drive/find_max.h"

#include <doctest/doctest.h>

#include <set>

using namespace tuma::loadgen;

namespace {

/// A system that keeps the objective up to `limit` operations a second.
std::function<Trial(Rate)> up_to(std::uint64_t limit) {
    return [limit](Rate rate) {
        Trial trial;
        trial.offered = rate;
        trial.has_passed = rate.millihertz <= limit * 1000;
        if (!trial.has_passed) trial.why = "p99 is too high";
        return trial;
    };
}

}  // namespace

TEST_CASE("find max: ends within the precision below the true limit, wherever it lies") {
    for (const std::uint64_t limit : {3U, 900U, 1000U, 1001U, 12'345U, 250'000U, 1'300'000U}) {
        CAPTURE(limit);
        const SearchSettings settings{.start = Rate::per_second(1000),
                                      .highest = Rate::per_second(10'000'000)};
        const SearchResult result = find_max(settings, up_to(limit));
        REQUIRE(result.found.has_value());
        CHECK(result.found->per_second() <= static_cast<double>(limit));
        CHECK(result.found->per_second() * 1.05 >= static_cast<double>(limit) * 0.999);
        std::size_t confirmations = 0;
        for (const Trial& trial : result.trials)
            if (trial.is_confirmation) ++confirmations;
        CHECK(confirmations == 3);
        CHECK(result.trials.size() < 35);
    }
}

TEST_CASE("find max: ends between two rates that have nothing between them") {
    const SearchSettings settings{.start = Rate{1}, .highest = Rate{8}};
    const SearchResult result = find_max(settings, [](Rate rate) {
        Trial trial;
        trial.offered = rate;
        trial.has_passed = rate.millihertz <= 1;
        return trial;
    });
    REQUIRE(result.found.has_value());
    CHECK(result.found->millihertz == 1);
}

TEST_CASE("find max: stops at the highest rate allowed") {
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(3000)};
    const SearchResult result = find_max(settings, up_to(1'000'000));
    REQUIRE(result.found.has_value());
    CHECK(*result.found == Rate::per_second(3000));
    for (const Trial& trial : result.trials) CHECK(trial.offered.millihertz <= 3'000'000);
}

TEST_CASE("find max: a system that keeps nothing has no rate") {
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(3000)};
    const SearchResult result = find_max(settings, up_to(0));
    CHECK(!result.found);
    CHECK(result.trials.size() == 11);
}

TEST_CASE("find max: a rate that is not confirmed is lowered") {
    int confirmations_refused = 2;
    const auto lucky = [&](Rate rate) {
        Trial trial = up_to(1000)(rate);
        // The bisection passes at its limit, the first confirmations there do not.
        if (rate.per_second() == 1000 && trial.has_passed && confirmations_refused-- < 2)
            trial.has_passed = false;
        return trial;
    };
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(1001)};
    const SearchResult result = find_max(settings, lucky);
    REQUIRE(result.found.has_value());
    CHECK(*result.found == Rate{950'000});
}

TEST_CASE("find max: a server that goes away ends the search") {
    int trials = 0;
    const auto dies = [&](Rate rate) {
        Trial trial = up_to(1'000'000)(rate);
        trial.is_server_gone = ++trials == 3;
        if (trial.is_server_gone) trial.has_passed = false;
        return trial;
    };
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(10'000'000)};
    const SearchResult result = find_max(settings, dies);
    CHECK(!result.found);
    CHECK(trials == 3);
}

TEST_CASE("slo: terms are read with their units") {
    const auto slo = parse_slo("p99<20ms,p50<500us,max<1.5s,errors<0.1%,refused<2%");
    REQUIRE(slo.has_value());
    REQUIRE(slo->size() == 5);
    CHECK(slo->at(0).measure == "p99");
    CHECK(slo->at(0).limit == doctest::Approx(20'000));
    CHECK(slo->at(1).limit == doctest::Approx(500));
    CHECK(slo->at(2).limit == doctest::Approx(1'500'000));
    CHECK(slo->at(3).limit == doctest::Approx(0.001));
    CHECK(slo->at(4).limit == doctest::Approx(0.02));
    CHECK(latency_bound(*slo) == tuma::Duration{500});
    CHECK(latency_bound(*parse_slo("errors<1%")) == tuma::Duration{0});
}

TEST_CASE("slo: what cannot be understood is named") {
    const struct {
        const char* text;
        const char* reason;
    } rows[] = {
        {"", "\"\": a term is MEASURE<LIMIT, as p99<20ms"},
        {"p99=20ms", "\"p99=20ms\": a term is MEASURE<LIMIT, as p99<20ms"},
        {"p98<20ms",
         "\"p98<20ms\": the measure must be p50, p90, p99, p99_9, max, errors or refused"},
        {"p99<20", "\"p99<20\": the limit must be above 0 in us, ms or s, as 20ms"},
        {"p99<1%", "\"p99<1%\": the limit must be above 0 in us, ms or s, as 20ms"},
        {"p99<20ms,errors<1ms", "\"errors<1ms\": the limit must be above 0 in %, as 0.1%"},
        {"p99<-1ms", "\"p99<-1ms\": the limit must be above 0 in us, ms or s, as 20ms"},
        {"p99<20ms,", "\"\": a term is MEASURE<LIMIT, as p99<20ms"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto slo = parse_slo(row.text);
        REQUIRE(!slo.has_value());
        CHECK(slo.error().field == "--slo");
        CHECK(slo.error().reason == row.reason);
    }
}

TEST_CASE("slo: a run breaks the first term that it does not keep") {
    RunReport report;
    report.counts.sent = 1000;
    report.counts.ok = 990;
    report.counts.timeouts = 10;
    for (int i = 0; i < 1000; ++i) report.response.record(static_cast<std::uint64_t>(i));
    const auto slo = parse_slo("p99<2ms,errors<0.5%");
    REQUIRE(slo.has_value());
    CHECK(broken_term(*slo, report) == "errors is 1.000%, not below 0.500%");
    report.counts.timeouts = 4;
    CHECK(broken_term(*slo, report) == std::nullopt);
    report.response.record_n(5000, 100);
    CHECK(broken_term(*slo, report) == "p99 is 5.003ms, not below 2.000ms");
}
