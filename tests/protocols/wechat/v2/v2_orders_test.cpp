// API v2 as merchants see it: orders, queries, closing, notices.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;
using wechat::V2Fields;

namespace {

constexpr const char* order_path = "/pay/unifiedorder";
constexpr const char* query_path = "/pay/orderquery";
constexpr const char* close_path = "/pay/closeorder";

V2Fields with(V2Fields fields, const std::string& name, const std::string& value) {
    fields[name] = value;
    return fields;
}

}  // namespace

TEST_CASE("wechat v2: an order is paid, told and queried, in MD5 and in HMAC-SHA256") {
    for (const std::string type : {"", "MD5", "HMAC-SHA256"}) {
        CAPTURE(type);
        V2Shop shop;
        V2Fields order = with(v2_order("OTN1", "1000"), "attach", "a<b>]]>&");
        order["sign_type"] = type;
        const V2Fields made = shop.call_v2(order_path, order);
        CHECK(of(made, "trade_type") == "NATIVE");
        CHECK(of(made, "prepay_id").size() == 36);
        CHECK(of(made, "code_url").starts_with("weixin://wxpay/bizpayurl?pr="));
        CHECK(of(made, "appid") == shop.merchant.appids.front());
        CHECK(of(made, "mch_id") == shop.merchant.mchid);
        CHECK(of(made, "nonce_str").size() == 32);

        const V2Fields query{{"out_trade_no", "OTN1"}};
        const V2Fields early = shop.call_v2(query_path, query);
        CHECK(of(early, "trade_state") == "NOTPAY");
        CHECK(of(early, "transaction_id") == "(nothing)");
        shop.pass(seconds{3});
        REQUIRE(shop.arrived.size() == 1);
        const protocols::Callback& notice = shop.arrived[0].callback;
        CHECK(notice.url == "http://127.0.0.1:9/notify");
        const V2Fields told = wechat::read_v2_xml(notice.body).value();
        const auto sign_type =
            type == "HMAC-SHA256" ? wechat::V2SignType::hmac_sha256 : wechat::V2SignType::md5;
        CHECK(of(told, "sign") == wechat::sign_v2(told, shop.merchant.v2_key, sign_type));
        CHECK(of(told, "sign_type") == "(nothing)");
        CHECK(of(told, "sign").size() == (type == "HMAC-SHA256" ? 64 : 32));
        CHECK(of(told, "return_code") == "SUCCESS");
        CHECK(of(told, "result_code") == "SUCCESS");
        CHECK(of(told, "total_fee") == "1000");
        CHECK(of(told, "attach") == "a<b>]]>&");
        CHECK(of(told, "time_end") == "20261002100003");
        CHECK(of(told, "trade_state") == "(nothing)");

        const V2Fields paid = shop.call_v2(query_path, query);
        CHECK(of(paid, "trade_state") == "SUCCESS");
        for (const char* name :
             {"openid", "is_subscribe", "trade_type", "bank_type", "total_fee", "cash_fee",
              "fee_type", "transaction_id", "out_trade_no", "attach", "time_end"})
            CHECK(of(paid, name) == of(told, name));
        CHECK(shop.call_v2(query_path, {{"transaction_id", of(told, "transaction_id")}})
                  .at("out_trade_no") == "OTN1");
        CHECK(shop.balance("1900000109") == 994);
        shop.check_books();
    }
}

TEST_CASE("wechat v2: an order of one version is queried, closed and refunded in the other") {
    V2Shop shop;
    CHECK(shop.code_v2(order_path, v2_order("ORDER-1", "100")) == "SUCCESS");
    CHECK(code_of(shop.post("/v3/pay/transactions/native", native_order("ORDER-2", 200))) == "200");
    CHECK(code_of(shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 100))) ==
          "400 INVALID_REQUEST");
    CHECK(shop.code_v2(order_path, v2_order("ORDER-2", "200")) == "INVALID_REQUEST");
    shop.pass(seconds{3});
    CHECK(at(shop.get_json("/v3/pay/transactions/out-trade-no/ORDER-1?mchid=1900000109"),
             "trade_state") == "SUCCESS");
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "ORDER-2"}}), "total_fee") == "200");
    // Who made the order is told in his own version.
    REQUIRE(shop.arrived.size() == 2);
    CHECK(shop.arrived[0].callback.body.starts_with("<xml>"));
    CHECK(at(opened(shop.arrived[1]), "out_trade_no") == "ORDER-2");

    CHECK(code_of(shop.post("/v3/refund/domestic/refunds", refund_of("ORDER-1", "R-1", 40, 100))) ==
          "200");
    CHECK(shop.code_v2("/secapi/pay/refund", v2_refund_of("ORDER-1", "R-2", "10", "100")) ==
          "SUCCESS");
    const V2Fields all = shop.call_v2("/pay/refundquery", {{"out_trade_no", "ORDER-1"}});
    CHECK(of(all, "refund_count") == "2");
    CHECK(of(all, "out_refund_no_0") == "R-1");
    CHECK(of(all, "out_refund_no_1") == "R-2");
    CHECK(at(shop.get_json("/v3/refund/domestic/refunds/R-2"), "status") == "PROCESSING");
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "ORDER-1"}}), "trade_state") == "REFUND");
    shop.pass(seconds{3});
    REQUIRE(shop.arrived.size() == 4);
    CHECK(at(opened(shop.arrived[2]), "out_refund_no") == "R-1");
    CHECK(shop.arrived[3].callback.body.find("req_info") != std::string::npos);
    shop.check_books();
}

