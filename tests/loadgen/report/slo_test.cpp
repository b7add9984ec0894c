// Objectives: how they are read, and their three answers.
#include "loadgen/report/slo.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace tuma::loadgen;

TEST_CASE("slo: terms are read with their units") {
    const auto slo =
        parse_slo("p99<20ms,p50<500us,max<1.5s,errors<0.1%,refused<2%,p99.9<1s,p99_9<1s");
    REQUIRE(slo.has_value());
    REQUIRE(slo->size() == 7);
    CHECK(slo->at(0).measure == "p99");
    CHECK(slo->at(0).limit == doctest::Approx(20'000));
    CHECK(slo->at(1).limit == doctest::Approx(500));
    CHECK(slo->at(2).limit == doctest::Approx(1'500'000));
    CHECK(slo->at(3).limit == doctest::Approx(0.001));
    CHECK(slo->at(4).limit == doctest::Approx(0.02));
    CHECK(slo->at(5).measure == "p99.9");
    CHECK(slo->at(6).measure == "p99.9");
}

TEST_CASE("slo: what cannot be understood is named") {
    const struct {
        const char* text;
        const char* reason;
    } rows[] = {
        {"", "\"\": a term is MEASURE<LIMIT, as p99<20ms"},
        {"p99=20ms", "\"p99=20ms\": a term is MEASURE<LIMIT, as p99<20ms"},
        {"p99<=20ms", "\"p99<=20ms\": there is no <=; leave the = out"},
        {"p98<20ms",
         "\"p98<20ms\": the measure must be p50, p90, p95, p99, p99.9, max, errors, refused or "
         "skipped"},
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

TEST_CASE("slo: a latency is kept by the response, broken by the floor, and unknown between them") {
    const struct {
        std::uint64_t floor_us;
        std::uint64_t response_us;
        std::uint64_t requests;
        Kept kept;
        const char* why;
    } rows[] = {
        {1'000, 1'999, 1000, Kept::kept, ""},
        {1'000, 5'000, 1000, Kept::unknown,
         "p99 is between 1.000ms and 5.003ms, perhaps below 2.000ms: pauses of this program hide "
         "it"},
        {2'000, 5'000, 1000, Kept::broken, "p99 is 2.000ms, not below 2.000ms"},
        {1'000, 1'000, 999, Kept::unknown, "p99 needs 1 000 requests"},
    };
    const auto slo = parse_slo("p99<2ms");
    for (const auto& row : rows) {
        CAPTURE(row.response_us);
        const auto report = std::make_unique<RunReport>();
        report->quoted.response.record_n(row.response_us, row.requests);
        report->quoted.floor.record_n(row.floor_us, row.requests);
        report->quoted.requests = row.requests;
        const SloFinding found = check_slo(*slo, *report);
        CHECK(found.kept == row.kept);
        CHECK(found.why == row.why);
    }
}

TEST_CASE("slo: one broken term breaks the objective, and what is unknown is not kept") {
    const auto report = std::make_unique<RunReport>();
    report->quoted.response.record_n(1'000, 50);
    report->quoted.floor.record_n(1'000, 50);
    report->quoted.requests = 50;
    report->counts.scheduled = 1100;
    report->counts.sent = 1000;
    report->counts.refused = 20;
    report->counts.errors = 4;
    report->counts.timeouts = 6;
    report->counts.skipped = 100;
    const auto finding = [&](const char* text) { return check_slo(*parse_slo(text), *report); };
    CHECK(finding("p50<2ms,max<2ms,errors<1.1%,refused<3%,skipped<10%").kept == Kept::kept);
    CHECK(finding("p99<2ms,p50<2ms").kept == Kept::unknown);
    CHECK(finding("p99<2ms,errors<1%").why == "errors is 1.000%, not below 1.000%");
    CHECK(finding("refused<2%").kept == Kept::broken);
    CHECK(finding("skipped<9%").kept == Kept::broken);
    CHECK(finding("max<1ms").kept == Kept::broken);
}

TEST_CASE("abort: a run is given up once a measure is above its limit for three seconds on end") {
    const auto terms = parse_abort("p99>1s,errors>5%");
    REQUIRE(terms.has_value());
    const TimelineRow good{.ok = 95, .errors = 5, .p99_us = 1'000'000};
    const TimelineRow slow{.ok = 100, .p99_us = 1'000'001};
    const TimelineRow broken{.ok = 94, .timeouts = 6, .p99_us = 1'000};
    TimelineRow warming = slow;
    warming.warmup = true;
    const auto reason = [&](const std::vector<TimelineRow>& rows) {
        return abort_reason(*terms, rows).value_or("");
    };
    CHECK(reason({}).empty());
    CHECK(reason({slow, slow}).empty());
    CHECK(reason({good, good, good}).empty());
    CHECK(reason({slow, broken, slow}).empty());
    CHECK(reason({slow, TimelineRow{}, slow}).empty());
    CHECK(reason({warming, slow, slow}).empty());
    CHECK(reason({good, slow, slow, slow}) ==
          "given up at 1 s by --abort-when: p99 was above 1000.000ms for 3 seconds, at last "
          "1000.001ms");
    CHECK(reason({broken, broken, broken}).find("errors was above 5.000%") != std::string::npos);
}

TEST_CASE("abort: what cannot be understood is named") {
    const struct {
        const char* text;
        const char* reason;
    } rows[] = {
        {"p99<1s", "\"p99<1s\": a term is MEASURE>LIMIT, as p99>1s"},
        {"p90>1s", "\"p90>1s\": the measure must be p50, p99, max, errors or refused"},
        {"errors>5", "\"errors>5\": the limit must be above 0 in %, as 0.1%"},
    };
    for (const auto& row : rows) {
        const auto terms = parse_abort(row.text);
        REQUIRE(!terms.has_value());
        CHECK(terms.error().field == "--abort-when");
        CHECK(terms.error().reason == row.reason);
    }
}
