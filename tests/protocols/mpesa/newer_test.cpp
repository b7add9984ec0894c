// The APIs that newer clients call: look-ups, Pull, B2B Express.
#include "protocols/mpesa/wire/kinds.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* org_path = "/sfcverify/v1/query/info";
constexpr const char* express_path = "/v1/ussdpush/get-msisdn";
constexpr const char* pull_register = "/pulltransactions/v1/register";
constexpr const char* pull_query = "/pulltransactions/v1/query";

std::string refusal(Daraja& daraja, const char* path, const json::object& body) {
    const http::HttpReply reply = daraja.post(path, json::serialize(body));
    INFO(reply.body);
    check_error(reply);
    return at(json::parse(reply.body), "errorCode") + " " +
           at(json::parse(reply.body), "errorMessage");
}

json::object express_body(const json::object& changes = {}) {
    return changed({{"primaryShortCode", "5001000"},
                    {"receiverShortCode", "600984"},
                    {"amount", "71"},
                    {"paymentRef", "INV-1"},
                    {"callbackUrl", "http://127.0.0.1:9/express"},
                    {"partnerName", "Vendor"},
                    {"RequestRefID", "404e1aec-19e0-4ce3-973d-bd92e94c8021"}},
                   changes);
}

// What was told of a request that is acknowledged.
json::value told_of(Daraja& daraja, const char* path, const json::object& body,
                    http::Fields headers = {}) {
    daraja.arrived.clear();
    const http::HttpReply reply = daraja.post(path, json::serialize(body), std::move(headers));
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    return daraja.arrived[0].json();
}

}  // namespace

TEST_CASE("mpesa newer: numbers of kinds never change") {
    CHECK(mpesa::number(mpesa::Kind::express) == 107);
    CHECK(mpesa::number(mpesa::Kind::standing_order) == 108);
    CHECK(mpesa::number(mpesa::Kind::standing_payment) == 109);
    CHECK(mpesa::number(mpesa::Kind::invoice) == 110);
    CHECK(mpesa::number(mpesa::Kind::reminder) == 111);
    const Daraja daraja;
    CHECK(daraja.adapter.kind_name(100) == "stk_push");
    CHECK(daraja.adapter.kind_name(111) == "reminder");
    CHECK(daraja.adapter.kind_name(112).empty());
    CHECK(daraja.adapter.kind_name(99).empty());
}

TEST_CASE("mpesa newer: an organisation's name and tariff by its number and type") {
    Daraja daraja;
    const auto asked = [&](const char* type, const char* number) {
        return daraja.post_json(org_path, json::serialize(json::object{{"IdentifierType", type},
                                                                       {"Identifier", number}}));
    };
    const json::value paybill = asked("4", "174379");
    CHECK(paybill.get_object().size() == 7);
    CHECK(at(paybill, "ResponseCode") == "4000");
    CHECK(at(paybill, "ResponseMessage") == "Success");
    CHECK(at(paybill, "OrganizationShortCode") == "174379");
    CHECK(at(paybill, "OrganizationName") == "Daraja Sandbox");
    CHECK(at(paybill, "ChargeProfileID") == "20144");
    CHECK(at(asked("2", "5001000"), "OrganizationName") == "Mama Mboga");
    for (const json::value& none :
         {asked("2", "174379"), asked("4", "5001000"), asked("4", "9999999")}) {
        CHECK(at(none, "ResponseMessage") == "Failed");
        CHECK(!none.get_object().contains("OrganizationName"));
    }
    CHECK(refusal(daraja, org_path, {{"IdentifierType", "1"}, {"Identifier", "174379"}}) ==
          "400.002.02 Bad Request - Invalid IdentifierType");
}

