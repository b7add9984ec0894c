// Where the time goes: parts that sum to the response, whatever the server says.
#include "loadgen/report/time_budget.h"

#include "tests/loadgen/report/sample_run.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <string>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

double sum_of(const TimeBudget& budget) {
    return std::accumulate(budget.parts.begin(), budget.parts.end(), 0.0,
                           [](double sum, const BudgetPart& part) { return sum + part.mean_us; });
}

double mean_of(const TimeBudget& budget, const std::string& key) {
    const auto found = std::find_if(budget.parts.begin(), budget.parts.end(),
                                    [&](const BudgetPart& part) { return part.key == key; });
    REQUIRE(found != budget.parts.end());
    return found->mean_us;
}

ServerAccount account(const RunReport& report) {
    ServerAccount server;
    server.operations = report.executed.operations;
    server.stages = {{"decode", 1},       {"queue_wait", 900}, {"decide", 20},
                     {"append_wait", 79}, {"fsync", 2'000},    {"reply", 10}};
    return server;
}

/// Four executed operations of known times in a window of ten seconds; what is not of it is refused
/// or ends outside.
ResponseParts recorded() {
    Recorder recorder(1s, 11s);
    const auto end = [&](Offset intended, Offset sent, Offset ended, std::uint16_t code) {
        recorder.scheduled(1, intended);
        recorder.sent(1, intended, sent);
        recorder.ended({.intended = intended, .sent = sent, .ended = ended, .code = code});
    };
    end(500ms, 500ms, 900ms, 0);      // in the warm-up
    end(900ms, 900ms, 1'100ms, 0);    // answered behind it
    end(2s, 2s, 2'500ms, 31);         // refused
    end(3s, 3'002ms, 3'012ms, 0);     // 2 ms late
    end(10'900ms, 10'900ms, 12s, 0);  // behind the end
    // A batch: due at its last operation, blocked for 30 ms of the 40 before it was sent.
    const std::vector<Offset> due{4s, 4'100ms};
    recorder.scheduled(2, 4'100ms, due);
    recorder.sent(2, 4'100ms, 4'140ms, due);
    const std::vector<std::uint16_t> codes{0, 0};
    recorder.answered({.intended = 4'100ms, .sent = 4'140ms, .ended = 4'200ms, .blocked = 30ms},
                      codes, due);
    recorder.finish(12s);
    return recorder.executed();
}

}  // namespace

TEST_CASE("time budget: executed operations that were answered in the window, cut into parts") {
    const ResponseParts parts = recorded();
    CHECK(parts.operations == 4);
    CHECK(parts.filling == 100ms);
    CHECK(parts.blocked == 2 * 30ms);
    CHECK(parts.lag == 2ms + 2 * 10ms);
    CHECK(parts.service == 200ms + 10ms + 2 * 60ms);
    CHECK(parts.response() == 200ms + 12ms + 200ms + 100ms);
    CHECK(parts.mean_us(parts.response()) == doctest::Approx(128'000));
}

TEST_CASE("time budget: operations are cut where the server was read, wherever the window ends") {
    Recorder recorder(0s, 10s);
    std::atomic<std::size_t> phase{0};
    recorder.follow(phase);
    for (std::size_t second = 1; second <= 6; ++second) {
        // Two of one millisecond, two of two, two of three.
        phase = (second - 1) / 2;
        const Offset due = std::chrono::seconds{second};
        const Offset took = std::chrono::milliseconds{1 + phase};
        recorder.scheduled(1, due);
        recorder.sent(1, due, due);
        recorder.ended({.intended = due, .sent = due, .ended = due + took});
    }
    recorder.finish(7s);
    for (std::size_t each = 0; each < Recorder::readings_max; ++each) {
        CHECK(recorder.executed(each).operations == 2);
        CHECK(recorder.executed(each).service == 2 * std::chrono::milliseconds{1 + each});
    }
    CHECK(recorder.executed().operations == 6);
    CHECK(recorder.executed().service == 12ms);
}

TEST_CASE("time budget: the parts sum to the response, and what no stage has is named") {
    const auto report = sample_run({});
    report->server = account(*report);
    const TimeBudget budget = time_budget(*report);
    CHECK(budget.operations == report->executed.operations);
    CHECK(budget.response_us ==
          doctest::Approx(report->executed.mean_us(report->executed.response())));
    CHECK(sum_of(budget) == doctest::Approx(budget.response_us).epsilon(1e-12));
    CHECK(budget.has_stages);
    CHECK(mean_of(budget, "fsync") == 2'000);
    // Service is 5 ms on average, and the stages have 3,010 µs of it.
    CHECK(mean_of(budget, "not_in_any_stage") == doctest::Approx(1'990).epsilon(0.05));
    CHECK(budget.parts.back().key == "not_in_any_stage");
    CHECK(budget_remarks(*report).empty());

    const std::string text = budget_text(*report);
    for (const char* words : {"where the time goes", "fsync", "not in any stage", "= response"}) {
        CAPTURE(words);
        CHECK(text.find(words) != std::string::npos);
    }
    const std::string html = budget_html(*report);
    CHECK(html.find("class=\"stack\"") != std::string::npos);
    CHECK(html.find("not in any stage") != std::string::npos);
}

TEST_CASE("time budget: stages longer than the service are shown below zero and remarked on") {
    const auto report = sample_run({});
    report->server = account(*report);
    report->server->stages[1].mean_us = 9'000;
    const TimeBudget budget = time_budget(*report);
    CHECK(budget.parts.back().mean_us < -5'000);
    CHECK(sum_of(budget) == doctest::Approx(budget.response_us).epsilon(1e-12));
    CHECK(mentions(budget_remarks(*report), "do not speak of the same operations"));
    CHECK(budget_text(*report).find("-6.") != std::string::npos);
    CHECK(budget_html(*report).find("-6.") != std::string::npos);
    CHECK(budget_html(*report).find("width=\"-") == std::string::npos);
}

TEST_CASE("time budget: without the server's stages its part and the way are one") {
    const auto report = sample_run({});
    CHECK(budget_remarks(*report).empty());
    report->server = ServerAccount{};
    for (int i = 0; i < 2; ++i, report->server.reset()) {
        const TimeBudget budget = time_budget(*report);
        CHECK_FALSE(budget.has_stages);
        CHECK(mean_of(budget, "service") == doctest::Approx(5'000).epsilon(0.05));
        CHECK(sum_of(budget) == doctest::Approx(budget.response_us).epsilon(1e-12));
        if (report->server) CHECK(mentions(budget_remarks(*report), "older than this program"));
    }
}

TEST_CASE("time budget: nothing executed makes no section and a JSON that says so") {
    const RunReport report;
    CHECK(time_budget(report).operations == 0);
    CHECK(budget_text(report).empty());
    CHECK(budget_html(report).empty());
    CHECK(cost_rows(report).empty());
    CHECK(budget_remarks(report).empty());
    boost::json::object out;
    add_budget(report, out);
    CHECK(out.at("time_budget").at("operations").to_number<int>() == 0);
    CHECK(out.at("time_budget").at("parts").as_array().empty());
    CHECK(out.at("projection").at("batches_behind").is_null());
}

TEST_CASE("time budget: cost is divided by executed operations, and others' are told") {
    const auto report = sample_run({});
    const auto operations = static_cast<double>(report->executed.operations);
    report->server = account(*report);
    report->server->cpu_s = operations * 7e-6;
    report->server->journal_bytes = operations * 133;
    report->generator_cpu_s = operations * 19e-6;
    boost::json::object out;
    add_budget(*report, out);
    const auto cost = [&](const char* key) {
        return out.at("cost_per_operation").at(key).to_number<double>();
    };
    CHECK(cost("server_cpu_us") == doctest::Approx(7));
    CHECK(cost("journal_bytes") == doctest::Approx(133));
    CHECK(cost("generator_cpu_us") == doctest::Approx(19));
    CHECK_FALSE(out.at("cost_per_operation").as_object().contains("sent_bytes"));

    report->server->operations *= 2;
    CHECK(mentions(budget_remarks(*report), "its cost is divided by those seen here"));
}

TEST_CASE("time budget: a projection is remarked on once it lacks more than a second's batches") {
    const auto report = sample_run({});
    report->server = account(*report);
    report->server->batches = 8'000;
    report->server->projection_behind = 1'000;
    CHECK(budget_remarks(*report).empty());
    report->server->projection_behind = 1'001;
    CHECK(mentions(budget_remarks(*report), "1 001 batches behind"));
}
