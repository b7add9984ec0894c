// What simulated customers do: each row of the table does what its sentence says.
#include "protocols/mpesa/orders/test_customers.h"

#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* push = "/mpesa/stkpush/v1/processrequest";

struct Expected {
    std::string_view ending;
    std::string_view code;  ///< ResultCode as JSON
    std::size_t callbacks = 1;
    milliseconds told_after = seconds{2};
};
const std::vector<Expected> prompts{
    {"00", "0"},
    {"01", "1"},
    {"02", "2"},
    {"03", "3"},
    {"04", "4"},
    {"08", "8"},
    {"11", "11"},
    {"12", "1001"},
    {"17", "17"},
    {"07", "17"},
    {"19", "1019"},
    {"25", "1025"},
    {"26", "26"},
    {"31", "1031"},
    {"32", "1032"},
    {"36", "1036"},
    {"37", "1037", 1, seconds{26}},
    {"38", "1037"},
    {"20", "2001"},
    {"28", "2028"},
    {"40", "2040"},
    {"06", "8006"},
    {"50", "\"SFC_IC0003\""},
    {"51", "\"E3008\""},
    {"60", "0", 0},
    {"61", "0", 2},
    {"62", "0", 1, seconds{32}},
    {"63", "0", 1, seconds{15}},
    // A prompt has no queue to time out in.
    {"64", "0"},
    {"65", "0"},
};

std::string number_of(std::string_view ending) {
    return std::string(mpesa::magic_prefix) + std::string(ending);
}

std::string query_of(const std::string& checkout) {
    json::object body = query_body("").body;
    body["CheckoutRequestID"] = checkout;
    return json::serialize(body);
}

// One prompt, and everything that comes of it.
void check_prompt(Daraja& daraja, const Expected& row, const std::string& msisdn,
                  const http::Fields& headers) {
    daraja.arrived.clear();
    const Timestamp asked = daraja.world.now;
    const std::int64_t before = daraja.balance("174379");
    const http::HttpReply reply = daraja.post(push, stk_body(msisdn, 10), headers);
    INFO(row.ending << " " << msisdn << " " << reply.body);
    REQUIRE(reply.status == 200);
    daraja.pass(minutes{2});
    REQUIRE(daraja.arrived.size() == row.callbacks);
    for (const Arrived& told : daraja.arrived) {
        const json::value callback = told.json().at_pointer("/Body/stkCallback");
        CHECK(json::serialize(callback.at("ResultCode")) == row.code);
        CHECK(callback.get_object().contains("CallbackMetadata") == (row.code == "0"));
        CHECK(callback.at("ResultDesc").get_string().size() > 5);
    }
    if (row.callbacks > 0) CHECK(daraja.arrived[0].time - asked == row.told_after);
    const std::int64_t moved = daraja.balance("174379") - before;
    CHECK((moved > 0) == (row.code == "0"));
    // A query tells it as text.
    const auto answer = daraja.post_json(
        "/mpesa/stkpushquery/v1/query", query_of(at(json::parse(reply.body), "CheckoutRequestID")));
    const std::string wire(row.code.starts_with('"') ? row.code.substr(1, row.code.size() - 2)
                                                     : row.code);
    CHECK(answer.at("ResultCode").is_string());
    CHECK(at(answer, "ResultCode") == wire);
}

json::object payment_to(const std::string& msisdn) {
    json::object body = b2c_body("", "BusinessPayment", "600000", Takes::maybe).body;
    body.erase("OriginatorConversationID");
    body["PartyB"] = msisdn;
    return body;
}

}  // namespace

TEST_CASE("mpesa magic: every row of the table is expected here") {
    const auto table = mpesa::magic_table();
    REQUIRE(table.size() == prompts.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        CHECK(table[i].ending == prompts[i].ending);
        CHECK(!table[i].sentence.empty());
    }
}

TEST_CASE("mpesa magic: each number and each word does to a prompt what its sentence says") {
    Daraja daraja;
    daraja.post(push, stk_body("254708374149", 10));
    daraja.pass(minutes{1});
    const auto table = mpesa::magic_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
        check_prompt(daraja, prompts[i], number_of(table[i].ending), {});
        check_prompt(daraja, prompts[i], "254708374149",
                     {{"Tuma-Scenario", std::string(table[i].word)}});
        // The word comes before the number.
        check_prompt(daraja, prompts[i], "254700001031",
                     {{"tuma-scenario", " " + std::string(table[i].word) + " ,nonsense,"}});
    }
    daraja.check_books();
}

