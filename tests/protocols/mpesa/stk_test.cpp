// M-Pesa Express from the prompt to the callback, and everything that can go wrong with it.
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

std::string checkout_body(const std::string& checkout) {
    return boost::json::serialize(
        boost::json::object{{"BusinessShortCode", 174379},
                            {"Password", stk_password("174379", "20261002181102")},
                            {"Timestamp", "20261002181102"},
                            {"CheckoutRequestID", checkout}});
}

// The ResultCode that a prompt ends with.
std::string code_after(Daraja& daraja, const std::string& body) {
    daraja.arrived.clear();
    const http::HttpReply reply = daraja.post(stk_push, body);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    return at(daraja.arrived[0].json(), "Body/stkCallback/ResultCode");
}

std::string complaint(Daraja& daraja, const std::string& body) {
    const http::HttpReply reply = daraja.post(stk_push, body);
    INFO(reply.body);
    check_error(reply);
    return at(json::parse(reply.body), "errorMessage");
}

}  // namespace

TEST_CASE("stk: a prompt is accepted, paid after two seconds, and told with exact types") {
    Daraja daraja;

    const auto ack = daraja.post_json(stk_push, stk_body(sandbox_customer, 150));
    CHECK(at(ack, "ResponseCode") == "0");
    CHECK(at(ack, "ResponseDescription") == "Success. Request accepted for processing");
    CHECK(at(ack, "CheckoutRequestID") == "ws_CO_02102026181102123708374149");
    CHECK(std::regex_match(
        at(ack, "MerchantRequestID"),
        std::regex("[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}[0-9]{4,7}")));
    CHECK(daraja.arrived.empty());

    daraja.pass(seconds{2});
    REQUIRE(daraja.arrived.size() == 1);
    const Arrived& told = daraja.arrived[0];
    CHECK(told.callback.url == "http://127.0.0.1:9/cb");
    CHECK(*http::find(told.callback.headers, "businessshortcode") == "174379");
    const std::string body = told.callback.body;
    const std::string receipt = at(told.json(), "Body/stkCallback/CallbackMetadata/Item/1/Value");
    CHECK(std::regex_match(receipt, std::regex("UJ2[0-9][0-9A-Z]{6}")));
    CHECK(body == R"({"Body":{"stkCallback":{"MerchantRequestID":")" +
                      at(ack, "MerchantRequestID") +
                      R"(","CheckoutRequestID":"ws_CO_02102026181102123708374149","ResultCode":0,)"
                      R"("ResultDesc":"The service request is processed successfully.",)"
                      R"("CallbackMetadata":{"Item":[{"Name":"Amount","Value":150.00},)"
                      R"({"Name":"MpesaReceiptNumber","Value":")" +
                      receipt +
                      R"("},{"Name":"Balance"},{"Name":"TransactionDate","Value":20261002181104},)"
                      R"({"Name":"PhoneNumber","Value":254708374149}]}}}})");
    // The business pays the price of 5 shillings.
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 15'000);
    CHECK(daraja.balance("174379") == 100'000'000 + 15'000 - 500);
    daraja.check_books();
}

TEST_CASE("stk: a query answers 4999 in flight, then the result as a string") {
    Daraja daraja;
    const auto ack = daraja.post_json(stk_push, stk_body(sandbox_customer, 1));
    const std::string checkout = at(ack, "CheckoutRequestID");

    const auto early = daraja.post_json(stk_query, checkout_body(checkout));
    CHECK(early.at("ResultCode").is_string());
    CHECK(at(early, "ResultCode") == "4999");
    CHECK(at(early, "ResponseDescription") ==
          "The service request has been accepted successsfully");

    daraja.pass(seconds{3});
    const auto late = daraja.post_json(stk_query, checkout_body(checkout));
    CHECK(at(late, "ResultCode") == "0");
    CHECK(at(late, "MerchantRequestID") == at(ack, "MerchantRequestID"));
    const http::HttpReply unknown = daraja.post(stk_query, checkout_body("ws_CO_1"));
    CHECK(unknown.status == 500);
    CHECK(at(boost::json::parse(unknown.body), "errorMessage") == "The transaction does not Exist");
}

TEST_CASE("stk: numbers, texts and blanks around them are one and the same") {
    Daraja daraja;
    CHECK(code_after(daraja, stk_body(sandbox_customer, 1,
                                      {{"BusinessShortCode", 174379},
                                       {"PartyA", 254708374149},
                                       {"PartyB", 174379},
                                       {"PhoneNumber", 254708374149},
                                       {"Timestamp", 20261002181102},
                                       {"AccountReference", 17},
                                       {"TransactionDesc", -1.5}})) == "0");
    CHECK(code_after(daraja, stk_body(sandbox_customer, 1,
                                      {{"BusinessShortCode", " 174379 "},
                                       {"Amount", " 1.00\n"},
                                       {"TransactionType", "CustomerPayBillOnline "}})) == "0");
    CHECK(code_after(daraja, "\r\n\t " + stk_body(sandbox_customer, 1) + " \r\n") == "0");
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 300);
}

