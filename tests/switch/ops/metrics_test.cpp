// The metrics page, read line by line as a scraper would.
#include "switch/ops/metrics.h"

#include "ledger/words/refusal.h"

#include <doctest/doctest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

using namespace tuma;
using namespace std::chrono_literals;

namespace {

struct Page {
    std::map<std::string, std::string> types;
    std::map<std::string, double> samples;  ///< by name and labels as written
    std::set<std::string> families;
};

/// Checks each line against the text format 0.0.4.
Page parse(const std::string& text) {
    const std::regex sample(R"(([a-z_]+)(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[0-9.e+-]+))");
    const std::regex comment(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
    Page page;
    std::istringstream lines(text);
    std::string family;
    REQUIRE(text.back() == '\n');
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        std::smatch match;
        if (line.starts_with("#")) {
            REQUIRE(std::regex_match(line, match, comment));
            if (match[1] == "HELP") CHECK(page.families.insert(match[2]).second);
            family = match[2];
            if (match[1] == "TYPE") page.types[family] = match[3];
            continue;
        }
        REQUIRE(std::regex_match(line, match, sample));
        CHECK(match[1].str().starts_with(family));
        CHECK(page.types.contains(family));
        const auto key = match[1].str() + match[2].str();
        CHECK(page.samples.emplace(key, std::stod(match[4])).second);
    }
    return page;
}

}  // namespace

