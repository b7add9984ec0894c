// Standing orders (Ratiba): what is agreed on and told, and what is charged on its days.
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace json = boost::json;

namespace {

constexpr const char* path = "/standingorder/v1/createStandingOrderExternal";
constexpr std::int64_t wealth = 5'000'000;

// Tests begin on 2 October 2026 at 18:11 in Nairobi.
json::object body(const json::object& changes = {}) {
    return changed({{"StandingOrderName", "Phone"},
                    {"StartDate", "20261101"},
                    {"EndDate", "20271101"},
                    {"BusinessShortCode", "174379"},
                    {"TransactionType", "Standing Order Customer Pay Bill"},
                    {"ReceiverPartyIdentifierType", "4"},
                    {"Amount", "4500"},
                    {"PartyA", sandbox_customer},
                    {"CallBackURL", "http://127.0.0.1:9/ratiba"},
                    {"AccountReference", "Test"},
                    {"TransactionDesc", "Test"},
                    {"Frequency", "2"}},
                   changes);
}

json::object partners_body(const json::object& changes = {}) {
    return changed(body({{"TransactionType", "Standing Order Pay Bill Ext-Third Party"},
                         {"CustomStoId", "06aae68f-7d5a-4b44-a22d-8aa77126689b"},
                         {"Frequency", "5"}}),
                   changes);
}

json::value create(Daraja& daraja, const json::object& order, http::Fields headers = {}) {
    const http::HttpReply reply = daraja.post(path, json::serialize(order), std::move(headers));
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    return json::parse(reply.body);
}

// What was told since, one line each: day and hour in Nairobi, code, status.
std::vector<std::string> told(Daraja& daraja) {
    std::vector<std::string> lines;
    for (const Arrived& one : daraja.arrived) {
        const json::value said = one.json();
        const bool is_good = said.get_object().contains("responseHeader");
        const std::string header = is_good ? "responseHeader" : "ResponseHeader";
        lines.push_back(text(one.time + hours{3}).substr(0, 13) + " " +
                        at(said, header + "/responseCode"));
    }
    daraja.arrived.clear();
    return lines;
}

using Lines = std::vector<std::string>;

// The days on which a standing order is charged in the time to come.
Lines charged_on(const json::object& order, Duration within) {
    Daraja daraja;
    create(daraja, order);
    daraja.pass(minutes{1});
    Lines lines = told(daraja);
    REQUIRE(!lines.empty());
    Lines charged;
    // The first is the customer's word.
    for (std::size_t i = 1; i < lines.size(); ++i) charged.push_back(lines[i]);
    daraja.pass(within);
    for (const std::string& line : told(daraja)) charged.push_back(line);
    daraja.check_books();
    return charged;
}

}  // namespace

TEST_CASE("mpesa ratiba: what a customer agrees to is told, and what it refuses") {
    Daraja daraja;
    const json::value ack = create(daraja, body());
    CHECK(at(ack, "ResponseHeader/responseCode") == "200");
    CHECK(at(ack, "ResponseBody/responseDescription") == "Request accepted for processing");
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    const std::string id = at(ack, "ResponseHeader/responseRefID");
    const json::value said = daraja.arrived[0].json();
    const std::string receipt = at(said, "responseBody/responseData/0/value");
    CHECK(receipt.size() == 10);
    CHECK(daraja.arrived[0].callback.url == "http://127.0.0.1:9/ratiba");
    CHECK(daraja.arrived[0].callback.body ==
          R"({"responseHeader":{"responseRefID":")" + id + R"(","requestRefID":")" + id +
              R"(","responseCode":"0",)"
              R"("responseDescription":"The service request is processed successfully"},)"
              R"("responseBody":{"responseData":[{"name":"TransactionID","value":")" +
              receipt +
              R"("},{"name":"responseCode","value":"0"},{"name":"Status","value":"OKAY"},)"
              R"({"name":"Msisdn","value":"254******149"}]}})");
    daraja.arrived.clear();
    const json::value second =
        create(daraja, body({{"StandingOrderName", "Other"}}), {{"Tuma-Scenario", "ignore"}});
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    const std::string other = at(second, "ResponseHeader/responseRefID");
    CHECK(daraja.arrived[0].callback.body ==
          R"({"ResponseHeader":{"responseRefID":")" + other + R"(","requestRefID":")" + other +
              R"(","responseCode":"1037","responseDescription":"Error"},)"
              R"("ResponseBody":{"ResponseData":[{"Name":"TransactionID","Value":"0000000000"},)"
              R"({"Name":"responseCode","Value":"1037"},{"Name":"Status","Value":"ERROR"},)"
              R"({"Name":"Msisdn","Value":"*********149"}]}})");
    daraja.arrived.clear();
    // A name that is there is told like anything else; one that was refused is free.
    create(daraja, body());
    daraja.pass(minutes{1});
    CHECK(told(daraja) == Lines{"2026-10-02T18 1050"});
    create(daraja, body({{"StandingOrderName", "Other"}}));
    daraja.pass(minutes{1});
    CHECK(told(daraja) == Lines{"2026-10-02T18 0"});
    CHECK(daraja.balance(sandbox_customer) == wealth);
    daraja.check_books();
}

