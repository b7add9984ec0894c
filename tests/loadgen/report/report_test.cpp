// Reports: verdicts, the promised fields, one safe page, and files that read back.
#include "loadgen/report/report.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/report/compare.h"
#include "loadgen/report/svg_chart.h"
#include "tests/loadgen/report/sample_run.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

std::size_t occurrences(std::string_view text, std::string_view word) {
    std::size_t count = 0;
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1))
        ++count;
    return count;
}

}  // namespace

TEST_CASE("report: a run at its rate is valid, and says what it asked for and got") {
    const auto report = sample_run({});

    CHECK(report->counts.scheduled == 8000);
    CHECK(report->warmup_counts.scheduled == 2000);
    CHECK(report->measured == 8s);
    CHECK(report->asked_per_s() == 1000);
    CHECK(report->offered_per_s() == 1000);
    CHECK(report->attained_per_s() == static_cast<double>(report->window.ok) / 8);
    CHECK(report->verdict.valid);
    CHECK(report->verdict.load == LoadHeld::held);
    CHECK(report->verdict.invalid_because.empty());
    CHECK(!report->verdict.find(99.9)->is_enough);
    CHECK(!mentions(report->verdict.remarks, "no network"));
}

TEST_CASE("report: each reason not to believe a run is given by itself") {
    struct Row {
        const char* words;
        void (*spoil)(RunReport&);
    };
    const Row rows[] = {
        {"the counts do not agree", [](RunReport& r) { r.counts.skipped += 1; }},
        {"the counts do not agree", [](RunReport& r) { r.warmup_counts.sent += 1; }},
        {"the server went away: 12 in flight",
         [](RunReport& r) { r.server_gone = "12 in flight"; }},
        {"did not send in time",
         [](RunReport& r) {
             r.window.sent = r.window.ok = 5'000;
             r.send_lag.record_n(750'000, 8'000);
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.words);
        const auto report = sample_run({});
        row.spoil(*report);
        const Verdict verdict = judge(*report);
        CHECK(!verdict.valid);
        REQUIRE(verdict.invalid_because.size() == 1);
        CHECK(verdict.invalid_because[0].find(row.words) != std::string::npos);
    }
}

TEST_CASE(
    "report: a closed loop says what it cannot see, and that the generator may be the limit") {
    const auto report = sample_run({.lag = 50ms, .closed_loop = true});
    report->calibration.generator_cpu = 0.99;
    const Verdict verdict = judge(*report);

    CHECK(verdict.valid);
    CHECK(mentions(verdict.remarks, "coordinated omission"));
    CHECK(mentions(verdict.remarks, "The generator used 99.0 % of a core"));
    CHECK(report->asked_per_s() == 0);
    CHECK(report->response == report->service);
}

TEST_CASE("report: what is answered behind the end is in the latencies and not in the rate") {
    const auto late = sample_run({.service = 4s});
    CHECK(late->measured == 8s);
    CHECK(late->response.count() == 8000);
    // In ten seconds of load, each lasting four on average, six seconds' worth has ended.
    CHECK(static_cast<double>(late->window.ended()) == doctest::Approx(6000).epsilon(0.02));
    CHECK(late->verdict.load == LoadHeld::held);
}

TEST_CASE("report: report.json has the promised fields with their values") {
    const auto report = sample_run({});
    report->calibration.timer_lag = {.p50_us = 60, .p99_us = 900, .samples = 300};
    report->counts.refusals[60'000] = 0;
    report->stages = {{.name = "fsync", .count = 9, .mean_us = 400, .p50_us = 350, .p99_us = 7000}};
    report->settings.more = {{"merchants", "2000"}, {"ok", "must not replace the count"}};
    const json::value value = json::parse(report_json(*report));
    const json::object& object = value.as_object();

    for (const char* key :
         {"scheduled",       "sent",        "skipped",        "ok",          "refused",
          "errors",          "timeouts",    "attained_per_s", "durability",  "response_us",
          "service_us",      "send_lag_us", "refusals",       "calibration", "valid",
          "invalid_because", "seed",        "scenario",       "target",      "mode",
          "batch",           "connections", "in_flight",      "duration_s",  "warmup_s",
          "started_at",      "stages"}) {
        CAPTURE(key);
        CHECK(object.contains(key));
    }
    CHECK(object.at("scheduled").to_number<std::uint64_t>() == 8000);
    CHECK(object.at("ok").to_number<std::uint64_t>() == report->counts.ok);
    CHECK(object.at("mode") == "open");
    CHECK(object.at("rate_per_s").to_number<double>() == 1000);
    CHECK(object.at("attained_per_s").to_number<double>() == report->attained_per_s());
    CHECK(object.at("asked_per_s").to_number<double>() == 1000);
    CHECK(object.at("load") == "held");
    CHECK(object.at("bounds").at("p99").at("enough") == true);
    CHECK(object.at("bounds").at("p99_9").at("enough") == false);
    CHECK(object.at("requests").to_number<std::uint64_t>() == report->counts.ok);
    CHECK(object.at("window").at("offered").to_number<std::uint64_t>() == 8000);
    CHECK(object.at("fates").as_array().size() == 2);
    CHECK(object.at("merchants").to_number<int>() == 2000);
    CHECK(object.at("started_at") == "2025-11-24T16:00:00.000000Z");
    for (const char* which :
         {"response_us", "service_us", "send_lag_us", "blocked_us", "floor_us"}) {
        for (const char* key : {"p50", "p90", "p95", "p99", "p99_9", "max"}) {
            CHECK(object.at(which).at(key).is_number());
        }
    }
    CHECK(object.at("response_us").at("p99").to_number<std::uint64_t>() ==
          report->response.value_at_percentile(99));
    CHECK(object.at("refusals").at("insufficient_funds").to_number<std::uint64_t>() ==
          report->counts.refused);
    CHECK(object.at("refusals").as_object().contains("code_60000"));
    const json::value& calibration = object.at("calibration");
    CHECK(calibration.at("fsync_us").at("p99").to_number<int>() == 8000);
    CHECK(calibration.at("timer_lag_us").at("p99").to_number<int>() == 900);
    CHECK(calibration.at("cpu") == "Test CPU");
    CHECK(calibration.at("steal").to_number<double>() == 0);
    CHECK(object.at("stages").at(0).at("stage") == "fsync");
}

TEST_CASE("report: report.html needs nothing from outside and escapes every text") {
    const auto report = sample_run({});
    const std::string nasty = "</style><script>alert(\"1\")</script>&'";
    report->settings.scenario = nasty;
    report->settings.target = nasty;
    report->settings.arrival = nasty;
    report->settings.overload = nasty;
    report->settings.more = {{nasty, nasty}};
    report->durability = nasty;
    report->version = nasty;
    report->server_gone = nasty;
    report->calibration.machine = {.cpu = nasty, .cores = 2, .kernel = nasty};
    report->stages = {{.name = nasty, .count = 1, .mean_us = 1, .p50_us = 1, .p99_us = 2}};
    report->verdict = judge(*report);
    const std::string html = report_html(*report);

    CHECK(html.starts_with("<!doctype html>"));
    CHECK(html.ends_with("</html>\n"));
    for (const char* word : {"<script", "http:", "https:", "src=", "<link", "@import", "url("}) {
        CAPTURE(word);
        CHECK(html.find(word) == std::string::npos);
    }
    CHECK(html.find("&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;") !=
          std::string::npos);
    CHECK(occurrences(html, "<style>") == 1);
    CHECK(occurrences(html, "</style>") == 1);
    CHECK(html.find("prefers-color-scheme: dark") != std::string::npos);
    for (const char* tag : {"svg", "figure", "table", "div", "ul", "dl", "text", "main"}) {
        CAPTURE(tag);
        const std::string open = std::string("<") + tag;
        CHECK(occurrences(html, open + ">") + occurrences(html, open + " ") ==
              occurrences(html, std::string("</") + tag + ">"));
    }
    // Three charts, the stacked bar, and the keys of its two parts.
    CHECK(occurrences(html, "<svg") == 6);
    CHECK(html.find("nan") == std::string::npos);
    CHECK(html.find("The run is invalid.") != std::string::npos);
}

TEST_CASE("report: a run in which nothing happened still makes a page and a summary") {
    const auto report = std::make_unique<RunReport>();
    report->verdict = judge(*report);

    CHECK(!report->verdict.valid);
    CHECK(mentions(report->verdict.invalid_because, "it ended before its first operation"));
    const std::string html = report_html(*report);
    // No latency of nothing.
    CHECK(html.find("<td>0 µs") == std::string::npos);
    CHECK(report_text(*report).find(" 0 µs        0 µs") == std::string::npos);
    CHECK(quotation(*report) == "nothing was measured");
    CHECK(html.find("nan") == std::string::npos);
    CHECK(html.find("inf") == std::string::npos);
    CHECK(report_text(*report).find("INVALID") != std::string::npos);
    CHECK(json::parse(report_json(*report)).at("calibration").at("fsync_us").is_null());

    report->warmup_counts.scheduled = report->warmup_counts.sent = report->warmup_counts.ok = 5;
    CHECK(mentions(judge(*report).invalid_because, "it ended within the warm-up"));
    report->measured = std::chrono::seconds{1};
    CHECK(mentions(judge(*report).invalid_because, "no operation was answered"));
}

TEST_CASE("report: the summary fits a terminal of 80 columns") {
    const auto report = sample_run({.seed = 18'446'744'073'709'551'615U});
    report->stages = {
        {.name = "queue_wait", .count = 9, .mean_us = 4, .p50_us = 3, .p99_us = 7000}};
    report->settings.scenario = "trace:/a/long/path/" + std::string(30, 'x') + ".csv";
    const std::string text = report_text(*report);

    std::size_t width = 0;
    for (const char c : text) {
        // Bytes behind the first of a letter do not take a column.
        if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) ++width;
        if (c != '\n') continue;
        CHECK(width - 1 <= 80);
        width = 0;
    }
    CHECK(text.find("scheduled 8 000 = sent 8 000 + skipped 0") != std::string::npos);
    CHECK(text.find("insufficient_funds") != std::string::npos);
    CHECK(text.find("asked                        1 000/s") != std::string::npos);
    CHECK(text.find("/s, load held\n") != std::string::npos);
}

TEST_CASE("report: a written report reads back, and nothing half-written is left") {
    const std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("tuma-report-test-" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory);
    const auto report = sample_run({});

    write_report(*report, directory / "deeper");
    write_report(*report, directory / "deeper");
    const Result<MeasuredRun> run = read_run(directory / "deeper");

    REQUIRE(run.has_value());
    CHECK(run->attained_per_s == report->attained_per_s());
    CHECK(run->valid);
    CHECK(run->p99_us == static_cast<double>(report->quoted.response.value_at_percentile(99)));
    CHECK(run->setup[3] == std::pair<std::string, std::string>{"rate_per_s", "1000"});
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(directory / "deeper")) {
        ++files;
    }
    CHECK(files == 4);

    std::ofstream(directory / "deeper" / "report.json") << "{}";
    const Result<MeasuredRun> damaged = read_run(directory / "deeper");
    REQUIRE(!damaged.has_value());
    CHECK(damaged.error().field.ends_with("report.json"));
    std::filesystem::remove_all(directory);
    CHECK(!read_run(directory).has_value());
}

