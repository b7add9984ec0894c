// Each option does what its sentence says: credentials, customers, M-Pesa Express, the gateway.
#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/profiles/sandbox.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

http::HttpReply ask_for_token(Daraja& daraja, const char* method) {
    const mpesa::App app = mpesa::default_sandbox().apps.front();
    const std::string pair = crypto::base64_encode(app.consumer_key + ":" + app.consumer_secret);
    return daraja.send({.method = method,
                        .target = "/oauth/v1/generate?grant_type=client_credentials",
                        .headers = {{"Authorization", "Basic " + pair}}});
}

// What an error says; empty for what was taken.
std::string complaint(const http::HttpReply& reply) {
    if (reply.status == 200) return {};
    check_error(reply);
    return at(json::parse(reply.body), "errorMessage");
}

http::HttpReply ask_about(Daraja& daraja, const json::value& ack, const char* path = stk_query) {
    json::object body = query_body("").body;
    body["CheckoutRequestID"] = at(ack, "CheckoutRequestID");
    return daraja.post(path, json::serialize(body));
}

// A prompt and its only callback.
json::value prompted(Daraja& daraja, const std::string& body) {
    daraja.arrived.clear();
    const http::HttpReply reply = daraja.post(stk_push, body);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    return daraja.arrived[0].json().at_pointer("/Body/stkCallback");
}

}  // namespace

TEST_CASE("mpesa options: a token lives as long as it says, and no second longer") {
    mpesa::Options options;
    options.token_lifetime_s = 60;
    Daraja daraja(options);
    const json::value token = json::parse(ask_for_token(daraja, "GET").body);
    CHECK(token.at("expires_in") == json::value("60"));
    CHECK(std::regex_match(at(token, "access_token"), std::regex("[0-9A-Za-z]{28}")));
    const auto status = [&] {
        return daraja
            .send({.method = "POST",
                   .target = stk_push,
                   .headers = {{"authorization", "bearer " + at(token, "access_token")},
                               {"content-type", "application/json"}},
                   .body = stk_body("254711111111", 1)})
            .status;
    };
    CHECK(status() == 200);
    daraja.pass(seconds{59});
    // A new one leaves the old one as good as it was.
    CHECK(ask_for_token(daraja, "GET").status == 200);
    CHECK(status() == 200);
    daraja.pass(seconds{1});
    CHECK(status() == 404);
}

TEST_CASE("mpesa options: a POST for a token gets an error or the gateway's fault") {
    Daraja daraja;
    CHECK(complaint(ask_for_token(daraja, "POST")) == "Invalid Authentication Header");
    mpesa::Options options;
    options.oauth_wrong_method = "fault";
    daraja.store(options);
    const http::HttpReply reply = ask_for_token(daraja, "POST");
    CHECK(reply.status == 404);
    CHECK(at(json::parse(reply.body), "fault/detail/errorcode") ==
          "messaging.adaptors.http.flow.ApplicationNotFound");
    CHECK(ask_for_token(daraja, "GET").status == 200);
}

TEST_CASE("mpesa options: what a credential may say, and when nobody reads it") {
    Daraja daraja;
    const auto code = [&](const std::string& given) {
        return code_of(
            result_of(daraja, b2c_v1, to_customer({{"SecurityCredential", json::string(given)}})));
    };
    const std::string stamped = credential("Safaricom999!*!20261002181102");
    CHECK(code(stamped) == "0");
    mpesa::Options options;
    options.accept_password_prefix = false;
    daraja.store(options);
    CHECK(code(stamped) == "2001");
    CHECK(code(credential("Safaricom999!*!")) == "0");
    CHECK(code("Safaricom999!*!") == "2001");
    options.accept_any_credential = true;
    daraja.store(options);
    CHECK(code(stamped) == "0");
    CHECK(code("Safaricom999!*!") == "0");
    daraja.check_books();
}

TEST_CASE("mpesa options: whom nobody has met is somebody or nobody") {
    mpesa::Options options;
    options.opens_customers = false;
    Daraja daraja(options);
    CHECK(at(prompted(daraja, stk_body("254711111111", 10)), "ResultCode") == "SFC_IC0003");
    CHECK(code_of(result_of(daraja, b2c_v1, to_customer({{"PartyB", "254711111111"}}))) ==
          "SFC_IC0003");
    options.opens_customers = true;
    options.opening_balance = 9;
    daraja.store(options);
    CHECK(at(prompted(daraja, stk_body("254711111111", 10)), "ResultCode") == "1");
    CHECK(at(prompted(daraja, stk_body("254711111111", 9)), "ResultCode") == "0");
    CHECK(daraja.balance("254711111111") == 0);
    daraja.check_books();
}

