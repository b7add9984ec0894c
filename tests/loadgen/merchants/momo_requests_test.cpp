// Requests to pay as the load generator makes them, and what it reads of replies and callbacks.
#include "loadgen/merchants/momo_requests.h"

#include "protocols/http/http_readers.h"
#include "protocols/mtn/profiles.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <set>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

MomoSettings momo_settings() {
    return {.host = "127.0.0.1:8080",
            .target_environment = "sandbox",
            .currency = "EUR",
            .subscription_key = "key",
            .token = "token",
            .customers = 3,
            .act_after = {},
            .seed = 7};
}

http::HttpRequest momo_callback(const std::string& body) {
    return {.method = "POST", .target = "/callback", .headers = {}, .body = body};
}

http::HttpRequest momo_made(HttpDialect& dialect, HttpOperation& operation) {
    dialect.make(operation);
    net::RequestReader reader({});
    REQUIRE(reader.feed(operation.bytes) == operation.bytes.size());
    REQUIRE(reader.state() == net::HttpReadState::complete);
    return reader.take();
}

}  // namespace

TEST_CASE("momo requests: a request has what MTN asks for, its reference is what callbacks say") {
    MomoRequests requests(momo_settings());
    requests.begin("http://127.0.0.1:4000/callback");
    HttpOperation operation;
    const http::HttpRequest request = momo_made(requests, operation);
    CHECK(request.method == "POST");
    CHECK(request.target == "/collection/v1_0/requesttopay");
    CHECK(*request.find("Host") == "127.0.0.1:8080");
    CHECK(*request.find("Authorization") == "Bearer token");
    CHECK(*request.find("Ocp-Apim-Subscription-Key") == "key");
    CHECK(*request.find("X-Target-Environment") == "sandbox");
    CHECK(*request.find("X-Callback-Url") == "http://127.0.0.1:4000/callback");
    CHECK(*request.find("Tuma-Scenario") == "delay=0");
    CHECK(*request.find("X-Reference-Id") == operation.key);
    CHECK(mtn::is_reference(operation.key));
    const boost::json::value body = boost::json::parse(request.body);
    CHECK(body.at("externalId") == boost::json::value(operation.key));
    CHECK(body.at("currency") == boost::json::value("EUR"));
    CHECK(body.at("amount").is_string());
    CHECK(body.at("payer").at("partyIdType") == boost::json::value("MSISDN"));
}

TEST_CASE("momo requests: customers are asked in turn, references never repeat") {
    MomoRequests requests(momo_settings());
    std::set<std::string> references;
    std::set<std::string> payers;
    for (int i = 0; i < 6; ++i) {
        HttpOperation operation;
        const auto body = boost::json::parse(momo_made(requests, operation).body);
        payers.emplace(body.at("payer").at("partyId").as_string());
        references.insert(operation.key);
    }
    CHECK(payers.size() == 3);
    CHECK(references.size() == 6);
    MomoSettings others = momo_settings();
    others.seed = 8;
    MomoRequests another(others);
    HttpOperation operation;
    momo_made(another, operation);
    CHECK(!references.contains(operation.key));
}

TEST_CASE("momo requests: replies and callbacks are read") {
    MomoRequests requests(momo_settings());
    HttpOperation operation;
    requests.make(operation);
    const auto taken = requests.read_reply({.status = 202, .headers = {}, .body = {}}, operation);
    CHECK(taken->refusal.empty());
    CHECK(taken->key == operation.key);
    const auto refusal = [&](int status, const std::string& body) {
        return requests.read_reply({.status = status, .headers = {}, .body = body}, operation)
            ->refusal;
    };
    CHECK(refusal(409, R"({"message":"m","code":"RESOURCE_ALREADY_EXIST"})") ==
          "RESOURCE_ALREADY_EXIST");
    CHECK(refusal(401, R"({"error":"invalid_token"})") == "HTTP 401");
    const auto news = [&](const std::string& body) {
        return requests.read_callback(momo_callback(body));
    };
    CHECK(news(R"({"externalId":"a","status":"SUCCESSFUL"})") == CallbackNews{"a", true});
    CHECK(news(R"({"externalId":"a","status":"FAILED"})") == CallbackNews{"a", false});
    CHECK(!news(R"({"status":"FAILED"})"));
    CHECK(!news("nonsense"));
}