TEST_CASE("report: callbacks stand beside the replies, and refusals have their own words") {
    const auto report = sample_run({});
    CHECK(report_text(*report).find("callback") == std::string::npos);
    const auto plain = json::parse(report_json(*report));
    CHECK(!plain.as_object().contains("callbacks"));

    auto callbacks = std::make_unique<CallbackResults>();
    callbacks->counts = {.expected = 3, .arrived = 2, .lost = 1, .duplicates = 4};
    callbacks->from_intended.record_n(9'000, 2);
    callbacks->from_reply.record_n(4'000, 2);
    report->callbacks = *callbacks;
    report->refusal_names[31] = "500.001.1001";
    report->verdict = judge(*report);

    CHECK(!report->verdict.valid);
    CHECK(report->verdict.invalid_because.size() == 1);
    CHECK(mentions(report->verdict.invalid_because, "1 of 3 callbacks had not come"));
    const std::string text = report_text(*report);
    CHECK(text.find("callbacks expected 3 = arrived 2 + lost 1") != std::string::npos);
    CHECK(text.find("after reply") != std::string::npos);
    CHECK(text.find("refused 500.001.1001") != std::string::npos);
    const auto told = json::parse(report_json(*report)).at("callbacks");
    CHECK(told.at("lost") == 1);
    CHECK(told.at("duplicates") == 4);
    CHECK(told.at("from_intended_us").at("count") == 2);
    CHECK(told.at("from_reply_us").at("p99").to_number<std::uint64_t>() >= 4'000);
    const std::string page = report_html(*report);
    CHECK(page.find("callback after the reply") != std::string::npos);
    CHECK(page.find("callback, from the intended time") != std::string::npos);
    CHECK(occurrences(latency_hlog(*report), "Tag=callback") == 2);

    report->callbacks->counts = {.expected = 2, .lost = 2};
    CHECK(report_text(*report).find("after reply") == std::string::npos);
    CHECK(report_html(*report).find("callback after the reply") == std::string::npos);
    report->callbacks->counts = {.expected = 3, .arrived = 2};
    CHECK(mentions(judge(*report).invalid_because, "the callbacks do not agree"));
    report->callbacks->counts = {.expected = 3, .arrived = 3, .declined = 1, .duplicates = 4};
    CHECK(judge(*report).valid);
    report->callbacks->counts.unreadable = 2;
    CHECK(mentions(judge(*report).invalid_because, "2 callbacks could not be read"));
}

TEST_CASE("report: numbers are written with three digits and a unit") {
    struct Row {
        double us;
        const char* text;
    };
    const Row rows[] = {
        {0, "0 µs"},         {850, "850 µs"},        {999, "999 µs"},     {999.6, "1.00 ms"},
        {1234, "1.23 ms"},   {12'345, "12.3 ms"},    {123'456, "123 ms"}, {999'499, "999 ms"},
        {999'500, "1.00 s"}, {61'000'000, "61.0 s"}, {12.34, "12.3 µs"}};
    for (const Row& row : rows) CHECK(latency_text(row.us) == row.text);
    CHECK(count_text(0) == "0");
    CHECK(count_text(999) == "999");
    CHECK(count_text(1'234'567) == "1 234 567");
    CHECK(rate_text(1'234.6) == "1 235/s");
    CHECK(rate_text(0.5) == "0.50/s");
    CHECK(share_text(0.0123) == "1.2 %");
}

TEST_CASE("report: axes hold their values and have ticks within") {
    for (const double low : {0.0, 1.0, 37.0, 950.0}) {
        for (const double high : {1.0, 40.0, 1000.0, 36'000.0, 3.6e9}) {
            CAPTURE(low);
            CAPTURE(high);
            const Axis axis = latency_axis(low, high);
            CHECK(axis.low <= std::max(1.0, low));
            CHECK(axis.high >= high);
            CHECK(axis.low < axis.high);
            CHECK(axis.ticks.size() >= 2);
            CHECK(axis.ticks.size() <= 14);
            for (const Axis::Tick& tick : axis.ticks) {
                CHECK(tick.at >= axis.low * 0.99);
                CHECK(tick.at <= axis.high * 1.01);
            }
        }
    }
    CHECK(rate_axis(2043).high == 2500);
    CHECK(rate_axis(0).ticks.size() >= 2);
    CHECK(time_axis(30).ticks.size() == 7);
    CHECK(time_axis(3600).ticks[1].label == "600");
}

TEST_CASE("report: a damaged timeline is refused by line") {
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