TEST_CASE("mpesa ratiba: what is accepted and bound to fail, or never charged, is logged as such") {
    Daraja daraja;
    const auto why = [&](const json::object& changes, http::Fields headers = {}) {
        const http::HttpReply reply =
            daraja.post(path, json::serialize(body(changes)), std::move(headers));
        CHECK(reply.status == 200);
        return reply.note.code + " " + reply.note.why;
    };
    const auto fails = [](const std::string& code, const std::string& reason) {
        return [code, reason](const std::string& told) {
            return told.starts_with(code + " it was accepted, and its result will be " + code +
                                    " (") &&
                   told.ends_with("): " + reason);
        };
    };
    CHECK(why({}) == " ");
    CHECK(fails("1050",
                "StandingOrderName is that of another one of the same customer and "
                "business")(why({})));
    CHECK(fails("2028", "BusinessShortCode is a till, and TransactionType is for paybills")(
        why({{"BusinessShortCode", "5001000"}})));
    const std::string chosen = "the customer's number or Tuma-Scenario says so";
    const json::object other{{"StandingOrderName", "Other"}};
    CHECK(fails("1037", chosen)(why(other, {{"Tuma-Scenario", "ignore"}})));
    CHECK(fails("1032", chosen)(why(other, {{"Tuma-Scenario", "cancel"}})));
    CHECK(
        why({{"StandingOrderName", "Past"}, {"StartDate", "20260901"}, {"EndDate", "20260930"}}) ==
        " it was accepted, and nothing will be charged: no day on which it falls due is left "
        "before EndDate ends");
}

TEST_CASE("mpesa ratiba: partners have an id of their own and hear more") {
    Daraja daraja;
    const json::value ack = create(daraja, partners_body());
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    const std::string id = R"("06aae68f-7d5a-4b44-a22d-8aa77126689b")";
    CHECK(at(ack, "ResponseHeader/responseRefID").size() == 36);
    CHECK(daraja.arrived[0].callback.body ==
          R"({"responseHeader":{"responseRefID":)" + id + R"(,"requestRefID":)" + id +
              R"(,"responseCode":"0","responseDescription":"Standing order created successfully"},)"
              R"("responseBody":{"responseData":[{"name":"standingOrderName","value":"Phone"},)"
              R"({"name":"amount","value":"4500.00"},)"
              R"({"name":"issuePaymentReminderUntil","value":"20271101"},)"
              R"({"name":"reminderScheduleId","value":"1"},)"
              R"({"name":"firstPaymentReminderDate","value":"20261101"},)"
              R"({"name":"status","value":"ACTIVE"},{"name":"TransactionID","value":"1"},)"
              R"({"name":"ResponseCode","value":"0"},{"name":"Status","value":"OKAY"},)"
              R"({"name":"Msisdn","value":"*********149"}]}})");
    daraja.arrived.clear();
    daraja.pass(days{31});
    REQUIRE(daraja.arrived.size() == 1);
    const json::value paid = daraja.arrived[0].json();
    CHECK(at(paid, "responseHeader/requestRefID") == "06aae68f-7d5a-4b44-a22d-8aa77126689b");
    CHECK(at(paid, "responseBody/responseData/0/name") == "TransactionID");
    CHECK(at(paid, "responseBody/responseData/0/value").size() == 10);
    daraja.arrived.clear();
    create(daraja, partners_body({{"StandingOrderName", "Other"}}), {{"Tuma-Scenario", "cancel"}});
    daraja.pass(minutes{1});
    CHECK(at(daraja.arrived.at(0).json(), "ResponseHeader/responseCode") == "1032");
    CHECK(at(daraja.arrived.at(0).json(), "ResponseBody/ResponseData/1/Name") == "responseCode");
}

