// API v2: whatever is wrong with a request, it is answered in v2's own words and nothing is posted.
#include "tests/wechat/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using wechat::V2Fields;

namespace {

constexpr const char* order_path = "/pay/unifiedorder";
constexpr const char* sign_sentence = "签名错误，请检查后再试";

V2Fields reply_to(V2Shop& shop, const std::string& xml) {
    const http::HttpReply reply = shop.send_xml(order_path, xml);
    CHECK(reply.status == 200);
    return wechat::read_v2_xml(reply.body).value();
}

}  // namespace

TEST_CASE("wechat v2: a wrong sign is answered without one, and first of all") {
    V2Shop shop;
    const V2Fields good = shop.complete(v2_order("OTN1", "100"));
    std::vector<V2Fields> forged;
    for (const auto& [name, value] : good) {
        if (name == "mch_id") continue;
        forged.push_back(good);
        forged.back()[name] = value + "0";
    }
    forged.push_back(good);
    forged.back().erase("sign");
    forged.push_back(good);
    forged.back()["sign"] = std::string(32, '0');
    forged.push_back(good);
    forged.back()["sign_type"] = "SHA1";
    forged.push_back(good);
    forged.back()["sign_type"] = "HMAC-SHA256";
    for (const V2Fields& fields : forged) {
        const V2Fields reply = reply_to(shop, v2_body(fields));
        CHECK(reply == V2Fields{{"return_code", "FAIL"}, {"return_msg", sign_sentence}});
    }
    // A merchant without a key can sign nothing.
    wechat::Merchant keyless = shop.merchant;
    keyless.v2_key.clear();
    shop.store(keyless);
    shop.merchant = keyless;
    CHECK(shop.code_v2(order_path, v2_order("OTN1", "100")) == sign_sentence);
    CHECK(shop.orders() == 0);
}

