// What a switch did between two readings: restarts, older switches, nothing executed.
#include "loadgen/measure/server_account.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

using namespace tuma::loadgen;

namespace {

using Page = std::map<std::string, double>;

std::vector<MetricSample> reading(const Page& page) {
    std::string text;
    for (const auto& [name, value] : page) text += fmt::format("{} {}\n", name, value);
    auto samples = parse_metrics(text);
    REQUIRE(samples);
    return std::move(samples).value();
}

std::string stage(const char* name, const char* listener = "native") {
    return fmt::format("tuma_stage_operation_seconds_total{{listener=\"{}\",stage=\"{}\"}}",
                       listener, name);
}

constexpr const char* native_operations = "tuma_stage_operations_total{listener=\"native\"}";

Page at_warmup_end() {
    return {{native_operations, 1'000},
            {stage("queue_wait"), 7},
            {stage("decide"), 1},
            {stage("queue_wait", "http"), 99},
            {"process_start_time_seconds", 1'764'000'000.25},
            {"process_cpu_seconds_total", 3},
            {"tuma_journal_bytes_total", 500},
            {"tuma_batches_total", 10},
            {"tuma_journal_sequence", 10},
            {"tuma_projection_sequence", 10},
            {"tuma_projection_cpu_seconds_total", 0.5}};
}

Page at_end() {
    return {{native_operations, 3'000},
            {stage("queue_wait"), 8},
            {stage("decide"), 1.1},
            {stage("queue_wait", "http"), 99},
            {"process_start_time_seconds", 1'764'000'000.25},
            {"process_cpu_seconds_total", 4.5},
            {"tuma_journal_bytes_total", 4'500},
            {"tuma_batches_total", 60},
            {"tuma_journal_sequence", 60},
            {"tuma_projection_sequence", 25},
            {"tuma_projection_cpu_seconds_total", 0.75}};
}

}  // namespace

TEST_CASE("server account: stages are means over the operations between the readings") {
    const auto account = account_between(reading(at_warmup_end()), reading(at_end()), "native");
    REQUIRE(account);
    CHECK(account->operations == 2'000);
    REQUIRE(account->stages.size() == 2);
    CHECK(account->stages[0].stage == "queue_wait");
    CHECK(account->stages[0].mean_us == doctest::Approx(500));
    CHECK(account->stages[1].stage == "decide");
    CHECK(account->stages[1].mean_us == doctest::Approx(50));
    CHECK(account->cpu_s == doctest::Approx(1.5));
    CHECK(account->projection_cpu_s == doctest::Approx(0.25));
    CHECK(account->journal_bytes == doctest::Approx(4'000));
    CHECK(account->batches == 50);
    CHECK(account->projection_behind == 35);
    CHECK_FALSE(account->sent_bytes);
}

TEST_CASE("server account: another listener's operations are not these") {
    const auto account = account_between(reading(at_warmup_end()), reading(at_end()), "http");
    REQUIRE(account);
    CHECK(account->operations == 0);
    CHECK(account->stages.empty());
}

TEST_CASE("server account: a server that was started again has none") {
    Page again = at_end();
    again["process_start_time_seconds"] = 1'764'000'007.5;
    CHECK_FALSE(account_between(reading(at_warmup_end()), reading(again), "native"));

    // One that does not say when it was started shows it by what can only grow.
    Page before = at_warmup_end();
    before.erase("process_start_time_seconds");
    again.erase("process_start_time_seconds");
    CHECK(account_between(reading(before), reading(again), "native"));
    again["process_cpu_seconds_total"] = 0.1;
    CHECK_FALSE(account_between(reading(before), reading(again), "native"));
}

TEST_CASE("server account: an older server says less, and nothing executed has no means") {
    Page before = at_warmup_end();
    Page after = at_end();
    for (Page* page : {&before, &after}) {
        page->erase(native_operations);
        page->erase(stage("queue_wait"));
        page->erase(stage("decide"));
        page->erase("tuma_journal_bytes_total");
    }
    const auto older = account_between(reading(before), reading(after), "native");
    REQUIRE(older);
    CHECK(older->stages.empty());
    CHECK(older->cpu_s == doctest::Approx(1.5));
    CHECK_FALSE(older->journal_bytes);

    const auto idle = account_between(reading(at_end()), reading(at_end()), "native");
    REQUIRE(idle);
    CHECK(idle->operations == 0);
    CHECK(idle->stages.empty());
    CHECK(idle->cpu_s == 0);
}

TEST_CASE("server account: a projection is behind, level, ahead or not there") {
    const auto behind = [](double journal, double projected, double cpu) {
        return projection_behind(reading({{"tuma_journal_sequence", journal},
                                          {"tuma_projection_sequence", projected},
                                          {"tuma_projection_cpu_seconds_total", cpu}}));
    };
    CHECK(behind(60, 25, 1) == 35);
    CHECK(behind(60, 60, 1) == 0);
    CHECK(behind(60, 61, 1) == 0);
    CHECK(behind(60, 0, 0.01) == 60);
    CHECK_FALSE(behind(60, 0, 0));
    CHECK_FALSE(projection_behind(reading({{"tuma_journal_sequence", 60}})));
}