TEST_CASE("mpesa newer: when a SIM card was exchanged, and since when a number is somebody's") {
    Daraja daraja;
    const std::string body = json::serialize(json::object{{"customerNumber", sandbox_customer}});
    const json::value swap = daraja.post_json("/imsi/v2/checkATI", body);
    CHECK(swap.get_object().size() == 4);
    CHECK(at(swap, "responseCode") == "200");
    CHECK(at(swap, "responseDesc") == "Success");
    CHECK(at(swap, "lastSwapDate") == "01-01-1900 00:00");
    const json::value identity = daraja.post_json("/imsi/v1/checkATI", body);
    CHECK(at(identity, "imsi").size() == 16);
    CHECK(at(identity, "lastSwapDate") == "01-01-1900");
    CHECK(at(identity, "customerNumber") == sandbox_customer);
    CHECK(at(identity, "msisdnRegistrationDate") ==
          "The MSISDN registration is more than one year old.");
    mpesa::CustomerProfile person;
    person.msisdn = sandbox_customer;
    person.swapped_on = "2026-09-01";
    person.registered_on = "2026-03-01";
    daraja.directory.store(mpesa::customer_profile(sandbox_customer), mpesa::to_json(person));
    CHECK(at(daraja.post_json("/imsi/v2/checkATI", body), "lastSwapDate") == "01-09-2026 00:00");
    const json::value again = daraja.post_json("/registration/lookup/v1/checkATI", body);
    CHECK(at(again, "imsi") == at(identity, "imsi"));
    CHECK(at(again, "lastSwapDate") == "01-09-2026");
    CHECK(at(again, "msisdnRegistrationDate") == "01-03-2026");
    // After three months nobody is told any more.
    daraja.pass(hours{24 * 61});
    CHECK(at(daraja.post_json("/imsi/v2/checkATI", body), "lastSwapDate") == "01-01-1900 00:00");
    CHECK(mpesa::read_customer(R"({"msisdn":"254708374149","swapped_on":"1.9.2026"})")
              .error()
              .field == "swapped_on");
    CHECK(refusal(daraja, "/imsi/v2/checkATI", {{"customerNumber", "0708374149"}}) ==
          "400.002.02 Bad Request - Invalid customerNumber");
}

