// Reports read back whole, and several of one load added up.
#include "loadgen/report/merge.h"

#include "tests/loadgen/report/sample_run.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <utility>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using namespace std::chrono_literals;

/// A sample run, written and read again.
ReadReport part_of(const std::filesystem::path& directory, SampleRun sample,
                   Duration later = Duration{0}) {
    auto report = sample_run(sample);
    report->started_at += later;
    write_report(*report, directory);
    auto read = read_report(directory);
    REQUIRE(read);
    return std::move(read).value();
}

/// Half a second in which one connection of a run was missing.
Losses sample_losses(Offset at) {
    LossLog log;
    const std::size_t loss = log.lost(at, "the server closed the connection", 5, 0, 0);
    log.back(at + 400ms, loss, 5);
    log.answered(at + 500ms, loss);
    log.ended(loss, &Resent::known, 2);
    log.ended(loss, &Resent::executed, 3);
    log.finish(at + 1s);
    return log.losses();
}

std::string reason(const std::vector<ReadReport>& parts) {
    const auto total = merged(parts);
    return total ? "it was accepted" : total.error().text();
}

}  // namespace

TEST_CASE("merge: a report that is read back says the same") {
    const TemporaryDirectory directory;
    for (const bool closed : {false, true}) {
        auto report = sample_run({.closed_loop = closed});
        report->settings.more = {{"customers", "10000"}, {"note", "a b"}};
        report->late_answers = 3;
        report->blocked.record_n(40, 7);
        report->losses = sample_losses(1500ms);
        write_report(*report, directory.path());
        const auto read = read_report(directory.path());
        REQUIRE(read);
        // The probe of the disk is not kept: it is not of the load.
        report->calibration.fsync.reset();
        report->verdict = judge(*report);
        read->report->verdict = judge(*read->report);
        CHECK(report_json(*read->report) == report_json(*report));
        CHECK(timeline_csv(read->report->timeline) == timeline_csv(report->timeline));
        CHECK(latency_hlog(*read->report) == latency_hlog(*report));
    }
}