TEST_CASE("mpesa ratiba: the customer is charged on each day, and a payment is like any other") {
    Daraja daraja;
    daraja.post("/mpesa/c2b/v2/registerurl",
                json::serialize(json::object{{"ShortCode", "174379"},
                                             {"ResponseType", "Completed"},
                                             {"ConfirmationURL", "http://127.0.0.1:9/c"},
                                             {"ValidationURL", "http://127.0.0.1:9/v"}}));
    create(daraja, body({{"Frequency", "4"}}));
    daraja.pass(minutes{1});
    daraja.arrived.clear();
    const std::int64_t before = daraja.balance("174379");
    daraja.pass(days{29} + hours{13});
    CHECK(daraja.arrived.empty());
    CHECK(daraja.balance(sandbox_customer) == wealth);
    daraja.pass(hours{6});
    REQUIRE(daraja.arrived.size() == 2);
    CHECK(daraja.balance(sandbox_customer) == wealth - 450'000);
    CHECK(daraja.balance("174379") > before);
    const std::string receipt = at(daraja.arrived[0].json(), "responseBody/responseData/0/value");
    // UK1: 1 November 2026.
    CHECK(receipt.starts_with("UK1"));
    const json::value confirmation = daraja.arrived[1].json();
    CHECK(daraja.arrived[1].callback.url == "http://127.0.0.1:9/c");
    CHECK(at(confirmation, "TransID") == receipt);
    CHECK(at(confirmation, "TransTime") == "20261101080000");
    CHECK(at(confirmation, "TransAmount") == "4500.00");
    CHECK(at(confirmation, "BillRefNumber") == "Test");
    const json::value status =
        result_of(daraja, "/mpesa/transactionstatus/v1/query",
                  {{"Initiator", "testapi"},
                   {"SecurityCredential", json::string(credential("Safaricom999!*!"))},
                   {"CommandID", "TransactionStatusQuery"},
                   {"TransactionID", receipt},
                   {"PartyA", "174379"},
                   {"IdentifierType", "4"},
                   {"Remarks", "good"},
                   {"QueueTimeOutURL", "http://127.0.0.1:9/t"},
                   {"ResultURL", "http://127.0.0.1:9/r"}});
    CHECK(said(status, "TransactionStatus") == "Completed");
    CHECK(said(status, "DebitPartyName").starts_with(sandbox_customer));
    const json::value reversal =
        result_of(daraja, "/mpesa/reversal/v1/request",
                  {{"Initiator", "testapi"},
                   {"SecurityCredential", json::string(credential("Safaricom999!*!"))},
                   {"CommandID", "TransactionReversal"},
                   {"TransactionID", receipt},
                   {"Amount", 4500},
                   {"ReceiverParty", "174379"},
                   {"RecieverIdentifierType", "11"},
                   {"Remarks", "good"},
                   {"QueueTimeOutURL", "http://127.0.0.1:9/t"},
                   {"ResultURL", "http://127.0.0.1:9/r"}});
    CHECK(code_of(reversal) == "0");
    CHECK(daraja.balance(sandbox_customer) == wealth);
    daraja.check_books();
}

TEST_CASE("mpesa ratiba: without money the day is missed and told, and the next one is charged") {
    Daraja daraja;
    create(daraja, body({{"Amount", "20000"}, {"StartDate", "20261003"}, {"EndDate", "20261007"}}));
    daraja.pass(minutes{1});
    daraja.arrived.clear();
    daraja.pass(hours{3 * 24});
    CHECK(told(daraja) == Lines{"2026-10-03T08 0", "2026-10-04T08 0", "2026-10-05T08 1"});
    CHECK(daraja.balance(sandbox_customer) == wealth - 4'000'000);
    // The process ends, nobody runs for two days, and nothing is charged twice.
    daraja.restart();
    daraja.world.now += hours{2 * 24};
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.size() == 2);
    for (const std::string& line : told(daraja)) CHECK(line.ends_with(" 1"));
    daraja.restart();
    daraja.pass(days{30});
    CHECK(daraja.arrived.empty());
    CHECK(daraja.balance(sandbox_customer) == wealth - 4'000'000);
    daraja.check_books();
}

TEST_CASE("mpesa ratiba: frequencies of both editions, on days that are there") {
    const auto starting = [](const char* start, const char* frequency) {
        return body({{"Amount", 10}, {"StartDate", start}, {"Frequency", frequency}});
    };
    CHECK(charged_on(starting("20261005", "1"), days{60}) == Lines{"2026-10-05T08 0"});
    CHECK(charged_on(starting("20261005", "3"), days{20}) ==
          Lines{"2026-10-05T08 0", "2026-10-12T08 0", "2026-10-19T08 0"});
    CHECK(charged_on(starting("20261031", "4"), days{125}) ==
          Lines{"2026-10-31T08 0", "2026-11-30T08 0", "2026-12-31T08 0", "2027-01-31T08 0"});
    CHECK(charged_on(starting("20261231", "5"), days{155}) ==
          Lines{"2026-12-31T08 0", "2027-02-28T08 0"});
    CHECK(charged_on(starting("20261130", "6"), days{160}) ==
          Lines{"2026-11-30T08 0", "2027-02-28T08 0"});
    CHECK(charged_on(starting("20261003", "7"), days{190}) ==
          Lines{"2026-10-03T08 0", "2027-04-03T08 0"});
    CHECK(charged_on(starting("20261003", "8"), days{600}) ==
          Lines{"2026-10-03T08 0", "2027-10-03T08 0"});
    // Bi-weekly is there for partners only, so that 5 is what else is 4.
    const auto partners = [](const char* start, const char* frequency) {
        return partners_body({{"Amount", 10}, {"StartDate", start}, {"Frequency", frequency}});
    };
    CHECK(charged_on(partners("20261005", "4"), days{31}) ==
          Lines{"2026-10-05T08 0", "2026-10-19T08 0", "2026-11-02T08 0"});
    CHECK(charged_on(partners("20261005", "5"), days{60}) ==
          Lines{"2026-10-05T08 0", "2026-11-05T08 0"});
    CHECK(charged_on(partners("20261003", "9"), days{600}) ==
          Lines{"2026-10-03T08 0", "2027-10-03T08 0"});
}