TEST_CASE("metrics: durations fall into buckets of powers of two from a microsecond") {
    struct Row {
        std::int64_t ns;
        std::size_t bucket;
    };
    const Row rows[] = {{-5, 0},
                        {0, 0},
                        {1'000, 0},
                        {1'001, 1},
                        {2'000, 1},
                        {2'001, 2},
                        {4'000, 2},
                        {1'000'000, 10},
                        {1'024'000, 10},
                        {1'024'001, 11},
                        {67'108'864'000, 26},
                        {67'108'864'001, 27},
                        {INT64_MAX / 2, 27}};
    for (const Row& row : rows) {
        CAPTURE(row.ns);
        net::DurationHistogram histogram;
        histogram.record(std::chrono::nanoseconds{row.ns});
        for (std::size_t i = 0; i <= net::DurationHistogram::bucket_count; ++i)
            CHECK(histogram.bucket(i) == (i == row.bucket ? 1 : 0));
    }
    CHECK(net::DurationHistogram::upper_bound_s(0) == doctest::Approx(1e-6));
    CHECK(net::DurationHistogram::upper_bound_s(10) == doctest::Approx(1.024e-3));
}

TEST_CASE("metrics: the page follows the text format and tells what was counted") {
    net::Metrics metrics;
    metrics.outcomes[0].add(41);
    metrics.outcomes[static_cast<std::size_t>(Refusal::insufficient_funds)].add(3);
    metrics.connections.set(5);
    metrics.bytes_in.add(1'234);
    metrics.request_key_window_s.set(604'800);
    for (const int us : {1, 3, 3, 1'000}) metrics.fsync.record(std::chrono::microseconds{us});
    metrics.fsync.record(std::chrono::seconds{100});
    metrics.http_requests[3].add(2);
    metrics.http_connections.set(9);
    metrics.notice_attempts.add(7);
    metrics.notices_given_up.add(2);
    metrics.native_operations.add(3, {.decode = 3us, .queue_wait = 6ms, .fsync = 9ms});
    metrics.native_operations.reply.add(1'500);
    metrics.http_operations.add_request({.decide = 2ms, .append_wait = 1ms}, 10ms);
    metrics.journal_bytes.add(4'096);
    metrics.projection_cpu_us.raise_to(1'500'000);
    for (const int us : {2, 100}) metrics.http_request.record(std::chrono::microseconds{us});

    const Page page = parse(net::render(metrics));

    CHECK(page.samples.at("tuma_requests_total{code=\"none\"}") == 41);
    CHECK(page.samples.at("tuma_requests_total{code=\"insufficient_funds\"}") == 3);
    for (const RefusalRow& row : refusal_table())
        CHECK(page.samples.contains("tuma_requests_total{code=\"" + std::string(row.name) + "\"}"));
    CHECK(page.samples.at("tuma_connections") == 5);
    CHECK(page.samples.at("tuma_received_bytes_total") == 1'234);
    CHECK(page.samples.at("tuma_request_key_window_seconds") == 604'800);
    for (const auto& [metric, type] : page.types) {
        const std::string& name = metric;
        CAPTURE(name);
        CHECK((type == "counter") == name.ends_with("_total"));
    }
    CHECK(page.types.at("tuma_stage_duration_seconds") == "histogram");
    CHECK(page.samples.at("tuma_http_requests_total{class=\"2xx\"}") == 0);
    CHECK(page.samples.at("tuma_http_requests_total{class=\"4xx\"}") == 2);
    CHECK(page.samples.at("tuma_http_connections") == 9);
    CHECK(page.samples.at("tuma_notice_attempts_total") == 7);
    CHECK(page.samples.at("tuma_notice_results_total{result=\"delivered\"}") == 0);
    CHECK(page.samples.at("tuma_notice_results_total{result=\"given_up\"}") == 2);
    CHECK(page.types.at("tuma_http_request_seconds") == "histogram");
    CHECK(page.samples.at("tuma_http_request_seconds_bucket{le=\"2e-06\"}") == 1);
    CHECK(page.samples.at("tuma_http_request_seconds_bucket{le=\"+Inf\"}") == 2);
    CHECK(page.samples.at("tuma_http_request_seconds_count") == 2);
    CHECK(page.samples.at("tuma_http_request_seconds_sum") == doctest::Approx(0.000102));
    CHECK(page.samples.at("tuma_stage_operations_total{listener=\"native\"}") == 3);
    CHECK(page.samples.at("tuma_stage_operations_total{listener=\"http\"}") == 1);
    const auto stage = [&](const std::string& listener, const std::string& name) {
        return page.samples.at("tuma_stage_operation_seconds_total{listener=\"" + listener +
                               "\",stage=\"" + name + "\"}");
    };
    CHECK(stage("native", "decode") == doctest::Approx(3e-6));
    CHECK(stage("native", "queue_wait") == doctest::Approx(6e-3));
    CHECK(stage("native", "fsync") == doctest::Approx(9e-3));
    CHECK(stage("native", "reply") == doctest::Approx(1.5e-6));
    CHECK(stage("http", "append_wait") == doctest::Approx(1e-3));
    // What was in no other stage.
    CHECK(stage("http", "http") == doctest::Approx(7e-3));
    CHECK(page.samples.at("tuma_journal_bytes_total") == 4'096);
    CHECK(page.samples.at("tuma_projection_cpu_seconds_total") == 1.5);
    CHECK(page.samples.at("process_resident_memory_bytes") > 1e6);
    CHECK(page.samples.at("process_open_fds") >= 3);
    CHECK(page.samples.at("process_start_time_seconds") > 1.6e9);
    CHECK(page.samples.contains("process_cpu_seconds_total"));
}

TEST_CASE("metrics: the buckets of a stage are cumulative and end at the count") {
    net::Metrics metrics;
    for (const int us : {1, 3, 3, 1'000}) metrics.fsync.record(std::chrono::microseconds{us});
    metrics.fsync.record(std::chrono::seconds{100});
    const std::string text = net::render(metrics);
    for (const std::string stage : {"queue_wait", "decide", "append", "fsync", "reply"}) {
        const std::regex bucket("tuma_stage_duration_seconds_bucket\\{stage=\"" + stage +
                                "\",le=\"([^\"]+)\"\\} ([0-9]+)");
        double last_bound = 0;
        int last_count = 0;
        int buckets = 0;
        for (std::sregex_iterator it(text.begin(), text.end(), bucket), end; it != end; ++it) {
            const double bound = std::stod((*it)[1] == "+Inf" ? "inf" : (*it)[1].str());
            const int count = std::stoi((*it)[2]);
            CHECK(bound > last_bound);
            CHECK(count >= last_count);
            last_bound = bound;
            last_count = count;
            ++buckets;
        }
        CHECK(buckets == 28);
        CHECK(last_count == (stage == "fsync" ? 5 : 0));
    }
    const Page page = parse(text);
    const std::string name = "tuma_stage_duration_seconds";
    CHECK(page.samples.at(name + "_count{stage=\"fsync\"}") == 5);
    CHECK(page.samples.at(name + "_sum{stage=\"fsync\"}") == doctest::Approx(100.001007));
    CHECK(page.samples.at(name + "_bucket{stage=\"fsync\",le=\"4e-06\"}") == 3);
}
