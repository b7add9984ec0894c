// What the log is told of a refusal: which two things were compared.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace {

constexpr const char* path = "/v3/pay/transactions/native";

// The signed request with one word of its Authorization replaced.
http::HttpRequest altered(const Shop& shop, const std::string& from, const std::string& to) {
    http::HttpRequest request = shop.signed_request("POST", path, "{}");
    for (auto& [name, value] : request.headers)
        if (name == "Authorization") value.replace(value.find(from), from.size(), to);
    return request;
}

}  // namespace

TEST_CASE("wechat reasons: a signature says what was compared, and the trace is Request-ID") {
    Shop shop;
    http::HttpRequest late = shop.signed_request("POST", path, "{}");
    shop.world.now += std::chrono::seconds{400};
    const http::HttpReply refused = shop.send(late);
    CHECK(refused.status == 401);
    CHECK(refused.note.why ==
          "the timestamp in Authorization is 400 s behind the switch's clock; 300 s are allowed");
    CHECK(refused.note.code == "SIGN_ERROR");
    CHECK(refused.note.trace == *http::find(refused.headers, "Request-ID"));
    CHECK(refused.note.route == path);
    CHECK(refused.note.merchant == "1900000109");

    CHECK(shop.send(altered(shop, "serial_no=\"4a11ce", "serial_no=\"4a11cf")).note.why ==
          "the serial_no in Authorization is that of no certificate of the merchant");
    const http::HttpReply stranger = shop.send(altered(shop, "mchid=\"1900", "mchid=\"1901"));
    CHECK(stranger.note.why == "no merchant has the mchid in Authorization");
    CHECK(stranger.note.merchant.empty());
    http::HttpRequest other_body = shop.signed_request("POST", path, "{}");
    other_body.body = "{ }";
    CHECK(shop.send(other_body)
              .note.why.starts_with("the signature in Authorization differs from one by the "
                                    "merchant's key over method"));
    CHECK(shop.send({.method = "POST", .target = path, .body = "{}"}).note.why ==
          "authorization: is missing");
}

TEST_CASE("wechat reasons: an error has its code and sentence, a success its merchant") {
    Shop shop;
    const http::HttpReply refused = shop.call("POST", path, "{}");
    CHECK(refused.note.code == "PARAM_ERROR");
    CHECK_FALSE(refused.note.why.empty());
    const http::HttpReply good = shop.post(path, native_order("ORDER-1", 100));
    CHECK(good.status == 200);
    CHECK(good.note.why.empty());
    CHECK(good.note.merchant == "1900000109");
    CHECK(good.note.trace == *http::find(good.headers, "Request-ID"));
}

TEST_CASE(
    "wechat reasons: a field that is wrong is told in English, with its bound and its length") {
    Shop shop;
    boost::json::object order = native_order("ORDER-1", 100);
    std::string long_text;
    for (int i = 0; i < 43; ++i) long_text += "字";
    order["attach"] = long_text;
    CHECK(shop.post(path, order).note.why == "/body/attach is longer than 128: it has 129 bytes");
    order = native_order("ORDER-1", 100);
    order["surprise"] = 1;
    CHECK(shop.post(path, order).note.why == "the documentation of this API has no /body/surprise");
    order.erase("surprise");
    order.erase("description");
    CHECK(shop.post(path, order).note.why == "/body/description is missing");
    order = native_order("ORDER-1", 100);
    order["amount"].as_object()["total"] = "a";
    CHECK(shop.post(path, order).note.why == "/body/amount/total is no whole number");
    V2Shop old;
    CHECK(old.send_xml("/pay/unifiedorder", "<root><mch_id>1</mch_id></root>")
              .note.why.starts_with("the body is no XML with the root <xml>"));
    wechat::V2Fields fields = v2_order("ORDER-1", "0.12");
    const std::string why =
        old.send_xml("/pay/unifiedorder", v2_body(old.complete(fields))).note.why;
    CHECK(why == "total_fee is no whole number");
    fields = v2_order("ORDER-1", "100");
    fields["surprise"] = "1";
    CHECK(old.send_xml("/pay/unifiedorder", v2_body(old.complete(fields))).note.why ==
          "the documentation of this API has no surprise");
}