TEST_CASE("mpesa ratiba: days that are past are not charged, and today is while it lasts") {
    const auto within = [](const char* start, const char* end, const char* frequency) {
        return body(
            {{"Amount", 10}, {"StartDate", start}, {"EndDate", end}, {"Frequency", frequency}});
    };
    // It is 18:11, long after 8 o'clock.
    CHECK(charged_on(within("20261002", "20261002", "2"), days{30}) == Lines{"2026-10-02T18 0"});
    CHECK(charged_on(within("20261002", "20261002", "1"), days{30}) == Lines{"2026-10-02T18 0"});
    CHECK(charged_on(within("20260930", "20261003", "2"), days{30}) ==
          Lines{"2026-10-02T18 0", "2026-10-03T18 0"});
    CHECK(charged_on(within("20260801", "20261120", "4"), days{60}) == Lines{"2026-11-01T08 0"});
    CHECK(charged_on(within("20261001", "20261120", "1"), days{60}).empty());
    CHECK(charged_on(within("20200101", "20261001", "2"), days{60}).empty());
    // A name that is never charged is taken all the same.
    Daraja daraja;
    create(daraja, within("20200101", "20261001", "2"));
    create(daraja, within("20261003", "20261004", "2"));
    daraja.pass(days{5});
    CHECK(told(daraja) == Lines{"2026-10-02T18 0", "2026-10-02T18 1050"});
    CHECK(daraja.balance(sandbox_customer) == wealth);
}

TEST_CASE("mpesa ratiba: what is refused or is not known is charged nothing") {
    Daraja daraja;
    for (const auto& [key, value] :
         std::vector<std::pair<const char*, const char*>>{{"Frequency", "9"},
                                                          {"Frequency", "0"},
                                                          {"Frequency", "22"},
                                                          {"StartDate", "2026-11-01"},
                                                          {"StartDate", "20261301"},
                                                          {"EndDate", "20260101"},
                                                          {"ReceiverPartyIdentifierType", "2"},
                                                          {"TransactionType", "Pay Bill"},
                                                          {"PartyA", "0708374149"},
                                                          {"BusinessShortCode", "9999999"},
                                                          {"AccountReference", ""}}) {
        const http::HttpReply reply = daraja.post(path, json::serialize(body({{key, value}})));
        check_error(reply);
        CHECK(at(json::parse(reply.body), "errorMessage") ==
              "Bad Request - Invalid " + std::string(key));
    }
    for (const auto& [key, value] : std::vector<std::pair<const char*, json::value>>{
             {"Frequency", "10"}, {"CustomStoId", ""}, {"CustomStoId", nullptr}}) {
        const http::HttpReply reply =
            daraja.post(path, json::serialize(partners_body({{key, value}})));
        check_error(reply);
        CHECK(at(json::parse(reply.body), "errorMessage") ==
              "Bad Request - Invalid " + std::string(key));
    }
    const auto code = [&](const json::object& changes, http::Fields headers = {}) {
        daraja.arrived.clear();
        create(daraja, body(changed({{"StartDate", "20261003"}}, changes)), std::move(headers));
        daraja.pass(days{2});
        REQUIRE(daraja.arrived.size() == 1);
        return at(daraja.arrived[0].json(), "ResponseHeader/responseCode");
    };
    // A till's number as that of a PayBill, a customer who says no.
    CHECK(code({{"BusinessShortCode", "5001000"}}) == "2028");
    CHECK(code({}, {{"Tuma-Scenario", "wrong-pin"}}) == "2001");
    CHECK(code({{"PartyA", "254700001032"}}) == "1032");
    mpesa::Options options;
    options.opens_customers = false;
    daraja.store(options);
    CHECK(code({{"PartyA", "254711111111"}}) == "SFC_IC0003");
    CHECK(daraja.balance(sandbox_customer) == wealth);
    daraja.check_books();
}
