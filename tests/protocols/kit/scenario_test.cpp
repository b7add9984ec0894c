// Words and numbers of a scenario table.
#include "protocols/kit/scenario_table.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace tuma;
using std::chrono::seconds;

namespace {

struct Script : protocols::CustomerScript {
    bool is_odd = false;
};

const std::array rows{
    protocols::ScenarioRow<Script>{"00", "approve", {}, "pays"},
    protocols::ScenarioRow<Script>{"01", "decline", protocols::declining<Script>(7), "declines"},
    protocols::ScenarioRow<Script>{"", "slow", protocols::slow<Script>(seconds{15}), "is slow"}};

const protocols::ScenarioTable<Script> table{
    .rows = rows,
    .prefixes = {"25470", "+25470"},
    .scenario = {{"odd",
                  [](Script& script, std::string_view, std::string_view) {
                      script.is_odd = true;
                      return protocols::WordCheck{};
                  }}},
    .fault = {{"error:CODE", [](Script& script, std::string_view word, std::string_view code) {
                   static constexpr std::array<std::string_view, 1> codes{"E1"};
                   if (code != "E1") return protocols::bad_code(word, code, codes);
                   script.error = code;
                   return protocols::WordCheck{};
               }}}};

http::HttpRequest saying(std::string scenario, std::string fault = {}) {
    http::HttpRequest request;
    if (!scenario.empty()) request.headers.emplace_back("Tuma-Scenario", std::move(scenario));
    if (!fault.empty()) request.headers.emplace_back("Tuma-Fault", std::move(fault));
    return request;
}

}  // namespace

TEST_CASE("scenario table: a number, then words, the later over the earlier") {
    CHECK(table.script_of({}, "2547001").code == 7);
    CHECK(table.script_of({}, "+2547001").code == 7);
    CHECK(table.script_of({}, "25470").code == 0);  // a row without an ending is by word only
    CHECK(table.script_of({}, "9947001").code == 0);
    CHECK(table.script_of(saying("approve"), "2547001").code == 0);
    const Script script = table.script_of(saying("delay=500ms, decline, odd", "error:E1"), "");
    CHECK(script.code == 7);
    CHECK(script.delay == Duration{std::chrono::milliseconds{500}});
    CHECK(script.is_odd);
    CHECK(script.error == "E1");
    CHECK(table.script_of(saying("", "scenario:decline,callback-twice"), "").fault ==
          ledger::NoticeFault::twice);
    CHECK(table.script_of(saying("", "scenario:decline"), "").code == 7);
}

TEST_CASE("scenario table: a word that means nothing is named with those that mean something") {
    CHECK(!table.misspelt_word(saying("odd,slow,delay=1", "error:E1,latency:5,scenario:slow")));
    const auto scenario = table.misspelt_word(saying("declin"));
    REQUIRE(scenario.has_value());
    CHECK(scenario->field == "Tuma-Scenario");
    CHECK(scenario->reason ==
          R"("declin" is none of approve, decline, slow, odd, delay=MS; did you mean decline?)");
    const auto fault = table.misspelt_word(saying("", "error:E2"));
    REQUIRE(fault.has_value());
    CHECK(fault->field == "Tuma-Fault");
    CHECK(fault->reason.find("E1") != std::string::npos);
    CHECK(table.misspelt_word(saying("", "odd")).has_value());
}

TEST_CASE(
    "scenario table: words that contradict each other, are there twice or empty are refused") {
    struct Row {
        const char* scenario;
        const char* fault;
        const char* part;
    };
    const Row rows_of_words[] = {
        {"slow,decline", "", R"("decline" contradicts "slow")"},
        {"odd,odd", "", R"("odd" is there twice)"},
        {"odd,", "", "is none of approve"},
        {"delay=2h", "", "the value must be 0 to 3,600,000 milliseconds"},
        {"", "scenario:slow,scenario:decline", R"("scenario:decline" contradicts "scenario:slow")"},
    };
    for (const Row& row : rows_of_words) {
        CAPTURE(std::string(row.part));
        const auto misspelt = table.misspelt_word(saying(row.scenario, row.fault));
        REQUIRE(misspelt.has_value());
        CHECK(misspelt->reason.find(row.part) != std::string::npos);
    }
    // What plays a scenario is taken first, wherever it stands.
    const Script script = table.script_of(saying("", "callback-twice,scenario:decline"), "");
    CHECK(script.fault == ledger::NoticeFault::twice);
    CHECK(script.code == 7);
}
