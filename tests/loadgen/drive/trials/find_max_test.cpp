// What a trial says about an objective, how long it must be, and what a search leaves behind.
#include "loadgen/drive/trials/find_max.h"

#include "loadgen/drive/prepared_load.h"
#include "tests/loadgen/report/sample_run.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <fstream>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

std::vector<SloTerm> slo_of(std::string_view text) {
    return with_defaults(*parse_slo(text));
}

Trial trial(const RunReport& report, std::string_view slo) {
    return trial_of(report, slo_of(slo), Rate::per_second(1000));
}

SearchResult two_trials() {
    SearchResult result;
    result.found = Rate::per_second(900);
    result.is_confirmed = true;
    result.trials.resize(2);
    result.trials[0] = {.offered = Rate::per_second(1000),
                        .outcome = Kept::broken,
                        .why = "refused is 96.000%, not below 0.100%, mostly overloaded",
                        .refused_share = 0.96};
    result.trials[1] = {.offered = Rate::per_second(900),
                        .outcome = Kept::kept,
                        .is_confirmation = true,
                        .ok_per_s = 899.5,
                        .p99_floor_us = 1000,
                        .p99_us = 1200};
    return result;
}

}  // namespace

TEST_CASE(
    "find max: what was refused or never sent is a failure, unless the objective says otherwise") {
    const auto slo = slo_of("p99<20ms,errors<0.1%");
    REQUIRE(slo.size() == 4);
    CHECK(slo[2].measure == "refused");
    CHECK(slo[2].limit == doctest::Approx(0.001));
    CHECK(slo[3].measure == "skipped");
    CHECK(slo_of("p99<20ms")[1].limit == doctest::Approx(0.01));
    CHECK(slo_of("refused<50%")[0].limit == doctest::Approx(0.5));
    CHECK(slo_of("refused<50%").size() == 3);
}

