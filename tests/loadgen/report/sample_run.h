// A run made up from a seed, for tests of what is done with a run's results.
#pragma once

#include "loadgen/measure/latency_floor.h"
#include "loadgen/report/report.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// What is varied between sample runs.
struct SampleRun {
    std::uint64_t seed = 1;
    std::uint64_t rate = 1000;
    Offset service{std::chrono::milliseconds{5}};  ///< on average; between half and one and a half
    Offset lag{std::chrono::microseconds{20}};     ///< at most
    bool closed_loop = false;
    std::vector<RatePiece> profile{};  ///< of 8 s; empty: the rate
};

/// Ten seconds, the first two of them warm-up; one operation in 50 refused as insufficient_funds.
inline std::unique_ptr<RunReport> sample_run(const SampleRun& sample) {
    using namespace std::chrono_literals;
    auto report = std::make_unique<RunReport>();
    RunSettings& settings = report->settings;
    settings.target = "native:192.0.2.1:7000";
    settings.scenario = "p2p";
    settings.seed = sample.seed;
    settings.closed_loop = sample.closed_loop;
    if (!sample.closed_loop) settings.rate = Rate::per_second(sample.rate);
    settings.arrival = sample.closed_loop ? "closed" : "constant";
    settings.overload = "queue";
    settings.connections = 4;
    settings.batch = 1;
    settings.in_flight = 64;
    settings.duration = 8s;
    settings.warmup = 2s;
    settings.timeout = 5s;
    report->started_at = Timestamp{std::chrono::seconds{1'764'000'000}};
    report->durability = "fsync";
    report->version = "0.1.0";
    report->calibration.fsync = Probe{.p50_us = 350, .p99_us = 8000, .samples = 200};
    report->calibration.machine = {.cpu = "Test CPU", .cores = 2, .kernel = "6.1"};

    settings.profile = sample.profile;
    RateProfile rate(Rate::per_second(sample.rate));
    Recorder recorder(2s, 10s);
    if (!sample.profile.empty()) {
        settings.rate = mean_rate(sample.profile);
        std::vector<RatePiece> pieces = sample.profile;
        pieces.insert(pieces.begin(), {2s, pieces.front().from, pieces.front().from});
        rate = RateProfile(pieces);
        recorder.set_phases(phase_bounds(sample.profile, 2s));
    }
    LatencyFloor floor;
    Random random(sample.seed);
    Schedule schedule(rate, Arrival::constant, 0, 10s);
    const auto part = [&random](Offset most) {
        return Offset{
            static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most.count()) + 1))};
    };
    Offset last{0};
    while (schedule.peek()) {
        const Offset due = schedule.take();
        const Offset sent = due + part(sample.lag);
        const Offset intended = sample.closed_loop ? sent : due;
        const Offset ended = sent + sample.service / 2 + part(sample.service);
        recorder.scheduled(1, intended);
        recorder.sent(1, intended, sent);
        recorder.ended(
            {.intended = intended,
             .sent = sent,
             .ended = ended,
             .code = static_cast<std::uint16_t>(random.chance(1, 50) ? 31 : 0),
             .delay = floor.answered(intended, sent, ended, floor.left(intended, sent))});
        last = std::max(last, ended);
    }
    recorder.finish(last);
    take_results(recorder, {"transfer"}, *report);
    if (!sample.profile.empty()) report->asked = asked_in_window(rate, *report);
    report->verdict = judge(*report);
    return report;
}

/// One of the sentences has these words.
inline bool mentions(const std::vector<std::string>& sentences, std::string_view words) {
    return std::any_of(sentences.begin(), sentences.end(), [&](const std::string& sentence) {
        return sentence.find(words) != std::string::npos;
    });
}

}  // namespace tuma::loadgen
