// Signed orders as the load generator makes them: the platform's own reader takes them, and what is
// signed or encrypted for the merchant is verified.
#include "loadgen/merchants/wechat_orders.h"

#include "protocols/http/http_readers.h"
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/response_signature.h"
#include "tests/protocols/crypto/keys.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

constexpr std::string_view apiv3_key = "0123456789abcdefghijklmnopqrstuv";

Timestamp wall_time() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

WechatSettings settings() {
    return {.client = {.mchid = "1900009191",
                       .appid = "wxd678efh567hg6787",
                       .apiv3_key = *wechat::read_apiv3_key(apiv3_key),
                       .merchant = {"ABCDEF", test::first_key()},
                       .platform = {{"PUB_KEY_ID_01", test::second_key().public_key()}}},
            .host = "127.0.0.1:8080",
            .prefix = 0x1234,
            .act_after = std::chrono::milliseconds{20},
            .verify_each = 1,
            .stock = {.requests_max = 3, .ready_max = 3}};
}

/// The header of a reply or callback signed by the platform.
http::Fields signed_header(const std::string& body, const crypto::PrivateKey& key) {
    http::Fields header;
    const auto signature =
        wechat::sign_response({"PUB_KEY_ID_01", key}, wall_time(), "nonce", body);
    for (const auto& [name, value] : signature.headers())
        header.emplace_back(std::string(name), std::string(value));
    return header;
}

http::HttpAnswer platform_reply(int status, const std::string& body,
                                const crypto::PrivateKey& key = test::second_key()) {
    return {.status = status, .headers = signed_header(body, key), .body = body};
}

http::HttpRequest platform_callback(const std::string& body,
                                    const crypto::PrivateKey& key = test::second_key()) {
    return {
        .method = "POST", .target = "/callback", .headers = signed_header(body, key), .body = body};
}

http::HttpRequest callback_about(const std::string& order,
                                 const crypto::PrivateKey& key = test::second_key()) {
    const auto sealed = wechat::encrypt_resource(
        *wechat::read_apiv3_key(apiv3_key), "123456789012", "transaction",
        fmt::format(R"({{"out_trade_no":"{}","trade_state":"SUCCESS"}})", order));
    return platform_callback(fmt::format(R"({{"event_type":"TRANSACTION.SUCCESS","resource":{}}})",
                                         sealed.json("transaction")),
                             key);
}

}  // namespace

TEST_CASE("wechat orders: the platform finds the merchant's signature good, ahead and late") {
    WechatOrders orders(settings());
    orders.begin("http://127.0.0.1:4000/callback");
    const wechat::VerifyingKey known{"abcdef", test::first_key().public_key()};
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        HttpOperation operation;
        orders.make(operation);
        net::RequestReader reader({});
        reader.feed(operation.bytes);
        REQUIRE(reader.state() == net::HttpReadState::complete);
        const http::HttpRequest request = reader.take();
        CHECK(request.method == "POST");
        CHECK(request.target == "/v3/pay/transactions/native");
        CHECK(*request.find("Tuma-Scenario") == "delay=20");

        const auto authorization = wechat::parse_authorization(*request.find("Authorization"));
        REQUIRE(authorization.has_value());
        const wechat::SignedRequest signed_request{"POST", "/v3/pay/transactions/native",
                                                   request.body};
        CHECK(wechat::verify_request(*authorization, signed_request, {{known}}, wall_time()) ==
              std::nullopt);
        const auto body = boost::json::parse(request.body);
        CHECK(std::string_view(body.at("out_trade_no").as_string()) == operation.key);
        CHECK(body.at("notify_url").as_string() == "http://127.0.0.1:4000/callback");
    }
    REQUIRE(orders.remarks().size() == 1);
    CHECK(
        orders.remarks()[0].starts_with("The generator signed 3 requests before the run, 0 "
                                        "beside it and 2 where they were sent"));
    const auto facts = orders.facts();
    const auto cost = std::find_if(facts.begin(), facts.end(),
                                   [](const auto& row) { return row.first == "signing_us"; });
    REQUIRE(cost != facts.end());
    CHECK(std::stoul(cost->second) > 0);
    // Two of five is more than one in a hundred.
    REQUIRE(orders.problems().size() == 1);
    CHECK(orders.problems()[0].find("slower than the load") != std::string::npos);
}

