// STK pushes as the load generator makes them, and what it reads of replies and callbacks.
#include "loadgen/merchants/mpesa_prompts.h"

#include "protocols/crypto/encoding.h"
#include "protocols/http/http_readers.h"
#include "protocols/mpesa/profiles/numbers.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <set>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

MpesaSettings settings() {
    MpesaSettings settings;
    settings.client = {"key", "secret", "174379", "passkey"};
    settings.host = "127.0.0.1:8080";
    settings.token = "token";
    settings.timestamp = "20261127111500";
    settings.customers = 3;
    return settings;
}

http::HttpRequest made(HttpDialect& dialect) {
    HttpOperation operation;
    dialect.make(operation);
    net::RequestReader reader({});
    REQUIRE(reader.feed(operation.bytes) == operation.bytes.size());
    REQUIRE(reader.state() == net::HttpReadState::complete);
    return reader.take();
}

}  // namespace

TEST_CASE("mpesa prompts: a request has what Daraja asks for") {
    MpesaPrompts prompts(settings());
    prompts.begin("http://127.0.0.1:4000/callback");

    const http::HttpRequest request = made(prompts);

    CHECK(request.method == "POST");
    CHECK(request.target == "/mpesa/stkpush/v1/processrequest");
    CHECK(*request.find("Host") == "127.0.0.1:8080");
    CHECK(*request.find("Authorization") == "Bearer token");
    CHECK(*request.find("Tuma-Scenario") == "delay=0");
    const boost::json::object body = boost::json::parse(request.body).as_object();
    CHECK(body.at("BusinessShortCode").as_string() == "174379");
    CHECK(body.at("Password").as_string() == crypto::base64_encode("174379passkey20261127111500"));
    CHECK(body.at("CallBackURL").as_string() == "http://127.0.0.1:4000/callback");
    CHECK(mpesa::is_msisdn(std::string_view(body.at("PhoneNumber").as_string())));
    CHECK(body.at("PartyA") == body.at("PhoneNumber"));
    CHECK(body.at("Amount").as_int64() >= 1);
}

TEST_CASE("mpesa prompts: customers are asked in turn") {
    MpesaPrompts prompts(settings());
    prompts.begin("http://127.0.0.1:4000/callback");
    std::vector<std::string> asked;
    for (int i = 0; i < 6; ++i) {
        const auto body = boost::json::parse(made(prompts).body);
        asked.emplace_back(body.at("PhoneNumber").as_string());
    }

    CHECK(std::set<std::string>(asked.begin(), asked.begin() + 3).size() == 3);
    CHECK(std::vector(asked.begin(), asked.begin() + 3) ==
          std::vector(asked.begin() + 3, asked.end()));
    CHECK(mpesa::is_msisdn(load_msisdn(0)));
    CHECK(mpesa::is_msisdn(load_msisdn(9'999'999)));
}

TEST_CASE("mpesa prompts: the time of a password is Nairobi's") {
    CHECK(mpesa_timestamp(Timestamp{std::chrono::seconds{1'764'000'000}}) == "20251124190000");
    CHECK(mpesa::is_compact_time(mpesa_timestamp(Timestamp{})));
}

TEST_CASE("mpesa prompts: replies are accepted, refused by code, or none") {
    MpesaPrompts prompts(settings());
    struct Row {
        int status;
        const char* body;
        const char* refusal;
        const char* key;
    };
    const Row rows[] = {
        {200, R"({"CheckoutRequestID":"ws_CO_1","ResponseCode":"0"})", "", "ws_CO_1"},
        {500, R"({"requestId":"1","errorCode":"500.001.1001","errorMessage":"Unable to lock"})",
         "500.001.1001", ""},
        {503, "{}", "HTTP 503", ""},
        {200, R"({"ResponseCode":"0"})", "HTTP 200", ""}};
    for (const Row& row : rows) {
        CAPTURE(row.body);
        const auto verdict = prompts.read_reply({.status = row.status, .body = row.body}, {});
        REQUIRE(verdict.has_value());
        CHECK(verdict->refusal == row.refusal);
        CHECK(verdict->key == row.key);
    }
    CHECK(!prompts.read_reply({.status = 200, .body = "<html>"}, {}).has_value());
}

TEST_CASE("mpesa prompts: a callback names its prompt and says whether it was paid") {
    MpesaPrompts prompts(settings());
    const auto read = [&](const std::string& body) {
        return prompts.read_callback({.method = "POST", .target = "/callback", .body = body});
    };
    const auto paid =
        read(R"({"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0}}})");
    const auto cancelled =
        read(R"({"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_2","ResultCode":1032}}})");

    REQUIRE(paid.has_value());
    CHECK(paid->key == "ws_CO_1");
    CHECK(paid->is_paid);
    REQUIRE(cancelled.has_value());
    CHECK(!cancelled->is_paid);
    for (const char* other : {"", "[]", "{}", R"({"Body":{"stkCallback":[]}})", "{\"Result\":{}}"})
        CHECK(!read(other).has_value());
}