TEST_CASE("mpesa options: numbers as people write them are read only by option") {
    Daraja daraja;
    const std::vector<std::string> written{"0708374149", "+254708374149"};
    const auto simulated = [&](const std::string& msisdn) {
        return daraja.post("/mpesa/c2b/v2/simulate",
                           json::serialize(json::object{{"ShortCode", "600984"},
                                                        {"CommandID", "CustomerPayBillOnline"},
                                                        {"Amount", 1},
                                                        {"Msisdn", json::string(msisdn)},
                                                        {"BillRefNumber", "INV1"}}));
    };
    for (const std::string& msisdn : written) {
        CHECK(complaint(daraja.post(stk_push, stk_body(msisdn, 1))) ==
              "Bad Request - Invalid PhoneNumber");
        CHECK(complaint(simulated(msisdn)) == "Bad Request - Invalid Msisdn");
    }
    mpesa::Options options;
    options.lenient_msisdn = true;
    daraja.store(options);
    for (const std::string& msisdn : written) {
        const json::value told = prompted(daraja, stk_body(msisdn, 1));
        CHECK(at(told, "CallbackMetadata/Item/4/Value") == sandbox_customer);
        CHECK(complaint(simulated(msisdn)).empty());
        daraja.pass(minutes{1});
    }
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 400);
    for (const char* never : {"708374149", "00254708374149", "+0708374149", "0808374149"})
        CHECK(complaint(daraja.post(stk_push, stk_body(never, 1))) ==
              "Bad Request - Invalid PhoneNumber");
}

TEST_CASE("mpesa options: a query before the end has two faces, and one that fails now and then") {
    mpesa::Options options;
    options.in_flight = "500";
    Daraja daraja(options);
    const json::value ack = daraja.post_json(stk_push, stk_body(sandbox_customer, 1));
    CHECK(complaint(ask_about(daraja, ack)) == "The transaction is being processed");
    daraja.pass(seconds{2});
    CHECK(at(json::parse(ask_about(daraja, ack).body), "ResultCode") == "0");

    options.flaky_query_percent = 100;
    daraja.store(options);
    const http::HttpReply flaky = ask_about(daraja, ack);
    check_error(flaky);
    CHECK(at(json::parse(flaky.body), "errorCode") == "500.001.1001");
    CHECK(at(json::parse(flaky.body), "errorMessage").empty());
    options.flaky_query_percent = 20;
    daraja.store(options);
    int failed = 0;
    for (int i = 0; i < 200; ++i) failed += ask_about(daraja, ack).status == 500 ? 1 : 0;
    CHECK(failed > 20);
    CHECK(failed < 60);
}

TEST_CASE("mpesa options: the other path of queries is there or not") {
    Daraja daraja;
    const json::value ack = daraja.post_json(stk_push, stk_body(sandbox_customer, 1));
    CHECK(ask_about(daraja, ack, "/mpesa/stkpush/v1/query").status == 200);
    mpesa::Options options;
    options.stk_query_alias = false;
    daraja.store(options);
    CHECK(complaint(ask_about(daraja, ack, "/mpesa/stkpush/v1/query")) == "Resource not found");
    CHECK(ask_about(daraja, ack).status == 200);
}

TEST_CASE("mpesa options: an item Balance that says nothing is there or not") {
    Daraja daraja;
    const auto items = [&] {
        const json::value told = prompted(daraja, stk_body(sandbox_customer, 7));
        return told.at_pointer("/CallbackMetadata/Item").get_array();
    };
    REQUIRE(items().size() == 5);
    CHECK(items()[2] == json::value({{"Name", "Balance"}}));
    CHECK(at(items()[3], "Name") == "TransactionDate");
    CHECK(at(items()[4], "Name") == "PhoneNumber");
    mpesa::Options options;
    options.stk_balance_item = false;
    daraja.store(options);
    REQUIRE(items().size() == 4);
    CHECK(at(items()[2], "Name") == "TransactionDate");
}

TEST_CASE("mpesa options: the test number is silent where the real one is") {
    mpesa::Options options;
    options.test_number_never_answers = true;
    Daraja daraja(options);
    const json::value ack = daraja.post_json(stk_push, stk_body(sandbox_customer, 7));
    daraja.pass(seconds{25});
    CHECK(daraja.arrived.empty());
    daraja.pass(seconds{1});
    REQUIRE(daraja.arrived.size() == 1);
    // One code, two sentences.
    CHECK(daraja.arrived[0].callback.body ==
          R"({"Body":{"stkCallback":{"MerchantRequestID":")" + at(ack, "MerchantRequestID") +
              R"(","CheckoutRequestID":")" + at(ack, "CheckoutRequestID") +
              R"(","ResultCode":1037,"ResultDesc":"No response from user."}}})");
    const json::value answer = json::parse(ask_about(daraja, ack).body);
    CHECK(at(answer, "ResultCode") == "1037");
    CHECK(at(answer, "ResultDesc") == "DS timeout user cannot be reached.");
    CHECK(at(prompted(daraja, stk_body("254711111111", 7)), "ResultCode") == "0");
}

