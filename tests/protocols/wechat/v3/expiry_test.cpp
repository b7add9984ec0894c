// Until when an order can be paid, and what becomes of it then.
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;

namespace {

constexpr const char* expiring_path = "/v3/pay/transactions/native";

std::string state_of(Shop& shop, const std::string& number) {
    return at(shop.get_json("/v3/pay/transactions/out-trade-no/" + number + "?mchid=1900000109"),
              "trade_state");
}

std::string close(Shop& shop, const std::string& number) {
    return code_of(shop.post("/v3/pay/transactions/out-trade-no/" + number + "/close",
                             {{"mchid", "1900000109"}}));
}

boost::json::object expiring(const std::string& number, const char* time) {
    boost::json::object order = native_order(number, 100);
    order["time_expire"] = time;
    return order;
}

// Whether a customer who takes `delay` can still pay it.
bool is_paid_after(const char* time_expire, const std::string& delay) {
    Shop shop;
    CHECK(code_of(shop.post(expiring_path, expiring("ORDER-1", time_expire),
                            {{"Tuma-Scenario", "approve,delay=" + delay}})) == "200");
    shop.pass(std::chrono::days{20});
    return state_of(shop, "ORDER-1") == "SUCCESS";
}

}  // namespace

TEST_CASE("wechat expiry: less than a minute counts as one, also what is past") {
    for (const char* time :
         {"2026-10-02T10:00:30+08:00", "2026-10-02T10:00:00+08:00", "2020-01-01T00:00:00+08:00"}) {
        CAPTURE(time);
        CHECK(is_paid_after(time, "59000"));
        CHECK(!is_paid_after(time, "61000"));
    }
    CHECK(is_paid_after("2026-10-02T10:02:00+08:00", "119000"));
}

TEST_CASE("wechat expiry: eight days are eight, and thirty are fifteen") {
    const auto open_days = [](const char* time) {
        Shop shop;
        CHECK(code_of(shop.post(expiring_path, expiring("ORDER-1", time),
                                {{"Tuma-Scenario", "ignore"}})) == "200");
        std::int64_t days = 0;
        const auto can_be_paid = [&] {
            const auto id = shop.ask(core::QueryOrder{.key = "w/1900000109/n/ORDER-1"}).order;
            return id->state == ledger::OrderState::awaiting_customer;
        };
        while (can_be_paid() && days < 40) {
            shop.pass(std::chrono::days{1});
            ++days;
        }
        return days;
    };
    CHECK(open_days("2026-10-10T10:00:00+08:00") == 8);
    CHECK(open_days("2026-11-01T10:00:00+08:00") == 15);
}

TEST_CASE("wechat expiry: afterwards the order stays NOTPAY until its merchant closes it") {
    Shop shop;
    shop.post(expiring_path, expiring("ORDER-1", "2026-10-02T10:02:00+08:00"),
              {{"Tuma-Scenario", "ignore"}});
    shop.pass(seconds{121});
    CHECK(state_of(shop, "ORDER-1") == "NOTPAY");
    CHECK(close(shop, "ORDER-1") == "204");
    CHECK(state_of(shop, "ORDER-1") == "CLOSED");
    CHECK(close(shop, "ORDER-1") == "204");
    shop.restart();
    CHECK(state_of(shop, "ORDER-1") == "CLOSED");
    CHECK(code_of(shop.post(expiring_path, native_order("ORDER-1", 100))) == "400 ORDER_CLOSED");
    CHECK(shop.balance("1900000109") == 0);
    shop.check_books();
}

TEST_CASE("wechat expiry: the same request again in the last minute is the same order") {
    Shop shop;
    const auto order = expiring("ORDER-1", "2026-10-02T10:02:00+08:00");
    CHECK(code_of(shop.post(expiring_path, order, {{"Tuma-Scenario", "ignore"}})) == "200");
    shop.pass(seconds{90});
    CHECK(code_of(shop.post(expiring_path, order)) == "200");
    // The first request's end stands.
    shop.pass(seconds{31});
    CHECK(code_of(shop.post(expiring_path, order)) == "400 ORDER_CLOSED");
}

TEST_CASE("wechat expiry: combined orders stay NOTPAY until they are closed as a whole") {
    Shop shop;
    const auto part = [](const char* number) {
        return boost::json::object{
            {"mchid", "1900000109"},
            {"attach", "a"},
            {"amount", boost::json::object{{"total_amount", 500}, {"currency", "CNY"}}},
            {"out_trade_no", number},
            {"description", "d"}};
    };
    boost::json::object whole{{"combine_appid", "wxd678efh567hg6787"},
                              {"combine_mchid", "1900000109"},
                              {"combine_out_trade_no", "WHOLE-1"},
                              {"notify_url", "http://127.0.0.1:9/n"},
                              {"time_expire", "2026-10-02T10:02:00+08:00"},
                              {"sub_orders", boost::json::array{part("PART-1"), part("PART-2")}}};
    CHECK(code_of(shop.post("/v3/combine-transactions/native", whole,
                            {{"Tuma-Scenario", "ignore"}})) == "200");
    shop.pass(seconds{121});
    const std::string path = "/v3/combine-transactions/out-trade-no/WHOLE-1";
    const auto state = [&] { return at(shop.get_json(path), "sub_orders/1/trade_state"); };
    CHECK(state() == "NOTPAY");
    const boost::json::object closing{
        {"combine_appid", "wxd678efh567hg6787"},
        {"sub_orders",
         boost::json::array{
             boost::json::object{{"mchid", "1900000109"}, {"out_trade_no", "PART-1"}},
             boost::json::object{{"mchid", "1900000109"}, {"out_trade_no", "PART-2"}}}}};
    CHECK(code_of(shop.post(path + "/close", closing)) == "204");
    CHECK(state() == "CLOSED");
    CHECK(code_of(shop.post(path + "/close", closing)) == "204");
}

TEST_CASE("wechat close: a number that nobody has ordered is burnt") {
    Shop shop;
    CHECK(close(shop, "UNKNOWN-1") == "204");
    CHECK(close(shop, "UNKNOWN-1") == "204");
    CHECK(code_of(shop.post(expiring_path, native_order("UNKNOWN-1", 1))) == "400 ORDER_CLOSED");
    CHECK(code_of(shop.get("/v3/pay/transactions/out-trade-no/UNKNOWN-1?mchid=1900000109")) ==
          "404 ORDER_NOT_EXIST");
    CHECK(code_of(shop.post("/v3/refund/domestic/refunds", refund_of("UNKNOWN-1", "R-1", 1, 1))) ==
          "404 RESOURCE_NOT_EXISTS");
    shop.pass(std::chrono::days{30});
    CHECK(close(shop, "UNKNOWN-1") == "204");
    CHECK(shop.balance("1900000109") == 0);
    shop.check_books();
}
