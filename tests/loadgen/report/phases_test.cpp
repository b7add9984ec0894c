// Phases of a run: they add up to the whole, are judged each, and are read back and merged.
#include "loadgen/report/phases.h"

#include "loadgen/measure/hdr_log.h"
#include "loadgen/report/merge.h"
#include "loadgen/report/users_law.h"
#include "tests/loadgen/report/sample_run.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

std::vector<RatePiece> phases_as(std::string_view text) {
    const auto pieces = parse_rate_profile(text);
    REQUIRE(pieces.has_value());
    return *pieces;
}

std::vector<RatePiece> stairs() {
    return phases_as("1k:2s,ramp:1k..3k:4s,500:2s");
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Ten seconds of constant arrivals with these pieces, answered by one server that takes so long
/// for each.
std::unique_ptr<RunReport> run_on_serial(const std::vector<RatePiece>& pieces, Offset each) {
    auto report = std::make_unique<RunReport>();
    report->settings.profile = pieces;
    report->settings.rate = mean_rate(pieces);
    report->settings.arrival = "constant";
    report->settings.batch = 1;
    const Offset end = length_of(pieces);
    Recorder recorder(Offset{0}, end);
    recorder.set_phases(phase_bounds(pieces, Duration{0}));
    const RateProfile rate(pieces);
    Schedule schedule(rate, Arrival::constant, 0, end);
    Offset free{0};
    while (schedule.peek()) {
        const Offset due = schedule.take();
        free = std::max(free, due) + each;
        recorder.scheduled(1, due);
        recorder.sent(1, due, due);
        recorder.ended({.intended = due, .sent = due, .ended = free});
    }
    recorder.finish(free);
    take_results(recorder, {"transfer"}, *report);
    report->asked = asked_in_window(rate, *report);
    report->verdict = judge(*report);
    return report;
}

}  // namespace

