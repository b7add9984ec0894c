// Turns: their order, and the verdict on what they brought.
#include "loadgen/drive/trials/ab.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace tuma::loadgen;

namespace {

/// Pairs in which B's p99 is `factor` times A's, on a machine that gets slower with every run.
AbResult result_of(std::size_t pairs, double factor) {
    AbResult result{
        .a = "serve <old>", .b = "serve new", .runs = {}, .cut_short = {}, .comparison = {}};
    double drift = 1;
    for (TurnRun turn : turns(pairs)) {
        drift *= 1.05;
        turn.run.directory = turn_name(turn);
        turn.run.attained_per_s = 1000;
        turn.run.p99_us = 5000 * drift * (turn.side == SideName::b ? factor : 1);
        turn.run.requests = 5000;
        result.runs.push_back(turn);
    }
    return result;
}

}  // namespace

TEST_CASE("ab: the sides take turns so that a drift weighs on both") {
    std::string order;
    for (const TurnRun& turn : turns(4)) order += turn_name(turn) + " ";
    CHECK(order == "a-01 b-01 b-02 a-02 a-03 b-03 b-04 a-04 ");
}

TEST_CASE("ab: a difference is found in a drift, and a drift alone is none") {
    AbResult slower = result_of(6, 1.2);
    judge_turns(slower);
    CHECK(slower.comparison.verdict == Finding::worse);
    CHECK(slower.comparison.in_turns);
    AbResult equal = result_of(6, 1);
    judge_turns(equal);
    CHECK(equal.comparison.verdict == Finding::undecided);
}

TEST_CASE("ab: only whole pairs are judged, and what cut it short is told") {
    AbResult result = result_of(6, 2);
    result.runs.pop_back();
    result.cut_short = "a-06: it went away";
    judge_turns(result);
    CHECK(result.comparison.runs_a == 5);
    CHECK(result.comparison.runs_b == 5);
    CHECK(ab_text(result).find("ended early: a-06: it went away") != std::string::npos);
    AbResult none = result_of(1, 2);
    none.runs.pop_back();
    judge_turns(none);
    CHECK(none.comparison.verdict == Finding::undecided);
    CHECK(ab_text(none).find("there is not one pair of runs") != std::string::npos);
}

TEST_CASE("ab: the result is told as JSON and as a page") {
    AbResult result = result_of(6, 1.2);
    judge_turns(result);
    const auto json = boost::json::parse(ab_json(result));
    CHECK(json.at("comparison").at("verdict") == "worse");
    CHECK(json.at("runs").as_array().size() == 12);
    CHECK(json.at("runs").at(2).at("side") == "B");
    const std::string page = ab_html(result);
    CHECK(page.find("serve &lt;old&gt;") != std::string::npos);
    CHECK(page.find("B is worse: p99 is worse.") != std::string::npos);
    CHECK(page.find("<svg") != std::string::npos);
}