TEST_CASE("wechat reasons: the service's own sentences are told in English, in v3 and in v2") {
    Shop shop;
    const auto why = [&](const boost::json::object& order) {
        return shop.post(path, order).note.why;
    };
    const auto changed = [](const char* member, const boost::json::value& value) {
        boost::json::object order = native_order("ORDER-2", 100);
        order[member] = value;
        return order;
    };
    CHECK(why(changed("notify_url", "http://127.0.0.1:9/n?a=1")) ==
          "/body/notify_url has a query, which is not allowed (refuses_query_in_notify_url)");
    CHECK(why(changed("description", "\xF0\x9F\x98\x80")) ==
          "/body/description has a character of four bytes of UTF-8");
    CHECK(why(changed("amount", "1")) == "/body/amount is no object");
    CHECK(
        why(changed("time_expire", "tomorrow")) ==
        "/body/time_expire is no time of RFC 3339 with an offset, like 2018-06-08T10:34:56+08:00");
    CHECK(why(native_order("ORDER-2", 100)) == "");
    CHECK(why(native_order("ORDER-2", 101)) ==
          "the number is that of an earlier request with other parameters");
    const std::string refunds = "/v3/refund/domestic/refunds";
    CHECK(shop.post(refunds, refund_of("ORDER-2", "R-1", 1, 100)).note.why ==
          "the order is not paid");
    CHECK(shop.get("/v3/refund/domestic/refunds/NONE").note.why == "there is no such refund");
    CHECK(
        shop.get("/v3/pay/transactions/out-trade-no/" + std::string(33, 'x') + "?mchid=1900000109")
            .note.why == "/uri_template/out_trade_no is longer than 32");
    CHECK(shop.get("/v3/transfer/batches/out-batch-no/a?need_query_detail=true&limit=1").note.why ==
          "/query/limit is not from 20 to 100");

    V2Shop old;
    const auto v2_why = [&](const char* api, wechat::V2Fields fields) {
        return old.send_xml(api, v2_body(old.complete(std::move(fields)))).note.why;
    };
    wechat::V2Fields order = v2_order("ORDER-3", "100");
    order["spbill_create_ip"] = "x";
    CHECK(v2_why("/pay/unifiedorder", order) == "spbill_create_ip is no address of IPv4 or IPv6");
    order = v2_order("ORDER-3", "100");
    order["time_expire"] = "soon";
    CHECK(v2_why("/pay/unifiedorder", order) ==
          "time_expire is no time of the form yyyyMMddHHmmss");
    CHECK(v2_why("/pay/unifiedorder", v2_order("ORDER-3", "100")) == "");
    CHECK(v2_why("/pay/unifiedorder", v2_order("ORDER-3", "101")) ==
          "out_trade_no is that of an earlier order with other parameters");
    CHECK(v2_why("/pay/orderquery", {{"out_trade_no", "NOBODYS"}}) == "there is no such order");
    CHECK(v2_why("/pay/orderquery", {}) ==
          "transaction_id and out_trade_no are missing; one of them is needed");
    CHECK(v2_why("/pay/downloadbill", {{"bill_date", "20261301"}, {"bill_type", "ALL"}}) ==
          "bill_date is no day of the form yyyyMMdd");
    CHECK(v2_why("/pay/downloadbill", {{"bill_date", "20261001"}, {"bill_type", "EVERY"}}) ==
          "bill_type is none of ALL, SUCCESS, REFUND, RECHARGE_REFUND");
    // Replies without a sign have a reason, too.
    CHECK(v2_why("/mmpaymkttransfers/gettransferinfo", {{"partner_trade_no", "T1"}}) ==
          "there is no such transfer");
}

TEST_CASE("wechat reasons: a sign of v2 says what is wrong with it") {
    V2Shop shop;
    const char* const unified = "/pay/unifiedorder";
    wechat::V2Fields fields = shop.complete(v2_order("ORDER-1", "100"));
    fields["sign"] = "0";
    const http::HttpReply wrong = shop.send_xml(unified, v2_body(fields));
    CHECK(wrong.note.why ==
          "sign differs from the sign of the other fields under the merchant's v2_key");
    CHECK(wrong.note.merchant == "1900000109");
    CHECK(wrong.note.route == unified);
    fields.erase("sign");
    CHECK(shop.send_xml(unified, v2_body(fields)).note.why == "the field sign is missing");
    fields = shop.complete(v2_order("ORDER-1", ""));
    const http::HttpReply refused = shop.send_xml(unified, v2_body(fields));
    CHECK_FALSE(refused.note.code.empty());
    CHECK_FALSE(refused.note.why.empty());
}