TEST_CASE("find max: a trial is kept, broken or unknown") {
    // One operation in fifty is refused.
    const auto report = sample_run({.service = 5ms});
    CHECK(trial(*report, "p99<20ms,refused<3%").outcome == Kept::kept);
    const Trial refused = trial(*report, "p99<20ms,errors<0.1%");
    CHECK(refused.outcome == Kept::broken);
    CHECK(refused.why.find("refused is") != std::string::npos);
    CHECK(refused.why.ends_with("mostly insufficient_funds"));
    CHECK(refused.refused_share == doctest::Approx(0.02).epsilon(0.3));
    CHECK(trial(*report, "p99<2ms,refused<3%").outcome == Kept::broken);

    // Between floor and response nothing is known.
    report->quoted.response.record_n(90'000, 1000);
    report->quoted.floor.record_n(3'000, 1000);
    const Trial unknown = trial(*report, "p99<20ms,refused<3%");
    CHECK(unknown.outcome == Kept::unknown);
    CHECK(unknown.p99_us > unknown.p99_floor_us);
    CHECK(trial(*report, "p99<100ms,refused<3%").outcome == Kept::kept);
}

TEST_CASE("find max: what a machine does to both sides breaks no objective of a server on it") {
    const auto report = sample_run({.service = 5ms});
    constexpr std::string_view slo = "p99<5ms,refused<3%";
    CHECK(report->quoted.floor.value_at_percentile(99) > 7'000);
    CHECK(trial(*report, slo).outcome == Kept::broken);
    // This program was kept waiting for 4 ms now and then, and so was the server.
    report->send_lag.record_n(4'000, 500);
    CHECK(trial(*report, slo).outcome == Kept::broken);
    report->settings.target = "native:127.0.0.1:7000";
    const Trial unknown = trial(*report, slo);
    CHECK(unknown.outcome == Kept::unknown);
    CHECK(unknown.why.ends_with("this machine delays whoever runs on it by as much"));
    // What no such delay explains stays broken, as do refusals.
    report->quoted.floor.record_n(14'000, 1000);
    report->quoted.response.record_n(14'000, 1000);
    CHECK(trial(*report, slo).outcome == Kept::broken);
    CHECK(trial(*report, "p99<60ms,refused<0.1%").outcome == Kept::broken);
}

TEST_CASE("find max: a rate that was not held is broken by the server, unknown by the generator") {
    const auto report = sample_run({.service = 5ms});
    constexpr std::string_view slo = "p99<20ms,refused<3%";
    report->verdict.load = LoadHeld::not_held_server;
    report->verdict.load_because = "too slow";
    CHECK(trial(*report, slo).outcome == Kept::broken);
    CHECK(trial(*report, slo).why == "too slow");
    report->verdict.load = LoadHeld::not_held_generator;
    CHECK(trial(*report, slo).outcome == Kept::unknown);
    report->verdict.load = LoadHeld::held;
    report->verdict.valid = false;
    report->verdict.invalid_because = {"the counts do not agree"};
    CHECK(trial(*report, slo).outcome == Kept::unknown);
    report->server_gone = "connection lost";
    CHECK(trial(*report, slo).is_server_gone);
    // How busy the generator was decides nothing.
    const auto busy = sample_run({.service = 5ms});
    busy->calibration.generator_cpu = 0.99;
    busy->verdict = judge(*busy);
    CHECK(trial(*busy, slo).outcome == Kept::kept);
}

TEST_CASE("find max: a trial is long enough for ten requests beyond its percentile") {
    CHECK(requests_needed(slo_of("p99<20ms")) == 1000);
    CHECK(requests_needed(slo_of("p50<1ms,p99.9<20ms")) == 10'000);
    CHECK(requests_needed(slo_of("max<1s")) == 10);
    // A little longer than the mean of a Poisson schedule needs.
    CHECK(least_duration(1000, Rate::per_second(1000), 1) > 1s);
    CHECK(least_duration(1000, Rate::per_second(1000), 1) < 1200ms);
    CHECK(least_duration(1000, Rate::per_second(1000), 100) > 100s);
    const Rate lowest = lowest_rate(10'000, 1);
    CHECK(least_duration(10'000, lowest, 1) <= 2min);
    CHECK(least_duration(10'000, Rate{lowest.millihertz - 1}, 1) > 2min);
}

TEST_CASE("find max: the next trial waits for the work that the last one left to the server") {
    RunReport report;
    report.measured = 2s;
    report.window.ok = 20'000;
    CHECK(work_left(report) == Duration{0});
    report.counts.timeouts = 70'000;
    report.warmup_counts.timeouts = 5'000;
    CHECK(work_left(report) == 7500ms);
    report.window.ok = 0;
    CHECK(work_left(report) == 60s);
}

TEST_CASE("find max: files of an earlier search do not stay, a user's own do") {
    const TemporaryDirectory directory;
    const auto touch = [&](const std::string& name) {
        std::filesystem::create_directories((directory.path() / name).parent_path());
        std::ofstream(directory.path() / name) << "x";
    };
    for (const char* name : {"find-max.json", "find-max.csv", "find-max.html", "notes.txt",
                             "trial-01/report.json", "trial-02/report.html", "trial-02/mine.txt",
                             "trial-03/latency.hlog", "other/report.json"})
        touch(name);
    remove_earlier_search(directory.path());
    const auto exists = [&](const std::string& name) {
        return std::filesystem::exists(directory.path() / name);
    };
    CHECK(exists("notes.txt"));
    CHECK(exists("other/report.json"));
    CHECK(exists("trial-02/mine.txt"));
    CHECK(!exists("trial-02/report.html"));
    CHECK(!exists("trial-01"));
    CHECK(!exists("trial-03"));
    CHECK(!exists("find-max.json"));
}

TEST_CASE("find max: a search is told as table, CSV, JSON and picture, refusals included") {
    const SearchResult result = two_trials();
    const std::string text = search_text(result, "p99<20ms");
    CHECK(text.find("refused") < text.find('\n'));
    CHECK(text.find(" 96.000% ") != std::string::npos);
    // In order of the rate.
    CHECK(text.find("899.5") < text.find("mostly overloaded"));
    CHECK(text.ends_with("Highest confirmed rate that keeps p99<20ms: 900.0/s.\n"));
    const std::string csv = search_csv(result);
    CHECK(csv.starts_with("trial,offered_per_s,attained_per_s,refused_per_s,refused_share,"));
    CHECK(csv.find("\n1,1000.000,") != std::string::npos);
    CHECK(csv.find(",kept,1\n") != std::string::npos);
    const boost::json::value value = boost::json::parse(search_json(result, "p99<20ms"));
    CHECK(value.at("found_per_s").to_number<double>() == 900);
    CHECK(value.at("confirmed") == true);
    CHECK(value.at("trials").at(0).at("outcome") == "broken");
    const std::string page = search_html(result, "p99<20ms");
    CHECK(page.find("Highest rate that keeps p99&lt;20ms") != std::string::npos);
    CHECK(page.find("<svg") != std::string::npos);

    SearchResult doubtful = result;
    doubtful.is_confirmed = false;
    doubtful.hidden_up_to = doubtful.found;
    doubtful.cut_short = "it was stopped";
    const std::string doubt = search_text(doubtful, "p99<20ms");
    CHECK(doubt.find("900.0/s keeps p99<20ms perhaps") != std::string::npos);
    CHECK(doubt.find("its machine hide") != std::string::npos);
    CHECK(doubt.ends_with("The search ended early: it was stopped.\n"));
    CHECK(search_text({}, "p99<20ms").find("No rate was found") != std::string::npos);
}