TEST_CASE("phases: they add up to the whole") {
    const auto report = sample_run({.profile = stairs()});
    REQUIRE(report->phases.size() == 3);
    Counts counts;
    Counts window;
    Histogram response;
    std::uint64_t requests = 0;
    double asked = 0;
    for (const PhaseRow& phase : report->phases) {
        CAPTURE(piece_text(phase.piece));
        counts.add(phase.counts);
        window.add(phase.window);
        response.merge(phase.response);
        requests += phase.requests;
        asked += phase.asked();
        CHECK(broken_identity(phase.counts) == std::nullopt);
        CHECK(std::abs(static_cast<double>(phase.counts.scheduled) - phase.asked()) <= 1);
        CHECK(is_held(phase, *report));
    }
    CHECK(counts == report->counts);
    // Of the window only what ended is told by phase.
    window.scheduled = report->window.scheduled;
    window.sent = report->window.sent;
    CHECK(window == report->window);
    CHECK(response == report->quoted.response);
    CHECK(requests == report->quoted.requests);
    CHECK(asked == doctest::Approx(2000 + 8000 + 1000));
    CHECK(report->asked_per_s() == doctest::Approx(11'000 / 8.0).epsilon(0.001));
    CHECK(report->verdict.load == LoadHeld::held);
}

TEST_CASE("phases: each says what was held in it, and what came late ends in the next") {
    // Good for 2,000/s: the spike of 8,000/s for a second is not held, and what it leaves takes the
    // next 6 s with 1,000/s beside it.
    const auto report = run_on_serial(phases_as("1k:2s,8k:1s,1k:7s"), 500us);
    REQUIRE(report->phases.size() == 3);
    CHECK(is_held(report->phases[0], *report));
    CHECK_FALSE(is_held(report->phases[1], *report));
    CHECK(is_held(report->phases[2], *report));
    CHECK(report->phases[1].counts.scheduled == 8000);
    CHECK(report->phases[1].window.ok == doctest::Approx(2000).epsilon(0.002));
    CHECK(report->phases[2].window.ok == doctest::Approx(13'000).epsilon(0.002));
    // The last of the spike wait 3 s behind 6,000 others; whoever comes after it waits as well.
    CHECK(report->phases[1].response.max() == doctest::Approx(3e6).epsilon(0.01));
    CHECK(bounds_of(report->phases[0], 99).response_us < 1000);
    // Over the whole run 17,000 were asked for, and all of them were done.
    CHECK(report->verdict.load == LoadHeld::held);
}

TEST_CASE("phases: a run that ends early has those that had begun") {
    auto report = sample_run({.profile = stairs()});
    report->phases.clear();
    report->settings.duration = Duration{0};
    Recorder recorder(2s, 10s);
    recorder.set_phases(phase_bounds(stairs(), 2s));
    recorder.close_window(5s);
    recorder.finish(5s);
    RunReport cut;
    cut.settings = report->settings;
    take_results(recorder, {"transfer"}, cut);
    REQUIRE(cut.phases.size() == 2);
    CHECK(cut.phases[0].measured == 2s);
    CHECK(cut.phases[1].measured == 1s);
    CHECK(cut.phases[1].asked() == doctest::Approx(1250));
}

TEST_CASE("phases: text, page and files tell them") {
    const auto report = sample_run({.profile = stairs()});
    const std::string text = report_text(*report);
    CHECK(has(text, "ramp:1k..3k:4s"));
    CHECK(has(text, "open loop, 1k:2s,ramp:1k..3k:4s,500:2s constant"));
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        // A µ has two bytes.
        const auto columns = std::count_if(line.begin(), line.end(), [](char letter) {
            return (static_cast<unsigned char>(letter) & 0xc0U) != 0x80U;
        });
        CHECK_MESSAGE(columns <= 80, line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    CHECK(has(report_html(*report), "<h2>Phases</h2>"));
    CHECK_FALSE(has(report_html(*sample_run({})), "<h2>Phases</h2>"));

    const boost::json::value json = boost::json::parse(report_json(*report));
    CHECK(json.at("rate_profile") == "1k:2s,ramp:1k..3k:4s,500:2s");
    const auto& phases = json.at("phases").as_array();
    REQUIRE(phases.size() == 3);
    CHECK(phases[1].at("asked") == 8000);
    CHECK(phases[1].at("begin_s") == 2);
    CHECK(phases[1].at("held") == true);
    CHECK(phases[1].at("bounds").at("p99").as_object().contains("statement"));
    CHECK_FALSE(boost::json::parse(report_json(*sample_run({}))).as_object().contains("phases"));

    const auto intervals = read_hdr_intervals(latency_hlog(*report));
    REQUIRE(intervals);
    Histogram tagged;
    for (const HdrLogInterval& one : *intervals)
        if (one.tag == "phase-02") {
            CHECK(one.start == 4);
            tagged.merge(one.counts);
        }
    CHECK(tagged == report->phases[1].response);
}

TEST_CASE("phases: they are read back, and those of several generators are added up") {
    const TemporaryDirectory directory;
    std::vector<ReadReport> parts;
    for (const std::uint64_t seed : {1U, 2U}) {
        const auto path = directory.path() / std::to_string(seed);
        auto report = sample_run({.seed = seed, .profile = stairs()});
        write_report(*report, path);
        auto read = read_report(path);
        REQUIRE(read);
        report->calibration.fsync.reset();
        report->verdict = judge(*report);
        read->report->verdict = judge(*read->report);
        CHECK(report_json(*read->report) == report_json(*report));
        CHECK(latency_hlog(*read->report) == latency_hlog(*report));
        parts.push_back(std::move(read).value());
    }
    const auto total = merged(parts);
    REQUIRE(total);
    const RunReport& sum = **total;
    REQUIRE(sum.phases.size() == 3);
    CHECK(profile_text(sum.settings.profile) == "2k:2s,ramp:2k..6k:4s,1k:2s");
    CHECK(sum.phases[1].counts.ok ==
          parts[0].report->phases[1].counts.ok + parts[1].report->phases[1].counts.ok);
    CHECK(sum.phases[1].asked() == doctest::Approx(16'000));
    CHECK(is_held(sum.phases[1], sum));
    CHECK(sum.asked_per_s() == doctest::Approx(2750).epsilon(0.001));

    const auto other = directory.path() / "other";
    write_report(*sample_run({.seed = 3, .profile = phases_as("1k:4s,ramp:1k..3k:4s")}), other);
    parts.push_back(read_report(other).value());
    const auto refused = merged(parts);
    REQUIRE_FALSE(refused);
    CHECK(has(refused.error().text(), "the lengths of the parts of rate"));
}

TEST_CASE("users: the report says what they can ask for, and claims nothing else") {
    auto report = sample_run({.closed_loop = true});
    report->settings.users = 50;
    report->settings.think = {TimeLaw::Kind::exponential, 100ms};
    report->verdict = judge(*report);
    CHECK(users_rate(*report) == doctest::Approx(50e6 / (100'000 + report->response.mean())));
    const std::string text = report_text(*report);
    CHECK(has(text, "50 users who think exp:100ms"));
    CHECK(has(text, "users/(response+think)"));
    CHECK_FALSE(has(text, "coordinated"));
    const TemporaryDirectory directory;
    write_report(*report, directory.path());
    const auto read = read_report(directory.path());
    REQUIRE(read);
    CHECK(read->report->settings.users == 50);
    CHECK(read->report->settings.think == report->settings.think);
    CHECK(boost::json::parse(report_json(*report)).at("users_rate_per_s").to_number<double>() ==
          doctest::Approx(users_rate(*report)));
}
