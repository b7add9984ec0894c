// What the log is told of a refusal: which two things were compared.
#include "protocols/crypto/encoding.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

constexpr const char* prompt_path = "/mpesa/stkpush/v1/processrequest";
constexpr const char* asked = "254708374149";
constexpr const char* passkey = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919";
constexpr const char* stamp = "20261129120000";

std::string password_of(const std::string& text) {
    return crypto::base64_encode(text);
}

constexpr const char* ratiba_path = "/standingorder/v1/createStandingOrderExternal";
constexpr const char* pull_path = "/pulltransactions/v1/query";
constexpr const char* info_path = "/sfcverify/v1/query/info";

// Bodies that are good, or nearly.
const json::object good_standing{{"StandingOrderName", "Rent"},
                                 {"StartDate", "20261101"},
                                 {"EndDate", "20271101"},
                                 {"BusinessShortCode", "174379"},
                                 {"TransactionType", "Standing Order Customer Pay Bill"},
                                 {"ReceiverPartyIdentifierType", "4"},
                                 {"Amount", "10"},
                                 {"PartyA", asked},
                                 {"CallBackURL", "http://127.0.0.1:9/r"},
                                 {"AccountReference", "A"},
                                 {"TransactionDesc", "rent"},
                                 {"Frequency", "2"}};
const json::object good_pull{{"ShortCode", "600984"},
                             {"StartDate", "2026-11-01 8:00:00"},
                             {"EndDate", "2026-11-02 8:00:00"},
                             {"OffSetValue", "0"}};
const json::object good_qr{{"MerchantName", "m"}, {"RefNo", "r"}, {"Amount", 1},
                           {"TrxCode", "BG"},     {"CPI", "17"},  {"Size", "300"}};
const json::object good_status{{"Initiator", "testapi"},
                               {"SecurityCredential", "x"},
                               {"CommandID", "TransactionStatusQuery"},
                               {"PartyA", "600984"},
                               {"IdentifierType", "4"},
                               {"Remarks", "ok"},
                               {"QueueTimeOutURL", "http://127.0.0.1:9/t"},
                               {"ResultURL", "http://127.0.0.1:9/r"}};
const json::object good_organisation{{"IdentifierType", "4"}, {"Identifier", "174379"}};

}  // namespace

TEST_CASE("mpesa reasons: a wrong password says which of its parts is another") {
    Daraja daraja;
    const std::string number = "174379";
    const std::string other_key(64, 'a');
    struct Row {
        std::string password;
        std::string why;
    };
    const Row rows[] = {
        {password_of(number + passkey + "20261129120001"),
         "the timestamp in the body differs from the one in the password"},
        {password_of(number + other_key + stamp),
         "the passkey in the password differs from that of the business"},
        {password_of("600000" + std::string(passkey) + stamp),
         "the shortcode in the password differs from BusinessShortCode"},
        {"not base64!", "Password is not base64 of BusinessShortCode, passkey and Timestamp"},
        {password_of(number + passkey + stamp) + "=",
         "Password is not base64 of BusinessShortCode, passkey and Timestamp"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.password);
        const http::HttpReply reply = daraja.post(
            prompt_path, stk_body(asked, 1, {{"Timestamp", stamp}, {"Password", row.password}}));
        CHECK(reply.status == 500);
        CHECK(reply.note.why == row.why);
        CHECK(reply.note.code == "500.001.1001");
    }
}

TEST_CASE("mpesa reasons: fields, businesses and bodies are named, and the trace is requestId") {
    Daraja daraja;
    struct Row {
        json::object changes;
        const char* why;
    };
    const Row rows[] = {
        {{{"Amount", nullptr}}, "Amount is missing"},
        {{{"TransactionType", "Pay"}},
         "TransactionType is none of CustomerPayBillOnline, CustomerBuyGoodsOnline"},
        {{{"Timestamp", "2026"}}, "Timestamp is no date of the form YYYYMMDDHHMMSS"},
        {{{"BusinessShortCode", 999999}}, "no business has the number in BusinessShortCode"},
        {{{"PhoneNumber", "0708374149"}},
         "PhoneNumber is not 12 digits that begin with 2547 or 2541"},
        {{{"PartyB", "12"}}, "PartyB is not 5 to 7 digits"},
        {{{"Amount", "10.5"}}, "Amount is not whole shillings from 1 to 999,999,999"},
        {{{"CallBackURL", "http://127.0.0.1:99999/cb"}},
         "CallBackURL is not a whole http or https address"},
        {{{"CallBackURL", "http://127.0.0.1:9/cb "}}, "CallBackURL has blanks around the address"},
    };
    for (const Row& row : rows) {
        const http::HttpReply reply = daraja.post(prompt_path, stk_body(asked, 1, row.changes));
        CHECK(reply.note.why == row.why);
        CHECK(reply.note.trace == at(json::parse(reply.body), "requestId"));
        CHECK(reply.note.route == prompt_path);
        CHECK(reply.note.merchant == "sandbox");
    }
    CHECK(daraja.post(prompt_path, "{\"a\":1").note.why == "body: is not one JSON value");
    const http::HttpReply good = daraja.post(prompt_path, stk_body(asked, 1));
    CHECK(good.note.why.empty());
    CHECK(good.note.code.empty());
    CHECK(good.note.merchant == "sandbox");
    CHECK(good.note.trace == at(json::parse(good.body), "MerchantRequestID"));
}

