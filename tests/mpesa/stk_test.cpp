// M-Pesa Express from the prompt to the callback, and everything that can go wrong with it.
#include "tests/mpesa/daraja.h"

#include <doctest/doctest.h>

#include <regex>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;

namespace {

constexpr const char* push = "/mpesa/stkpush/v1/processrequest";
constexpr const char* query = "/mpesa/stkpushquery/v1/query";
constexpr const char* customer = "254708374149";

std::string query_body(const std::string& checkout) {
    return boost::json::serialize(
        boost::json::object{{"BusinessShortCode", 174379},
                            {"Password", stk_password("174379", "20261002181102")},
                            {"Timestamp", "20261002181102"},
                            {"CheckoutRequestID", checkout}});
}

}  // namespace

TEST_CASE("stk: a prompt is accepted, paid after two seconds, and told with exact types") {
    Daraja daraja;

    const auto ack = daraja.post_json(push, stk_body(customer, 150));
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
                      R"("},{"Name":"TransactionDate","Value":20261002181104},)"
                      R"({"Name":"PhoneNumber","Value":254708374149}]}}}})");
    // The business pays the price of 5 shillings.
    CHECK(daraja.balance(customer) == 5'000'000 - 15'000);
    CHECK(daraja.balance("174379") == 100'000'000 + 15'000 - 500);
    daraja.check_books();
}

TEST_CASE("stk: a query answers 4999 in flight, then the result as a string") {
    Daraja daraja;
    const auto ack = daraja.post_json(push, stk_body(customer, 1));
    const std::string checkout = at(ack, "CheckoutRequestID");

    const auto early = daraja.post_json(query, query_body(checkout));
    CHECK(early.at("ResultCode").is_string());
    CHECK(at(early, "ResultCode") == "4999");
    CHECK(at(early, "ResponseDescription") ==
          "The service request has been accepted successsfully");

    daraja.pass(seconds{3});
    const auto late = daraja.post_json(query, query_body(checkout));
    CHECK(at(late, "ResultCode") == "0");
    CHECK(at(late, "MerchantRequestID") == at(ack, "MerchantRequestID"));
    const http::HttpReply unknown = daraja.post(query, query_body("ws_CO_1"));
    CHECK(unknown.status == 500);
    CHECK(at(boost::json::parse(unknown.body), "errorMessage") == "The transaction does not Exist");
}