TEST_CASE("stk: a till is paid through its head office, and nobody else is paid for anybody") {
    Daraja daraja;
    const json::object goods{{"TransactionType", "CustomerBuyGoodsOnline"}, {"PartyB", "5001000"}};
    CHECK(code_after(daraja, stk_body(sandbox_customer, 100, goods)) == "0");
    CHECK(daraja.balance("5001000") > 100'000'000);
    mpesa::Shortcode till = mpesa::find_shortcode(daraja.directory, "5001000").value();
    till.head_office = "600000";
    daraja.store(till);
    const auto balance = daraja.balance("5001000");
    CHECK(code_after(daraja, stk_body(sandbox_customer, 100, goods)) == "2028");
    for (const json::object& wrong :
         {json::object{{"PartyB", "5001000"}}, json::object{{"PartyB", "600000"}},
          json::object{{"PartyB", "9999999"}},
          json::object{{"TransactionType", "CustomerBuyGoodsOnline"}, {"PartyB", "600000"}}})
        CHECK(code_after(daraja, stk_body(sandbox_customer, 100, wrong)) == "2028");
    CHECK(daraja.balance("5001000") == balance);
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 10'000);
    daraja.check_books();
}

TEST_CASE("stk: a description that no phone can show is taken and fails, limits are the scheme's") {
    mpesa::Options options;
    options.opening_balance = 500'000;
    Daraja daraja(options);
    const auto described = [](std::size_t size) {
        return stk_body("254711111111", 1, {{"TransactionDesc", json::string(size, 'x')}});
    };
    CHECK(code_after(daraja, described(182)) == "0");
    CHECK(code_after(daraja, described(183)) == "1025");
    CHECK(code_after(daraja, stk_body("254711111111", 250'001)) == "3");
    CHECK(code_after(daraja, stk_body("254711111111", 250'000)) == "0");
    // A shilling was paid before.
    CHECK(code_after(daraja, stk_body("254711111111", 250'000)) == "1");
    CHECK(daraja.balance("254711111111") == 50'000'000 - 25'000'000 - 100);
    daraja.check_books();
}

TEST_CASE("stk: of several things that are wrong the first is told, under its own name") {
    Daraja daraja;
    json::object body = json::parse(stk_body(sandbox_customer, 10)).get_object();
    const std::vector<std::pair<const char*, const char*>> order{
        {"BusinessShortCode", "BusinessShortCode"},
        {"Password", "Password"},
        {"Timestamp", "Timestamp"},
        {"TransactionType", "TransactionType"},
        {"Amount", "Amount"},
        {"PartyB", "PartyB"},
        {"PhoneNumber", "PhoneNumber"},
        {"PartyA", "PartyA"},
        {"CallBackURL", "CallBackURL"},
        {"AccountReference", "AccountReference"},
        {"TransactionDesc", "Remarks"}};
    json::object empty;
    for (const auto& [key, name] : order) {
        CHECK(complaint(daraja, json::serialize(empty)) ==
              "Bad Request - Invalid " + std::string(name));
        empty[key] = body.at(key);
    }
    // Fields come before the password, the password before the customer.
    body["Password"] = "wrong";
    body["PartyB"] = "1";
    CHECK(complaint(daraja, json::serialize(body)) == "Bad Request - Invalid PartyB");
    body["PartyB"] = "600000";
    CHECK(complaint(daraja, json::serialize(body)) == "Wrong credentials");
    CHECK(complaint(daraja, stk_body(sandbox_customer, 10, {{"BusinessShortCode", "9999999"}})) ==
          "Merchant does not exist");
    // Of another second.
    CHECK(complaint(daraja, stk_body(sandbox_customer, 10, {{"Timestamp", "20261002181103"}})) ==
          "Wrong credentials");
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.empty());
}

TEST_CASE("stk: where callbacks may be sent to, and that they arrive just there") {
    Daraja daraja;
    for (const char* url : {"https://shop.example:8443/a/b?c=d&e=%2F#f", "http://[::1]:9",
                            "http://127.0.0.1:9/mpesa/callback"}) {
        CHECK(code_after(daraja, stk_body(sandbox_customer, 1, {{"CallBackURL", url}})) == "0");
        CHECK(daraja.arrived[0].callback.url == url);
    }
    for (const char* url : {"https://<your-host>/cb", "https://Shop.example/cb", "shop.example/cb",
                            "ftp://shop.example/cb", "https://", "https:///cb", "https://:80/cb",
                            "https://shop .example", "https://user@shop.example/"})
        CHECK(complaint(daraja, stk_body(sandbox_customer, 1, {{"CallBackURL", url}})) ==
              "Bad Request - Invalid CallBackURL");
}

TEST_CASE("stk: the same request again is another prompt, in one second too") {
    for (const std::int64_t digits : {0, 1, 3}) {
        mpesa::Options options;
        options.checkout_subsecond_digits = digits;
        options.busy = "accepted";
        Daraja daraja(options);
        std::set<std::string> checkouts;
        for (int i = 0; i < 6; ++i) {
            const http::HttpReply reply = daraja.post(stk_push, stk_body(sandbox_customer, 1));
            INFO(digits << " " << reply.body);
            CHECK(reply.status == 200);
            checkouts.insert(at(json::parse(reply.body), "CheckoutRequestID"));
        }
        CHECK(checkouts.size() == 6);
        daraja.pass(minutes{1});
        CHECK(daraja.arrived.size() == 6);
        CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 100);
        daraja.check_books();
    }
}