TEST_CASE("mpesa reasons: what does not fit another field or a business is told with its bound") {
    Daraja daraja;
    const auto why = [&](const char* path, const json::object& body) {
        return daraja.post(path, json::serialize(body)).note.why;
    };
    struct Row {
        const char* path;
        const json::object& body;
        json::object changes;
        const char* why;
    };
    const Row rows[] = {
        {ratiba_path, good_standing, {{"EndDate", "20261031"}}, "EndDate is before StartDate"},
        {ratiba_path,
         good_standing,
         {{"EndDate", "31.12.2027"}},
         "EndDate is not a day of the form YYYYMMDD"},
        {ratiba_path, good_standing, {{"Frequency", "9"}}, "Frequency is not 1 to 8"},
        {ratiba_path,
         good_standing,
         {{"TransactionType", "Pay"}},
         "TransactionType is not one of the standing orders' types"},
        {ratiba_path,
         good_standing,
         {{"ReceiverPartyIdentifierType", "2"}},
         "ReceiverPartyIdentifierType is not 4 (a paybill), as TransactionType wants"},
        {ratiba_path,
         good_standing,
         {{"AccountReference", nullptr}},
         "AccountReference is missing"},
        {pull_path,
         good_pull,
         {{"EndDate", "2026-11-05 8:00:00"}},
         "EndDate is not within 48 hours after StartDate"},
        {pull_path,
         good_pull,
         {{"StartDate", "yesterday"}},
         "StartDate is not a time like 2020-08-04 8:36:00"},
        {pull_path, good_pull, {}, "ShortCode was not registered for Pull"},
        {b2c_v1, good_status, {{"Initiator", nullptr}}, "InitiatorName is missing"},
        {"/mpesa/qrcode/v1/generate", good_qr, {{"Size", "0"}}, "Size is not from 50 to 2000"},
        {"/mpesa/transactionstatus/v1/query",
         good_status,
         {},
         "TransactionID and OriginalConversationID are missing; one is needed"},
        {info_path, good_organisation, {}, ""},
        {info_path,
         good_organisation,
         {{"IdentifierType", "2"}},
         "Identifier is a paybill, and IdentifierType is 2"},
        {info_path,
         good_organisation,
         {{"Identifier", "999999"}},
         "no business has the number in Identifier"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.why);
        CHECK(why(row.path, changed(row.body, row.changes)) == row.why);
    }
}

TEST_CASE("mpesa reasons: a body that is not called JSON, a path and a method that are wrong") {
    Daraja daraja;
    const auto why = [&](const char* method, const char* path, const char* type) {
        return daraja
            .send(
                {.method = method,
                 .target = path,
                 .headers = {{"Authorization", "Bearer " + daraja.token()}, {"Content-Type", type}},
                 .body = stk_body(asked, 1)})
            .note.why;
    };
    CHECK(why("POST", prompt_path, "application/json") == "");
    CHECK(why("POST", prompt_path, "application/x-www-form-urlencoded") ==
          "BusinessShortCode is missing, because Content-Type is not application/json: the body "
          "counts as empty");
    CHECK(why("GET", prompt_path, "application/json") == "this path takes another method: POST");
    CHECK(why("POST", "/mpesa/stkpush/v1/processrequest/", "application/json") ==
          "no API has this path, to the letter; GET /admin/routes lists them");
}