TEST_CASE("mpesa magic: every result can be asked for by its code, at any time") {
    for (const auto& [word, code] :
         std::vector<std::pair<std::string, std::string>>{{"result:0", "0"},
                                                          {"result:1", "1"},
                                                          {"result:1032", "1032"},
                                                          {"result:SFC_IC0003", "\"SFC_IC0003\""},
                                                          {"result:9999", "9999"},
                                                          {"result:100000001", "100000001"}}) {
        Daraja daraja;
        const Timestamp asked = daraja.world.now;
        daraja.post(push, stk_body("254708374149", 10),
                    {{"Tuma-Scenario", word + ", delay=700ms"}});
        daraja.pass(minutes{1});
        REQUIRE(daraja.arrived.size() == 1);
        CHECK(json::serialize(
                  daraja.arrived[0].json().at_pointer("/Body/stkCallback/ResultCode")) == code);
        CHECK(daraja.arrived[0].time - asked == milliseconds{700});
    }
}

TEST_CASE("mpesa magic: faults of callbacks and of the gateway") {
    Daraja daraja;
    const auto push_with = [&](const char* fault) {
        daraja.arrived.clear();
        const http::HttpReply reply =
            daraja.post(push, stk_body("254708374149", 10), {{"Tuma-Fault", fault}});
        daraja.pass(minutes{2});
        return reply;
    };
    CHECK(push_with("callback-lost").status == 200);
    CHECK(daraja.arrived.empty());
    CHECK(push_with("callback-twice").status == 200);
    REQUIRE(daraja.arrived.size() == 2);
    CHECK(daraja.arrived[0].callback.body == daraja.arrived[1].callback.body);
    const Timestamp asked = daraja.world.now;
    CHECK(push_with("callback-late:5000").status == 200);
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(daraja.arrived[0].time - asked == seconds{7});
    CHECK(push_with("error:1032").status == 200);
    CHECK(at(daraja.arrived.at(0).json(), "Body/stkCallback/ResultCode") == "1032");

    const std::int64_t before = daraja.balance("254708374149");
    for (const char* code : {"404.001.03", "401.002.01", "400.003.01", "404.001.04", "404.001.01",
                             "405.001", "400.002.02", "400.002.05", "500.001.1001", "500.002.1001",
                             "500.003.1001", "500.003.02", "500.003.03", "503.001.01"}) {
        const http::HttpReply reply = push_with(("error:" + std::string(code)).c_str());
        CHECK(at(json::parse(reply.body), "errorCode") == code);
        CHECK(std::string(code).starts_with(std::to_string(reply.status)));
        CHECK(daraja.arrived.empty());
    }
    mpesa::Options options;
    options.spike_arrest_status = 429;
    daraja.store(options);
    CHECK(push_with("spike-arrest").status == 429);
    CHECK(daraja.balance("254708374149") == before);
    // What is no fault is passed over.
    CHECK(push_with("error:1.2.3, callback-late:soon,,").status == 200);
    CHECK(daraja.arrived.size() == 1);
}

TEST_CASE("mpesa magic: a payment to a customer times out in the queue") {
    Daraja daraja;
    const auto pay = [&](const char* ending) {
        daraja.arrived.clear();
        const http::HttpReply reply = daraja.post("/mpesa/b2c/v1/paymentrequest",
                                                  json::serialize(payment_to(number_of(ending))));
        CHECK(reply.status == 200);
        const Timestamp asked = daraja.world.now;
        daraja.pass(minutes{2});
        std::vector<std::string> told;
        for (const Arrived& one : daraja.arrived)
            told.push_back(one.callback.url.substr(19) + " " +
                           std::to_string((one.time - asked) / seconds{1}) + " " +
                           at(one.json(), "Result/ResultCode"));
        return told;
    };
    using Told = std::vector<std::string>;
    CHECK(pay("00") == Told{"r 1 0"});
    CHECK(pay("64") == Told{"t 5 1"});
    const json::value timeout = daraja.arrived[0].json();
    CHECK(at(timeout, "Result/ResultType") == "1");
    CHECK(timeout.at_pointer("/Result/ResultCode").is_string());
    CHECK(at(timeout, "Result/ResultDesc") == "The service request timed out.");
    CHECK(at(timeout, "Result/ConversationID").starts_with("AG_20261002_"));
    CHECK(pay("65") == Told{"t 5 1", "r 35 0"});
    CHECK(pay("60").empty());
    CHECK(pay("61") == Told{"r 1 0", "r 1 0"});
    CHECK(pay("62") == Told{"r 31 0"});
    CHECK(pay("63") == Told{"r 15 0"});
    CHECK(pay("40") == Told{"r 1 2040"});
    CHECK(pay("08") == Told{"r 1 8"});
    CHECK(pay("50") == Told{"r 1 SFC_IC0003"});
    // Whoever does not answer to a prompt is paid nevertheless.
    CHECK(pay("37") == Told{"r 1 0"});
    daraja.check_books();
}

