// What a run tells other programs while it goes on.
#include "loadgen/drive/live_output.h"

#include "loadgen/client/http_stream.h"
#include "loadgen/measure/server_metrics.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using namespace std::chrono_literals;

/// Three operations in each of three seconds, the third refused.
void record(Recorder& recorder, int second) {
    const Offset begin = std::chrono::seconds{second};
    for (int i = 0; i < 3; ++i) {
        const Offset sent = begin + i * 1ms;
        recorder.scheduled(1, sent);
        recorder.sent(1, sent, sent);
        recorder.ended({.intended = sent,
                        .sent = sent,
                        .ended = sent + 2ms,
                        .code = static_cast<std::uint16_t>(i == 2 ? 31 : 0)});
    }
    recorder.advance(begin + 1s);
}

std::vector<boost::json::object> lines_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<boost::json::object> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(boost::json::parse(line).as_object());
    return lines;
}

}  // namespace

TEST_CASE("live output: every second is a line, and the last line says what came of it") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "stream";
    RunReport report;
    {
        LiveOutput live({.stream = path.string(), .metrics = {}});
        Recorder recorder(Offset{0});
        for (int second = 0; second < 3; ++second) {
            record(recorder, second);
            live.show({.now = std::chrono::seconds{second + 1}}, recorder);
        }
        recorder.finish(3s);
        take_results(recorder, {"transfer"}, report);
        report.verdict = judge(report);
        live.end(report);
    }
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == report.timeline.size() + 1);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        CHECK(lines[i].at("event").as_string() == "second");
        CHECK(lines[i].at("second").to_number<std::size_t>() == i);
        CHECK(lines[i].at("ok").to_number<int>() == 2);
        CHECK(lines[i].at("refused").to_number<int>() == 1);
        CHECK(lines[i].at("p50_us").to_number<int>() == 2000);
    }
    CHECK(lines.back().at("event").as_string() == "end");
    CHECK(lines.back().at("valid").as_bool() == report.verdict.valid);
    CHECK(lines.back().at("load").as_string() == word(report.verdict.load));
}

TEST_CASE("live output: Prometheus reads the page") {
    LiveOutput live({.stream = {}, .metrics = Endpoint{"127.0.0.1", 0}});
    REQUIRE(live.metrics_endpoint());
    const Endpoint endpoint = *live.metrics_endpoint();
    Recorder recorder(1s);
    record(recorder, 0);
    record(recorder, 1);
    live.show({.now = 2s, .behind = 500ms}, recorder);

    const auto samples = parse_metrics(http_get(endpoint, "/metrics", 10s));
    REQUIRE(samples);
    const auto value = [&](const std::string& name, const std::string& label) {
        for (const MetricSample& sample : *samples) {
            const bool has_label =
                label.empty() || (!sample.labels.empty() && sample.labels.begin()->second == label);
            if (sample.name == name && has_label) return sample.value;
        }
        return -1.0;
    };
    // The warm-up's are counted too.
    CHECK(value("tuma_load_operations_total", "ok") == 4);
    CHECK(value("tuma_load_operations_total", "refused") == 2);
    CHECK(value("tuma_load_operations_total", "skipped") == 0);
    CHECK(value("tuma_load_sent_total", "") == 6);
    CHECK(value("tuma_load_in_flight", "") == 0);
    CHECK(value("tuma_load_behind_seconds", "") == 0.5);
    CHECK(value("tuma_load_response_seconds", "0.5") == doctest::Approx(0.002));
    CHECK_THROWS_WITH_AS(http_get(endpoint, "/", 10s), doctest::Contains("404"), ConnectionError);
}

TEST_CASE("live output: what cannot be written or opened is said before the run") {
    CHECK_THROWS_WITH_AS(LiveOutput({.stream = "/nowhere/stream", .metrics = {}}),
                         doctest::Contains("/nowhere/stream"), WriteError);
    const LiveOutput first({.stream = {}, .metrics = Endpoint{"127.0.0.1", 0}});
    CHECK_THROWS_AS(LiveOutput({.stream = {}, .metrics = first.metrics_endpoint()}),
                    ConnectionError);
}

TEST_CASE("live output: the format of a stream is named") {
    CHECK(*parse_stream("ndjson:-") == "-");
    CHECK(*parse_stream("ndjson:a:b") == "a:b");
    CHECK(parse_stream("ndjosn:-").error().reason.find("did you mean ndjson?") !=
          std::string::npos);
    for (const char* text : {"", "ndjson", "ndjson:", "-", "csv:x"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_stream(text));
    }
}