TEST_CASE("mpesa reasons: what is accepted and bound to fail says so at once") {
    Daraja daraja;
    const auto why = [&](const json::object& changes) {
        const http::HttpReply reply = daraja.post(b2c_v1, json::serialize(to_customer(changes)));
        CHECK(reply.status == 200);
        CHECK(reply.note.trace != "");
        return reply.note.code + " " + reply.note.why;
    };
    const std::string refused =
        "2001 it was accepted, and its result will be 2001 (The initiator information is "
        "invalid.): ";
    CHECK(why({}) == " ");
    CHECK(why({{"SecurityCredential", credential("wrong")}}) ==
          refused +
              "SecurityCredential is not the initiator's password, encrypted for the certificate "
              "of /mpesa/certificate");
    CHECK(why({{"InitiatorName", "nobody"}}) ==
          refused + "the business in PartyA has no initiator of this name");
    CHECK(why({{"Amount", 5}}).starts_with("2 it was accepted, and its result will be 2 ("));
    const http::HttpReply goods = daraja.post(
        prompt_path, stk_body(asked, 1, {{"TransactionType", "CustomerBuyGoodsOnline"}}));
    CHECK(goods.status == 200);
    CHECK(goods.note.code == "2028");
    CHECK(goods.note.why.starts_with("it was accepted, and its result will be 2028 ("));
    CHECK(goods.note.why.ends_with(
        "): PartyB is a paybill, and TransactionType is CustomerBuyGoodsOnline"));
    // The books say no at once, and it is told later.
    std::string broke;
    for (int i = 0; i < 10 && (broke.empty() || broke == " "); ++i)
        broke = why({{"Amount", 250'000}, {"PartyB", "25471234567" + std::to_string(i)}});
    CHECK(broke.starts_with("1 it was accepted, and its result will be 1 ("));
    CHECK(
        broke.ends_with("): The available balance, reservations counted, does not cover the "
                        "amount."));
}

TEST_CASE("mpesa reasons: whoever is no till, no paybill or nobody is named") {
    Daraja daraja;
    const auto why = [&](const char* path, const json::object& body) {
        const http::HttpReply reply = daraja.post(path, json::serialize(body));
        CHECK(reply.status == 200);
        return reply.note.code + " " + reply.note.why.substr(reply.note.why.rfind("): ") + 3);
    };
    const json::object goods{{"ShortCode", "174379"},
                             {"CommandID", "CustomerBuyGoodsOnline"},
                             {"Amount", 10},
                             {"Msisdn", asked}};
    CHECK(why("/mpesa/c2b/v1/simulate", goods) ==
          "2028 ShortCode is a paybill, and CommandID is CustomerBuyGoodsOnline");
    const auto express = [](const char* till) {
        return json::object{{"primaryShortCode", till},
                            {"receiverShortCode", "600984"},
                            {"amount", "71"},
                            {"paymentRef", "INV-1"},
                            {"callbackUrl", "http://127.0.0.1:9/express"},
                            {"partnerName", "Vendor"},
                            {"RequestRefID", "1"}};
    };
    CHECK(why("/v1/ussdpush/get-msisdn", express("174379")) ==
          "4102 primaryShortCode is a paybill, and only tills are asked");
    CHECK(why("/v1/ussdpush/get-msisdn", express("999999")) ==
          "4102 no business has the number in primaryShortCode");
    json::object bill = to_customer({{"CommandID", "BusinessPayBill"},
                                     {"PartyB", "5001000"},
                                     {"SenderIdentifierType", "4"},
                                     {"RecieverIdentifierType", "4"},
                                     {"AccountReference", "A"}});
    bill["Initiator"] = bill["InitiatorName"];
    CHECK(why("/mpesa/b2b/v1/paymentrequest", bill) ==
          "2028 PartyB is a till, and CommandID is BusinessPayBill");
    bill["PartyB"] = "999999";
    CHECK(why("/mpesa/b2b/v1/paymentrequest", bill)
              .ends_with(" no business has the number in PartyB"));
}

TEST_CASE("mpesa reasons: of a list it is told which element is wrong") {
    Daraja daraja;
    const std::string path = "/v1/billmanager-invoice/";
    const auto post = [&](const std::string& name, const json::value& body,
                          http::Fields headers = {}) {
        return daraja.post(path + name, json::serialize(body), std::move(headers));
    };
    const http::HttpReply opted = post("optin", json::object{{"shortcode", "174379"},
                                                             {"email", "a@b"},
                                                             {"officialContact", "0710123456"},
                                                             {"sendReminders", "1"},
                                                             {"callbackurl", "http://a.b/c"}});
    const std::string key = at(json::parse(opted.body), "app_key");
    const auto invoice = [](const char* external, const json::object& changes = {}) {
        return changed({{"externalReference", external},
                        {"billedFullName", "John Doe"},
                        {"billedPhoneNumber", "0722000000"},
                        {"billedPeriod", "August 2026"},
                        {"invoiceName", "Jentrys"},
                        {"dueDate", "2026-10-12"},
                        {"accountReference", "A1"},
                        {"amount", "800"}},
                       changes);
    };
    const auto why = [&](const std::string& name, const json::value& body) {
        return post(name, body, {{"appKey", key}}).note.why;
    };
    const auto second = [&](const json::object& changes) {
        return why("bulk-invoicing", json::array{invoice("1"), invoice("2", changes)});
    };
    CHECK(second({{"amount", nullptr}}) == "element 2 of 2: amount is missing");
    CHECK(second({{"invoiceItems", "one"}}) ==
          "element 2 of 2: invoiceItems is no array of objects");
    CHECK(second({{"billedPhoneNumber", "12"}}) == "element 2 of 2: Incorrect phone number format");
    CHECK(second({{"dueDate", "tomorrow"}}) == "element 2 of 2: Incorrect due date format");
    CHECK(second({{"externalReference", "1"}}) ==
          "element 2 of 2: Another entry exists with the same externalReference number");
    CHECK(second({}) == "");
    CHECK(why("bulk-invoicing", json::array{invoice("3"), invoice("4"), invoice("2")}) ==
          "element 3 of 3: Another entry exists with the same externalReference number");
    const auto cancelled = [&](std::initializer_list<const char*> references) {
        json::array list;
        for (const char* one : references)
            list.emplace_back(json::object{{"externalReference", one}});
        return why("cancel-bulk-invoices", list);
    };
    CHECK(cancelled({"2", "9", "1"}) == "element 2 of 3: Invoice does not exist.");
    CHECK(cancelled({"2", "1", "2"}) == "");

    CHECK(why("bulk-invoicing", invoice("5")) ==
          "the body is one object, and this path takes an array of them");
    CHECK(why("single-invoicing", json::array{invoice("5")}) ==
          "the body is an array, and this path takes one object");
    const auto raw = [&](const char* body) {
        return daraja.post(path + "bulk-invoicing", body, {{"appKey", key}}).note.why;
    };
    CHECK(raw("[{},[]]") == "body: element 2 is not a JSON object");
    CHECK(raw("[{}") == "body: has neither a comma nor a closing bracket behind element 1");
    CHECK(raw("[{},{\"a\":1,\"a\":2}]") == "body: element 2 has a member twice");
    std::string many = "[{}";
    for (int i = 0; i < 1'000; ++i) many += ",{}";
    CHECK(raw((many + "]").c_str()) == "body: has more than 1000 elements");
    CHECK(daraja
              .send({.method = "POST",
                     .target = path + "bulk-invoicing",
                     .headers = {{"Authorization", "Bearer " + daraja.token()}},
                     .body = "[{}]"})
              .note.why == "Content-Type is not application/json: the body counts as empty");
}

TEST_CASE("mpesa reasons: tokens that are missing, foreign, old") {
    Daraja daraja;
    const auto why = [&](const std::string& authorization) {
        http::HttpRequest request{.method = "POST", .target = prompt_path, .body = "{}"};
        if (!authorization.empty()) request.headers = {{"Authorization", authorization}};
        return daraja.send(request).note.why;
    };
    CHECK(why("") == "there is no Authorization: Bearer TOKEN");
    CHECK(why("Bearer abc") == "the access token was not made by this switch");
    const std::string good = daraja.token();
    daraja.world.now += std::chrono::hours{2};
    CHECK(why("Bearer " + good) == "the access token has expired");

    const auto token = [&](const std::string& pair) {
        return daraja
            .send({.method = "GET",
                   .target = "/oauth/v1/generate?grant_type=client_credentials",
                   .headers = {{"Authorization", "Basic " + crypto::base64_encode(pair)}}})
            .note.why;
    };
    CHECK(token("dG1hU2FuZGJveEFwcDAwMDFLZXk9MTc0:x") ==
          "the consumer secret differs from that of the app with this key");
    CHECK(token("nobody:x") == "no app has this consumer key");
    CHECK(token("no colon") == "Authorization is not Basic with base64 of KEY:SECRET");
}