TEST_CASE("wechat v2: the same request again is the same order; another one is refused") {
    V2Shop shop;
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == "SUCCESS");
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == "SUCCESS");
    CHECK(shop.code_v2(order_path, with(v2_order("OTN1", "100"), "sign_type", "HMAC-SHA256")) ==
          "SUCCESS");
    const V2Fields other = shop.call_v2(order_path, v2_order("OTN1", "101"));
    CHECK(of(other, "err_code") == "INVALID_REQUEST");
    CHECK(of(other, "err_code_des") == "201 商户订单号重复");
    CHECK(shop.orders() == 1);
    shop.pass(seconds{3});
    CHECK(shop.arrived.size() == 1);
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == "ORDERPAID");
    CHECK(shop.code_v2(close_path, {{"out_trade_no", "OTN1"}}) == "ORDERPAID");
    CHECK(shop.code_v2(close_path, {{"out_trade_no", "OTN9"}}) == "ORDERNOTEXIST");
    CHECK(shop.code_v2(order_path, v2_order("OTN2", "100")) == "SUCCESS");
    CHECK(of(shop.call_v2(close_path, {{"out_trade_no", "OTN2"}}), "result_msg") == "OK");
    CHECK(shop.code_v2(close_path, {{"out_trade_no", "OTN2"}}) == "ORDERCLOSED");
    CHECK(shop.code_v2(order_path, v2_order("OTN2", "100")) == "ORDERCLOSED");
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN2"}}), "trade_state") == "CLOSED");
    shop.pass(std::chrono::days{1});
    CHECK(shop.arrived.size() == 1);
    shop.check_books();
}

TEST_CASE("wechat v2: ways to pay, and how long an order lives") {
    V2Shop shop;
    V2Fields order = with(v2_order("A", "100"), "trade_type", "JSAPI");
    CHECK(shop.code_v2(order_path, order) == "缺少参数openid");
    order["openid"] = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
    CHECK(of(shop.call_v2(order_path, order), "code_url") == "(nothing)");
    CHECK(of(shop.call_v2(order_path, with(v2_order("B", "100"), "trade_type", "MWEB")), "mweb_url")
              .starts_with("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx"));
    CHECK(of(shop.call_v2(order_path, with(v2_order("C", "100"), "trade_type", "APP")),
             "trade_type") == "APP");
    V2Fields short_order = with(v2_order("D", "100"), "time_expire", "20261002100030");
    CHECK(shop.code_v2(order_path, short_order).starts_with("输入源“/body/xml/time_expire”"));
    short_order["time_expire"] = "20261002100200";
    CHECK(shop.code_v2(order_path, short_order, {{"Tuma-Scenario", "ignore"}}) == "SUCCESS");
    shop.pass(std::chrono::minutes{3});
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "D"}}), "trade_state") == "NOTPAY");
    CHECK(of(shop.call_v2(close_path, {{"out_trade_no", "D"}}), "result_msg") == "OK");
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "D"}}), "trade_state") == "CLOSED");
    CHECK(shop.code_v2(close_path, {{"out_trade_no", "D"}}) == "ORDERCLOSED");
    V2Fields shared = with(v2_order("E", "100"), "profit_sharing", "Y");
    CHECK(shop.code_v2(order_path, shared) == "SUCCESS");
    // What is to be shared waits beside the merchant's account.
    const std::int64_t before = shop.balance("1900000109");
    shop.pass(seconds{3});
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "E"}}), "trade_state") == "SUCCESS");
    CHECK(shop.balance("1900000109") == before);
    CHECK(shop.code_v2("/secapi/pay/refund", v2_refund_of("E", "RE", "100", "100")) == "SUCCESS");
    CHECK(of(shop.call_v2("/pay/refundquery", {{"out_trade_no", "E"}}), "out_refund_no_0") == "RE");
    CHECK(shop.balance("1900000109") == before);
    shop.check_books();
}

TEST_CASE("wechat v2: a notice is told again until the merchant says return_code SUCCESS") {
    V2Shop shop;
    std::vector<protocols::CallbackResult> answers{
        {500, "<xml><return_code>SUCCESS</return_code></xml>", {}},
        {200, "<xml><return_code>FAIL</return_code><return_msg>no SUCCESS</return_msg></xml>", {}},
        {204, "", {}},
        {200, "SUCCESS", {}},
        {200,
         "<xml><return_code><![CDATA[SUCCESS]]></return_code>"
         "<return_msg><![CDATA[OK]]></return_msg></xml>",
         {}}};
    std::size_t next = 0;
    shop.receiver = [&](const Arrived&) { return answers.at(next++); };
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == "SUCCESS");
    shop.pass(std::chrono::days{2});
    CHECK(next == answers.size());
    // The same payment, a new nonce.
    const V2Fields first = wechat::read_v2_xml(shop.arrived.front().callback.body).value();
    const V2Fields last = wechat::read_v2_xml(shop.arrived.back().callback.body).value();
    CHECK(of(first, "transaction_id") == of(last, "transaction_id"));
    CHECK(of(first, "nonce_str") != of(last, "nonce_str"));
    shop.check_books();
}

TEST_CASE("wechat v2: order numbers are as long as the options say") {
    V2Shop shop(wechat::Options{});
    const char* const issue =
        "输入源“/body/xml/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，"
        "字节数 4，小于最小值 6";
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == issue);
    CHECK(shop.code_v2(query_path, {{"out_trade_no", "OTN1"}}) == issue);
    CHECK(shop.code_v2(order_path, v2_order("OTN-01", "100")) == "SUCCESS");
    CHECK(shop.orders() == 1);
}

TEST_CASE("wechat v2: a restart forgets nothing") {
    V2Shop shop;
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == "SUCCESS");
    shop.restart();
    shop.pass(seconds{3});
    CHECK(shop.arrived.size() == 1);
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN1"}}), "trade_state") == "SUCCESS");
    shop.check_books();
}
