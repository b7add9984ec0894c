// Merchants whose clocks say something else than switch time.
#include "protocols/wechat/wire/ids.h"
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::days;
using std::chrono::minutes;

namespace {

const std::string clocks_order_path =
    "/v3/pay/transactions/out-trade-no/ORDER-00001?mchid=1900000109";

// The time that a signature carries.
Timestamp stamped(const http::Fields& headers) {
    for (const auto& [name, value] : headers)
        if (name == "Wechatpay-Timestamp")
            return Timestamp{std::chrono::seconds{std::stoll(value)}};
    return {};
}

std::string order_until(Timestamp expires) {
    boost::json::object order = native_order("ORDER-00001", 100);
    order["time_expire"] = wechat::beijing_time(expires);
    return boost::json::serialize(order);
}

}  // namespace

TEST_CASE("wechat: what merchants sign is judged by the clock outside, not by switch time") {
    for (const days apart : {days{8}, days{-8}}) {
        Shop shop;
        shop.wall = shop.world.now + apart;
        const auto placed =
            shop.post("/v3/pay/transactions/native", native_order("ORDER-00001", 1));
        CHECK(code_of(placed) == "200");
        CHECK(stamped(placed.headers) == *shop.wall);
        shop.pass(minutes{1});
        REQUIRE(shop.arrived.size() == 1);
        CHECK(stamped(shop.arrived.front().callback.headers) == *shop.wall);

        // One whose clock is as wrong as switch time.
        const auto wrong = shop.signed_request("GET", clocks_order_path);
        shop.wall = shop.world.now;
        const auto request = shop.signed_request("GET", clocks_order_path);
        shop.wall = shop.world.now + apart;
        CHECK(shop.send(wrong).status == 200);
        CHECK(code_of(shop.send(request)) == "401 SIGN_ERROR");
    }
}

TEST_CASE("wechat: no timestamp is compared with a time that is moved by hand") {
    Shop shop;
    shop.is_by_hand = true;
    shop.wall = shop.world.now;
    REQUIRE(code_of(shop.post("/v3/pay/transactions/native", native_order("ORDER-00001", 1))) ==
            "200");
    shop.pass(days{40});
    const auto now = shop.get(clocks_order_path);
    CHECK(now.status == 200);
    CHECK(stamped(now.headers) == *shop.wall);
    // Recorded long ago, or made by a client that follows virtual time.
    const auto old = shop.signed_request("GET", clocks_order_path);
    shop.wall = shop.world.now + days{400};
    CHECK(shop.send(old).status == 200);
    // The signature itself still counts.
    auto forged = old;
    forged.target += "&more=1";
    CHECK(code_of(shop.send(forged)) == "401 SIGN_ERROR");
}

TEST_CASE("wechat: until when an order can be paid counts from the clock outside") {
    for (const days apart : {days{8}, days{-8}}) {
        Shop shop;
        shop.wall = shop.world.now + apart;
        const auto customer_waits = http::Fields{{"Tuma-Scenario", "ignore"}};
        const std::string body = order_until(*shop.wall + minutes{30});
        REQUIRE(code_of(shop.call("POST", "/v3/pay/transactions/native", body, customer_waits)) ==
                "200");
        shop.pass(minutes{29});
        CHECK(shop.get_json(clocks_order_path).at("trade_state") == "NOTPAY");
        shop.pass(minutes{2});
        const auto order = shop.ask(core::QueryOrder{.key = "w/1900000109/n/ORDER-00001"}).order;
        CHECK(order->state == ledger::OrderState::expired);
        CHECK(shop.get_json(clocks_order_path).at("trade_state") == "NOTPAY");
    }
    // With a virtual clock it is a virtual time.
    Shop shop;
    shop.is_by_hand = true;
    shop.wall = shop.world.now + days{300};
    CHECK(code_of(shop.call("POST", "/v3/pay/transactions/native",
                            order_until(shop.world.now + minutes{30}))) == "200");
}