TEST_CASE("mpesa options: timestamps that are no dates, words that are too long") {
    Daraja daraja;
    const json::object undated{{"Timestamp", "now"},
                               {"Password", json::string(stk_password("174379", "now"))}};
    const json::object reference{{"AccountReference", "1234567890123"}};
    const json::object description{{"TransactionDesc", "12345678901234"}};
    const auto refusal = [&](const json::object& changes) {
        const http::HttpReply reply = daraja.post(stk_push, stk_body(sandbox_customer, 1, changes));
        daraja.pass(minutes{1});
        return complaint(reply);
    };
    CHECK(refusal(undated) == "Bad Request - Invalid Timestamp");
    CHECK(refusal(reference).empty());
    CHECK(refusal(description).empty());
    mpesa::Options options;
    options.checks_timestamp = false;
    options.strict_lengths = true;
    daraja.store(options);
    CHECK(refusal(undated).empty());
    CHECK(refusal(reference) == "Bad Request - Invalid AccountReference");
    // The field has another name inside.
    CHECK(refusal(description) == "Bad Request - Invalid Remarks");
    CHECK(refusal({{"AccountReference", "123456789012"}, {"TransactionDesc", "1234567890123"}})
              .empty());
}

TEST_CASE("mpesa options: ids as long and as old as they are wanted") {
    Daraja daraja;
    const auto ids = [&](std::int64_t digits, const char* style) {
        mpesa::Options options;
        options.checkout_subsecond_digits = digits;
        options.request_ids = style;
        daraja.store(options);
        const json::value ack = daraja.post_json(stk_push, stk_body("254711111111", 1));
        daraja.pass(minutes{1});
        return std::pair{at(ack, "CheckoutRequestID"), at(ack, "MerchantRequestID")};
    };
    const std::regex current("[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}[0-9]{4,7}");
    const std::regex old("[0-9]{4,5}-[0-9]{4,9}-[0-9]");
    const std::string date = "ws_CO_02102026";
    CHECK(ids(3, "current").first == date + "181102123711111111");
    CHECK(ids(1, "current").first == date + "1812021711111111");
    CHECK(ids(0, "current").first == date + "181302711111111");
    CHECK(std::regex_match(ids(3, "current").second, current));
    CHECK(std::regex_match(ids(3, "old").second, old));
    const http::HttpReply error = daraja.post(stk_push, "{}");
    CHECK(std::regex_match(at(json::parse(error.body), "requestId"), old));
}

TEST_CASE("mpesa options: what an internal failure is called, here and there") {
    mpesa::Options options;
    options.internal_failure_text = "Party B is \"busy\".";
    Daraja daraja(options);
    const json::value ack = daraja.post_json(stk_push, stk_body("254700001017", 1));
    daraja.pass(minutes{1});
    CHECK(at(daraja.arrived.at(0).json(), "Body/stkCallback/ResultDesc") == "Party B is \"busy\".");
    CHECK(at(json::parse(ask_about(daraja, ack).body), "ResultDesc") == "Party B is \"busy\".");
    CHECK(at(result_of(daraja, b2c_v1, to_customer({{"PartyB", "254700001017"}})), "ResultDesc") ==
          "Party B is \"busy\".");
}

TEST_CASE("mpesa options: paths that were retired are the gateway's") {
    mpesa::Options options;
    options.retired_paths = "/mpesa/c2b/v1/simulate  /mpesa/b2c/v1/paymentrequest";
    Daraja daraja(options);
    for (const char* path : {"/mpesa/c2b/v1/simulate", "/mpesa/b2c/v1/paymentrequest"}) {
        const http::HttpReply reply = daraja.post(path, json::serialize(to_customer()));
        CHECK(reply.status == 404);
        CHECK(at(json::parse(reply.body), "fault/faultstring") ==
              "Unable to identify proxy for host: secure and url: " + std::string(path));
    }
    CHECK(code_of(result_of(daraja, b2c_v3,
                            to_customer({{"OriginatorConversationID", "pay-1"}}))) == "0");
    CHECK(daraja.post("/mpesa/c2b/v1", "{}").status == 404);
}