TEST_CASE("wechat orders: order numbers are the platform's shape, and the seed's own") {
    CHECK(load_order_number(0x1234, 7) == "L00000000000012347");
    CHECK(load_order_number(~0ULL, 999'999'999'999'999).size() == 32);
}

TEST_CASE("wechat orders: replies are accepted or refused by code, and must be signed") {
    WechatOrders orders(settings());
    orders.begin("http://127.0.0.1:4000/callback");
    HttpOperation operation;
    operation.key = "order";
    const std::string good = R"({"code_url":"weixin://wxpay/bizpayurl?pr=1"})";

    const auto accepted = orders.read_reply(platform_reply(200, good), operation);
    const auto refused =
        orders.read_reply(platform_reply(429, R"({"code":"FREQUENCY_LIMITED"})"), operation);

    REQUIRE(accepted.has_value());
    CHECK(accepted->key == "order");
    CHECK(accepted->refusal.empty());
    REQUIRE(refused.has_value());
    CHECK(refused->refusal == "FREQUENCY_LIMITED");
    CHECK(!orders.read_reply({.status = 200, .body = "[]"}, operation));
    CHECK(orders.problems().empty());

    orders.read_reply(platform_reply(200, good, test::first_key()), operation);
    REQUIRE(orders.problems().size() == 1);
    CHECK(orders.problems()[0].starts_with("1 of 2 replies"));
}

TEST_CASE("wechat orders: a callback is decrypted and its signature verified") {
    WechatOrders orders(settings());

    const auto news = orders.read_callback(callback_about("L1"));
    REQUIRE(news.has_value());
    CHECK(news->key == "L1");
    CHECK(news->is_paid);
    CHECK(orders.problems().empty());

    CHECK(!orders.read_callback(platform_callback("{}")).has_value());
    CHECK(orders.read_callback(callback_about("L2", test::first_key())).has_value());
    REQUIRE(orders.problems().size() == 1);
    CHECK(orders.problems()[0].starts_with("1 of 2 callbacks"));
}

TEST_CASE("wechat orders: only every Nth signature is verified") {
    WechatSettings few = settings();
    few.verify_each = 3;
    WechatOrders orders(std::move(few));
    for (int i = 0; i < 5; ++i) orders.read_callback(callback_about("L1", test::first_key()));

    REQUIRE(orders.problems().size() == 1);
    CHECK(orders.problems()[0].starts_with("2 of 2 callbacks"));
}

TEST_CASE("client file: what is missing or no key is named") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "wechat.json";
    const auto write = [](const std::filesystem::path& file, const std::string& text) {
        std::ofstream(file) << text;
    };
    const auto pem = [&](const char* name) { return (directory.path() / name).string(); };
    const std::string facts = fmt::format(
        R"("mchid":"1","appid":"a","apiv3_key":"{}","serial_no":"S","private_key_file":"{}",)"
        R"("platform_serial":"P","platform_certificate_file":"{}","public_key_id":"Q")",
        apiv3_key, pem("key.pem"), pem("platform.pem"));

    CHECK(read_wechat_client(path).error().field == path.string());
    write(path, "[]");
    CHECK(read_wechat_client(path).error().reason == "is not a JSON object");
    write(path, "{" + facts + "}");
    CHECK(read_wechat_client(path).error().field == "public_key_file");
    write(path, "{" + facts + fmt::format(R"(,"public_key_file":"{}")", pem("platform.pem")) + "}");
    CHECK(read_wechat_client(path).error().field == pem("key.pem"));
    write(pem("key.pem"), test::first_key().pem());
    write(pem("platform.pem"), "no key");
    CHECK(read_wechat_client(path).error().field == pem("platform.pem"));
    write(pem("platform.pem"), test::second_key().public_key().pem());
    const auto client = read_wechat_client(path);
    REQUIRE(client.has_value());
    CHECK(client->merchant.serial == "S");
    CHECK(client->platform.size() == 2);

    write(path, R"({"consumer_key":"k","consumer_secret":"s","shortcode":1,"passkey":"p"})");
    CHECK(read_mpesa_client(path).error().field == "shortcode");
}