TEST_CASE("wechat v2: what cannot be read has no sign either, but says why") {
    V2Shop shop;
    const auto code = [&](const std::string& xml) {
        const V2Fields reply = reply_to(shop, xml);
        CHECK(of(reply, "return_code") == "FAIL");
        CHECK(of(reply, "result_code") == "FAIL");
        CHECK(!reply.contains("sign"));
        return of(reply, "err_code");
    };
    CHECK(code("") == "POST_DATA_EMPTY");
    CHECK(code("\n") == "POST_DATA_EMPTY");
    CHECK(code("{}") == "XML_FORMAT_ERROR");
    CHECK(code("<xml><a>\xFF</a></xml>") == "NOT_UTF8");
    CHECK(code("<xml>" + std::string(70'000, ' ') + "</xml>") == "XML_FORMAT_ERROR");
    CHECK(code("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
               "<xml><mch_id>&e;</mch_id></xml>") == "XML_FORMAT_ERROR");
    std::string bomb = "<!DOCTYPE x [<!ENTITY a0 \"ha\">";
    for (int i = 1; i < 20; ++i)
        bomb += "<!ENTITY a" + std::to_string(i) + " \"&a" + std::to_string(i - 1) + ";&a" +
                std::to_string(i - 1) + ";\">";
    CHECK(code(bomb + "]><xml><mch_id>&a19;</mch_id></xml>") == "XML_FORMAT_ERROR");
    CHECK(code("<xml><body><b>x</b></body></xml>") == "XML_FORMAT_ERROR");
    CHECK(code("<xml></xml>") == "LACK_PARAMS");
    CHECK(code("<xml><mch_id>1900000999</mch_id></xml>") == "MCHID_NOT_EXIST");
    CHECK(code("<xml><mch_id>../../options</mch_id></xml>") == "MCHID_NOT_EXIST");
    const http::HttpReply got = shop.send({.method = "GET", .target = order_path});
    CHECK(got.status == 200);
    CHECK(got.body.find("REQUIRE_POST_METHOD") != std::string::npos);
    CHECK(shop.orders() == 0);
}

TEST_CASE("wechat v2: every field of every API, missing, empty, huge and of other types") {
    V2Shop shop;
    CHECK(shop.code_v2("/pay/micropay", v2_payment("PAID", "100")) == "SUCCESS");
    const std::size_t before = shop.orders();
    V2Fields order = v2_order("OTN1", "100");
    order.emplace("time_expire", "20261002110000");
    order.emplace("profit_sharing", "N");
    order.emplace("fee_type", "CNY");
    order.emplace("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    order.emplace("attach", "a");
    order.emplace("device_info", "d");
    order.emplace("detail", "{}");
    order["trade_type"] = "JSAPI";
    struct Form {
        std::string path;
        V2Fields good;
        std::vector<std::string> required;
        std::vector<std::string> typed;  // a word that is none of the type is refused
    };
    const std::vector<Form> forms{
        {order_path,
         order,
         {"body", "out_trade_no", "total_fee", "spbill_create_ip", "notify_url", "trade_type",
          "openid"},
         {"out_trade_no", "total_fee", "notify_url", "trade_type", "openid", "time_expire",
          "profit_sharing", "fee_type"}},
        {"/pay/micropay",
         v2_payment("OTN1", "100"),
         {"body", "out_trade_no", "total_fee", "spbill_create_ip", "auth_code"},
         {"out_trade_no", "total_fee", "auth_code"}},
        {"/pay/orderquery", {{"out_trade_no", "OTN1"}}, {"out_trade_no"}, {"out_trade_no"}},
        {"/pay/closeorder", {{"out_trade_no", "OTN1"}}, {"out_trade_no"}, {"out_trade_no"}},
        {"/secapi/pay/reverse", {{"out_trade_no", "OTN1"}}, {"out_trade_no"}, {"out_trade_no"}},
        {"/secapi/pay/refund",
         v2_refund_of("PAID", "R", "1", "100"),
         {"out_trade_no", "out_refund_no", "total_fee", "refund_fee"},
         {"out_trade_no", "out_refund_no", "total_fee", "refund_fee", "notify_url"}},
        {"/pay/refundquery", {{"out_refund_no", "R"}}, {"out_refund_no"}, {"out_refund_no"}},
    };
    for (const Form& form : forms) {
        CAPTURE(form.path);
        const auto code = [&](const std::string& name, const char* value) {
            V2Fields fields = form.good;
            if (value == nullptr)
                fields.erase(name);
            else
                fields[name] = value;
            return shop.code_v2(form.path, fields);
        };
        for (const std::string& name : form.required) {
            CAPTURE(name);
            CHECK(code(name, nullptr) == "LACK_PARAMS");
            CHECK(code(name, "") == "LACK_PARAMS");
        }
        const std::string huge(10'000, '1');
        for (const auto& [name, value] : form.good) {
            CAPTURE(name);
            const std::string answer = code(name, huge.c_str());
            const bool is_refused = answer == "PARAM_ERROR" || answer == "AUTH_CODE_INVALID";
            CHECK_MESSAGE(is_refused, answer);
        }
        for (const std::string& name : form.typed) {
            CAPTURE(name);
            for (const char* value : {"a b", "<script>", "'; --", "中文", "a\nb"}) {
                const std::string answer = code(name, value);
                const bool is_refused = answer == "PARAM_ERROR" || answer == "AUTH_CODE_INVALID";
                CHECK_MESSAGE(is_refused, value);
            }
        }
        for (const char* name : {"total_fee", "refund_fee"}) {
            if (!form.good.contains(name)) continue;
            for (const char* value : {"0", "-1", "+1", "1.5", "1.00", "1e2", "0x10", " 1", "1 ",
                                      "１", "10000000001", "9223372036854775808", "NaN", "1,000"}) {
                CAPTURE(value);
                CHECK(code(name, value) == "PARAM_ERROR");
            }
        }
        V2Fields foreign = form.good;
        foreign["appid"] = "wx0000000000000000";
        CHECK(shop.code_v2(form.path, foreign) == "APPID_MCHID_NOT_MATCH");
        foreign["appid"] = "";
        CHECK(shop.code_v2(form.path, foreign) == "LACK_PARAMS");
        foreign = form.good;
        foreign["nonce_str"] = std::string(33, 'n');
        CHECK(shop.code_v2(form.path, foreign) == "PARAM_ERROR");
    }
    for (const char* time : {"20261302100000", "20260230100000", "20261002250000", "2026100210000",
                             "2026-10-02 11:00", "20361002100000", "20251002100000"}) {
        V2Fields fields = order;
        fields["time_expire"] = time;
        CHECK(shop.code_v2(order_path, fields) == "PARAM_ERROR");
    }
    V2Fields query_in_url = order;
    query_in_url["notify_url"] = "http://127.0.0.1:9/notify?a=b";
    CHECK(shop.code_v2(order_path, query_in_url) == "PARAM_ERROR");
    CHECK(shop.orders() == before);
    shop.check_books();
}

TEST_CASE("wechat v2: a reply's sign is wrong where a test wants it") {
    V2Shop shop;
    const std::string body = v2_body(shop.complete(v2_order("OTN1", "100")));
    const http::HttpReply reply =
        shop.send_xml(order_path, body, {{"Tuma-Fault", "wrong-signature"}});
    const V2Fields fields = wechat::read_v2_xml(reply.body).value();
    CHECK(of(fields, "result_code") == "SUCCESS");
    CHECK(wechat::verify_v2(fields, shop.merchant.v2_key) == wechat::V2SignFailure::sign_mismatch);
}