TEST_CASE("merge: counts and histograms are added up, and never averaged") {
    const TemporaryDirectory directory;
    std::vector<ReadReport> parts;
    parts.push_back(part_of(directory.path() / "fast", {.seed = 1, .service = 1ms}));
    parts.push_back(part_of(directory.path() / "slow", {.seed = 2, .rate = 250, .service = 40ms}));
    const auto total = merged(parts);
    REQUIRE(total);
    const RunReport& sum = **total;
    const RunReport& fast = *parts[0].report;
    const RunReport& slow = *parts[1].report;

    CHECK(sum.counts.sent == fast.counts.sent + slow.counts.sent);
    CHECK(sum.window.ok == fast.window.ok + slow.window.ok);
    CHECK(sum.settings.rate == Rate::per_second(1250));
    CHECK(sum.settings.connections == 8);
    CHECK(sum.measured == 8s);
    CHECK(sum.attained_per_s() ==
          doctest::Approx(fast.attained_per_s() + slow.attained_per_s()).epsilon(1e-9));
    CHECK(sum.verdict.load == LoadHeld::held);
    CHECK(sum.verdict.valid);
    CHECK(broken_identity(sum.counts) == std::nullopt);

    Histogram all = fast.response;
    all.merge(slow.response);
    CHECK(sum.response == all);
    // A fifth is slow: the median is that of the fast ones, the p90 that of the slow ones. Averages
    // would be neither.
    CHECK(sum.response.value_at_percentile(50) < 2'000);
    CHECK(sum.response.value_at_percentile(90) > 30'000);
    CHECK(sum.quoted.requests == fast.quoted.requests + slow.quoted.requests);
    REQUIRE(sum.timeline.size() >= 10);
    CHECK(sum.timeline[5].sent == fast.timeline[5].sent + slow.timeline[5].sent);
    CHECK(sum.timeline[5].p99_us > 30'000);
}

TEST_CASE("merge: losses at the same time by the wall clock are one") {
    const TemporaryDirectory directory;
    std::vector<ReadReport> parts;
    parts.push_back(part_of(directory.path() / "first", {.seed = 1}));
    parts.push_back(part_of(directory.path() / "late", {.seed = 2}, 1s));
    parts[0].report->losses = sample_losses(3s);
    parts[1].report->losses = sample_losses(2200ms);
    const auto total = merged(parts);
    REQUIRE(total);
    REQUIRE((*total)->losses);
    CHECK((*total)->losses->count == 1);
    CHECK((*total)->losses->downtime == 600ms);
    CHECK((*total)->losses->operations.resent == 10);
    CHECK((*total)->verdict.valid);
}

TEST_CASE("merge: seconds are those of the wall clock") {
    const TemporaryDirectory directory;
    std::vector<ReadReport> parts;
    parts.push_back(part_of(directory.path() / "late", {.seed = 1}, 1s));
    parts.push_back(part_of(directory.path() / "first", {.seed = 2}));
    const auto total = merged(parts);
    REQUIRE(total);
    CHECK((*total)->started_at == parts[1].report->started_at);
    CHECK((*total)->timeline[0].sent == parts[1].report->timeline[0].sent);
    CHECK((*total)->timeline[4].sent ==
          parts[1].report->timeline[4].sent + parts[0].report->timeline[3].sent);
    std::uint64_t sent = 0;
    for (const TimelineRow& row : (*total)->timeline) sent += row.sent;
    CHECK(sent == (*total)->counts.sent + (*total)->warmup_counts.sent);
    CHECK((*total)->verdict.remarks.back().find("begun within 1.00 s") != std::string::npos);
}

TEST_CASE("merge: what is invalid in one is invalid in all") {
    const TemporaryDirectory directory;
    auto report = sample_run({.seed = 2});
    report->verdict.valid = false;
    report->verdict.invalid_because = {"a reason"};
    write_report(*report, directory.path() / "bad");
    std::vector<ReadReport> parts;
    parts.push_back(part_of(directory.path() / "good", {.seed = 1}));
    auto bad = read_report(directory.path() / "bad");
    REQUIRE(bad);
    parts.push_back(std::move(bad).value());
    const auto total = merged(parts);
    REQUIRE(total);
    CHECK_FALSE((*total)->verdict.valid);
    CHECK((*total)->verdict.invalid_because.back() == parts[1].directory + ": a reason");
}

TEST_CASE("merge: runs that were not one load are refused, with what differs") {
    const TemporaryDirectory directory;
    const auto pair = [&](auto change, std::uint64_t seed, Duration later) {
        std::vector<ReadReport> parts;
        parts.push_back(part_of(directory.path() / "a", {.seed = 1}));
        parts.push_back(part_of(directory.path() / "b", {.seed = seed}, later));
        change(parts[1].report->settings);
        return reason(parts);
    };
    const auto nothing = [](RunSettings&) {};
    const auto has = [](const std::string& text, const std::string& part) {
        CAPTURE(text);
        return text.find(part) != std::string::npos;
    };
    CHECK(pair(nothing, 2, Duration{0}) == "it was accepted");
    CHECK(has(pair(nothing, 1, Duration{0}), "--seed"));
    CHECK(has(pair(nothing, 2, 3s), "began 3.00 s apart"));
    CHECK(has(pair([](RunSettings& s) { s.scenario = "kenya-day"; }, 2, Duration{0}),
              "scenario p2p and kenya-day"));
    CHECK(has(pair([](RunSettings& s) { s.batch = 7; }, 2, Duration{0}), "batch 1 and 7"));
    CHECK(has(pair([](RunSettings& s) { s.rate.reset(); }, 2, Duration{0}), "a rate and none"));
    std::vector<ReadReport> one;
    one.push_back(part_of(directory.path() / "a", {.seed = 1}));
    CHECK(has(reason(one), "two report directories"));
}

TEST_CASE("merge: files that cannot be understood are named") {
    const TemporaryDirectory directory;
    const auto path = directory.path();
    CHECK(read_report(path).error().text().find("report.json") != std::string::npos);
    const auto report = sample_run({});
    write_report(*report, path);
    for (const char* member : {"\"window\": {", "\"fates\": [", "\"seed\": 1", "\"ok\": "}) {
        CAPTURE(member);
        std::string text = report_json(*report);
        const auto at = text.find(member);
        REQUIRE(at != std::string::npos);
        text.replace(at + 1, 1, "x");
        std::ofstream(path / "report.json", std::ios::trunc) << text;
        const auto read = read_report(path);
        REQUIRE_FALSE(read);
        CHECK(read.error().text().find("report.json") != std::string::npos);
        CHECK(read.error().text().find("is missing") != std::string::npos);
    }
    std::ofstream(path / "report.json", std::ios::trunc) << report_json(*report);
    std::ofstream(path / "latency.hlog", std::ios::app) << "nonsense\n";
    CHECK(read_report(path).error().text().find("latency.hlog") != std::string::npos);
}