TEST_CASE("mpesa newer: a till's merchant is asked to pay a business") {
    Daraja daraja;
    const json::value ack = daraja.post_json(express_path, json::serialize(express_body()));
    CHECK(json::serialize(ack) == R"({"code":"0","status":"USSD Initiated Successfully"})");
    daraja.pass(seconds{1});
    CHECK(daraja.arrived.empty());
    daraja.pass(seconds{1});
    REQUIRE(daraja.arrived.size() == 1);
    const json::value paid = daraja.arrived[0].json();
    CHECK(daraja.arrived[0].callback.url == "http://127.0.0.1:9/express");
    CHECK(at(paid, "conversationID").starts_with("AG_20261002_"));
    CHECK(at(paid, "transactionId").size() == 10);
    CHECK(daraja.arrived[0].callback.body ==
          R"({"resultCode":"0","resultDesc":"The service request is processed successfully.",)"
          R"("amount":"71.0","requestId":"404e1aec-19e0-4ce3-973d-bd92e94c8021",)"
          R"("resultType":"0","conversationID":")" +
              at(paid, "conversationID") + R"(","transactionId":")" + at(paid, "transactionId") +
              R"(","status":"SUCCESS"})");
    CHECK(daraja.balance("5001000") == 100'000'000 - 7'100);
    CHECK(daraja.balance("600984") == 100'000'000 + 7'100);
    const auto code = [&](const json::object& changes, const char* word) {
        http::Fields headers;
        if (word != nullptr) headers.emplace_back("Tuma-Scenario", word);
        return at(told_of(daraja, express_path, express_body(changes), std::move(headers)),
                  "resultCode");
    };
    CHECK(code({}, "cancel") == "4001");
    CHECK(daraja.arrived[0].callback.body ==
          R"({"resultCode":"4001","resultDesc":"User cancelled transaction",)"
          R"("requestId":"404e1aec-19e0-4ce3-973d-bd92e94c8021","amount":"71.0",)"
          R"("paymentReference":"INV-1"})");
    CHECK(code({}, "ignore") == "4201");
    CHECK(code({}, "result:4104") == "4104");
    CHECK(code({{"primaryShortCode", "600000"}}, nullptr) == "4102");
    CHECK(code({{"primaryShortCode", "9999999"}}, nullptr) == "4102");
    CHECK(code({{"amount", "2000000"}}, nullptr) == "1");
    CHECK(refusal(daraja, express_path, express_body({{"receiverShortCode", "5001000"}})) ==
          "400.002.02 Bad Request - Invalid receiverShortCode");
    CHECK(refusal(daraja, express_path, express_body({{"RequestRefID", nullptr}})) ==
          "400.002.02 Bad Request - Invalid RequestRefID");
    CHECK(daraja.balance("5001000") == 100'000'000 - 7'100);
    // What became of it can be asked for like anything else.
    const json::value status =
        result_of(daraja, "/mpesa/transactionstatus/v1/query",
                  {{"Initiator", "testapi"},
                   {"SecurityCredential", json::string(credential("Safaricom999!*!"))},
                   {"CommandID", "TransactionStatusQuery"},
                   {"TransactionID", paid.at("transactionId")},
                   {"PartyA", "600984"},
                   {"IdentifierType", "4"},
                   {"Remarks", "good"},
                   {"QueueTimeOutURL", "http://127.0.0.1:9/t"},
                   {"ResultURL", "http://127.0.0.1:9/r"}});
    CHECK(said(status, "DebitPartyName") == "5001000 - Mama Mboga");
    CHECK(said(status, "CreditPartyName") == "600984 - Safaricom600984");
    daraja.check_books();
}

TEST_CASE("mpesa newer: a registered business pulls what it was paid, a hundred at a time") {
    Daraja daraja;
    const json::object registration{{"ShortCode", "174379"},
                                    {"RequestType", "Pull"},
                                    {"NominatedNumber", "0722000000"},
                                    {"CallBackURL", "http://127.0.0.1:9/p"}};
    const json::object asked{{"ShortCode", "174379"},
                             {"StartDate", "2026-10-02 8:36:00"},
                             {"EndDate", "2026-10-02 20:10"},
                             {"OffSetValue", "0"}};
    const auto pulled = [&](const json::object& changes = {}) {
        return daraja.post_json(pull_query, json::serialize(changed(asked, changes)));
    };
    CHECK(refusal(daraja, pull_query, asked) == "400.001 Invalid ShortCode");
    const json::value first = daraja.post_json(pull_register, json::serialize(registration));
    CHECK(at(first, "Response Status") == "1000");
    CHECK(at(first, "ShortCode") == "174379");
    const json::value second = daraja.post_json(pull_register, json::serialize(registration));
    CHECK(at(second, "Response Status") == "1001");
    CHECK(at(second, "Response Description") == "ShortCode already Registered");
    const json::value empty = pulled();
    CHECK(at(empty, "ResponseCode") == "1001");
    CHECK(at(empty, "Response") == "[[]]");

    std::vector<std::string> receipts;
    for (int i = 0; i < 3; ++i) {
        daraja.arrived.clear();
        daraja.post("/mpesa/stkpush/v1/processrequest",
                    stk_body(sandbox_customer, 10 + i, {{"AccountReference", "ACC"}}));
        daraja.pass(minutes{1});
        receipts.push_back(
            at(daraja.arrived.at(0).json(), "Body/stkCallback/CallbackMetadata/Item/1/Value"));
    }
    // Neither what failed nor what another business was paid.
    daraja.post("/mpesa/stkpush/v1/processrequest", stk_body("254700001032", 10));
    daraja.post("/mpesa/c2b/v2/simulate",
                json::serialize(json::object{{"ShortCode", "600984"},
                                             {"CommandID", "CustomerPayBillOnline"},
                                             {"Amount", 10},
                                             {"Msisdn", sandbox_customer},
                                             {"BillRefNumber", "INV1"}}));
    daraja.pass(minutes{1});
    const json::value page = pulled();
    CHECK(at(page, "ResponseCode") == "1000");
    CHECK(at(page, "ResponseMessage") == "Success");
    const json::array& rows = page.at_pointer("/Response/0").get_array();
    REQUIRE(rows.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(at(rows[i], "transactionId") == receipts[i]);
    CHECK(at(rows[0], "trxDate") == "2026-10-02T18:11:04Z");
    CHECK(rows[0].at("msisdn") == json::value(254708374149));
    CHECK(at(rows[0], "transactiontype") == "c2b-pay-bill-debit");
    CHECK(at(rows[0], "billreference") == "ACC");
    CHECK(at(rows[0], "amount") == "10.00");
    CHECK(at(rows[0], "organizationname") == "Daraja Sandbox");
    const json::value rest = pulled({{"OffSetValue", 2}});
    REQUIRE(rest.at_pointer("/Response/0").get_array().size() == 1);
    CHECK(at(rest, "Response/0/0/transactionId") == receipts[2]);
    CHECK(at(pulled({{"EndDate", "2026-10-02 18:11:30"}}), "Response/0/1") == "(nothing)");
    CHECK(at(pulled({{"StartDate", "2026-10-02 19:00"}}), "ResponseCode") == "1001");
    CHECK(refusal(daraja, pull_query, changed(asked, {{"EndDate", "2026-10-05 8:36:00"}})) ==
          "400.002.02 Bad Request - Invalid EndDate");
    CHECK(refusal(daraja, pull_query, changed(asked, {{"StartDate", "yesterday"}})) ==
          "400.002.02 Bad Request - Invalid StartDate");
    daraja.check_books();
}