TEST_CASE("mpesa magic: a phone has one prompt at a time") {
    Daraja daraja;
    const auto second = [&](const std::string& msisdn) {
        return daraja.post(push, stk_body(msisdn, 10));
    };
    const http::Fields ignores{{"Tuma-Scenario", "ignore"}};
    CHECK(daraja.post(push, stk_body("254708374149", 10), ignores).status == 200);
    const http::HttpReply busy = second("254708374149");
    check_error(busy);
    CHECK(busy.status == 500);
    CHECK(at(json::parse(busy.body), "errorMessage") ==
          "Unable to lock subscriber, a transaction is already in process for the current "
          "subscriber");
    // For whichever business; other phones are free, and so is a payment unasked.
    json::object other{{"BusinessShortCode", "600000"}, {"PartyB", "600000"}};
    other["Password"] = stk_password("600000", "20261002181102");
    CHECK(daraja.post(push, stk_body("254708374149", 10, other)).status == 500);
    CHECK(second("254711111111").status == 200);
    daraja.pass(seconds{25});
    CHECK(second("254708374149").status == 500);
    daraja.pass(seconds{2});
    CHECK(second("254708374149").status == 200);

    mpesa::Options options;
    options.busy = "accepted";
    daraja.store(options);
    daraja.arrived.clear();
    CHECK(second("254708374149").status == 200);
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 2);
    std::vector<std::string> codes;
    for (const Arrived& told : daraja.arrived)
        codes.push_back(at(told.json(), "Body/stkCallback/ResultCode"));
    std::sort(codes.begin(), codes.end());
    CHECK(codes == std::vector<std::string>{"0", "1001"});
    daraja.check_books();
}

TEST_CASE("mpesa magic: a rule's words can play a scenario too") {
    const http::HttpRequest request{
        .headers = {{"Tuma-Fault", "scenario:cancel,scenario:delay=0ms"}}};
    const mpesa::Script script = mpesa::script_of(request, {}, {});
    CHECK(script.action == ledger::CustomerAction::decline);
    CHECK(script.code == 1032);
    CHECK(script.delay == Duration{});
}

TEST_CASE("mpesa magic: a scenario among a rule's words takes nothing away from the others") {
    for (const char* words : {"callback-twice,scenario:slow", "scenario:slow,callback-twice"}) {
        CAPTURE(std::string(words));
        const http::HttpRequest request{.headers = {{"Tuma-Fault", words}}};
        const mpesa::Script script = mpesa::script_of(request, {}, {});
        CHECK(script.fault == ledger::NoticeFault::twice);
        CHECK(script.delay == seconds{15});
    }
}

TEST_CASE("mpesa magic: words that contradict each other or are empty are refused with the list") {
    struct Row {
        const char* header;
        const char* words;
        const char* part;  ///< of what is wrong; empty: nothing is
    };
    const Row rows[] = {
        {"Tuma-Scenario", "cancel,insufficient", R"("insufficient" contradicts "cancel")"},
        {"Tuma-Scenario", "cancel,result:1", R"("result:1" contradicts "cancel")"},
        {"Tuma-Scenario", "callback-lost,cancel", "the words are approve, insufficient"},
        {"Tuma-Scenario", "delay=1, delay=2", R"("delay=2" contradicts "delay=1")"},
        {"Tuma-Scenario", "approve,approve", R"("approve" is there twice)"},
        {"Tuma-Scenario", "approve,", "is none of approve"},
        {"Tuma-Scenario", ",approve", "is none of approve"},
        {"Tuma-Scenario", "", "is none of approve"},
        {"Tuma-Fault", "", "is none of latency:MS"},
        {"tuma_scenario", "cancel", "did you mean Tuma-Scenario?"},
        {"Tuma-Fault", "scenario:cancel,error:1", R"("error:1" contradicts "scenario:cancel")"},
        {"Tuma-Fault", "spike-arrest,error:500.003.03", R"(contradicts "spike-arrest")"},
        {"Tuma-Fault", "spike-arrest,status:500", R"(contradicts "spike-arrest")"},
        {"Tuma-Scenario", "cancel,delay=0ms", ""},
        {"Tuma-Fault", "latency:5,commit-then-drop,error:1032,callback-twice,callback-late:9", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.words));
        const auto misspelt = mpesa::misspelt_word({.headers = {{row.header, row.words}}});
        REQUIRE(misspelt.has_value() == (*row.part != '\0'));
        if (!misspelt) continue;
        CHECK(misspelt->field == row.header);
        CHECK(misspelt->reason.find(row.part) != std::string::npos);
    }
}
