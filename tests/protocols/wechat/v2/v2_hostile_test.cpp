// API v2: whatever is wrong with a request, it is answered in v2's own words and nothing is posted.
#include "tests/protocols/wechat/v2/v2_shop.h"

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

V2Fields with(V2Fields fields, const std::string& name, const std::string& value) {
    fields[name] = value;
    return fields;
}

V2Fields full_order() {
    V2Fields order = v2_order("OTN1", "100");
    order["trade_type"] = "JSAPI";
    order.merge(V2Fields{{"time_expire", "20261002110000"},
                         {"profit_sharing", "N"},
                         {"fee_type", "CNY"},
                         {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                         {"attach", "a"},
                         {"device_info", "d"},
                         {"detail", "{}"}});
    return order;
}

/// One API with a request that is good.
struct Form {
    std::string path;
    V2Fields good;
    std::vector<std::string> required;
    std::vector<std::string> typed;  ///< refused when they are any text
};

std::vector<Form> forms() {
    const V2Fields by_number{{"out_trade_no", "OTN1"}};
    return {
        {order_path,
         full_order(),
         {"body", "out_trade_no", "total_fee", "spbill_create_ip", "notify_url", "trade_type",
          "openid"},
         {"out_trade_no", "total_fee", "notify_url", "trade_type", "openid", "time_expire",
          "profit_sharing", "fee_type"}},
        {"/pay/micropay",
         v2_payment("OTN1", "100"),
         {"body", "out_trade_no", "total_fee", "spbill_create_ip", "auth_code"},
         {"out_trade_no", "total_fee", "auth_code"}},
        {"/pay/orderquery", by_number, {"out_trade_no"}, {"out_trade_no"}},
        {"/pay/closeorder", by_number, {"out_trade_no"}, {"out_trade_no"}},
        {"/secapi/pay/reverse", by_number, {"out_trade_no"}, {"out_trade_no"}},
        {"/secapi/pay/refund",
         v2_refund_of("PAID", "R", "1", "100"),
         {"out_trade_no", "out_refund_no", "total_fee", "refund_fee"},
         {"out_trade_no", "out_refund_no", "total_fee", "refund_fee", "notify_url"}},
        {"/pay/refundquery", {{"out_refund_no", "R"}}, {"out_refund_no"}, {"out_refund_no"}},
    };
}

void check_needs(V2Shop& shop, const Form& form) {
    for (const std::string& name : form.required) {
        CAPTURE(name);
        V2Fields fields = form.good;
        fields.erase(name);
        const V2Fields reply = shop.call_v2(form.path, fields);
        // A sentence that names the field, and nothing that could be verified.
        CHECK(of(reply, "return_msg").starts_with("缺少参数"));
        // A query of refunds names the last of the four numbers that would do.
        const std::string named = name == "out_refund_no" ? "out_trade_no" : name;
        if (form.path != "/secapi/pay/refund" || name != "out_refund_no")
            CHECK(of(reply, "return_msg").find(named) != std::string::npos);
        CHECK(reply.size() == 2);
        CHECK(shop.call_v2(form.path, with(form.good, name, "")) == reply);
    }
}

void check_refused(V2Shop& shop, const Form& form, const std::string& name,
                   const std::string& value) {
    const std::string answer = shop.code_v2(form.path, with(form.good, name, value));
    const bool is_named = answer.find("/body/xml/" + name) != std::string::npos ||
                          answer == "invalid refund_fee" || answer == "AUTH_CODE_INVALID";
    CHECK_MESSAGE(is_named, name, ": ", answer);
}

void check_types(V2Shop& shop, const Form& form) {
    for (const auto& [name, value] : form.good)
        check_refused(shop, form, name, std::string(10'000, '1'));
    for (const std::string& name : form.typed)
        for (const char* value : {"a b", "<script>", "'; --", "中文", "a\nb"})
            check_refused(shop, form, name, value);
}

void check_amounts(V2Shop& shop, const Form& form) {
    for (const char* name : {"total_fee", "refund_fee"}) {
        if (!form.good.contains(name)) continue;
        for (const char* value : {"0", "-1", "+1", "1.5", "1.00", "1e2", "0x10", " 1", "1 ", "１",
                                  "10000000001", "9223372036854775808", "NaN", "1,000"})
            check_refused(shop, form, name, value);
    }
}

void check_merchant(V2Shop& shop, const Form& form) {
    const auto code = [&](const char* name, const std::string& value) {
        return shop.code_v2(form.path, with(form.good, name, value));
    };
    CHECK(code("appid", "wx0000000000000000") == "APPID_MCHID_NOT_MATCH");
    CHECK(code("appid", "") == "缺少参数appid");
    CHECK(code("nonce_str", "") == "缺少参数nonce_str");
    CHECK(code("nonce_str", std::string(33, 'n')).find("/body/xml/nonce_str") != std::string::npos);
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
    for (const char* mchid : {"1900000999", "../../options"})
        CHECK(reply_to(shop, "<xml><mch_id>" + std::string(mchid) + "</mch_id></xml>") ==
              V2Fields{{"return_code", "FAIL"}, {"return_msg", "签名错误"}});
    // The root of a client of the old kind: the real service refuses it as well.
    CHECK(code("<root><mch_id>1900000109</mch_id></root>") == "XML_FORMAT_ERROR");
    const http::HttpReply got = shop.send({.method = "GET", .target = order_path});
    CHECK(got.status == 200);
    CHECK(got.body.find("REQUIRE_POST_METHOD") != std::string::npos);
    CHECK(shop.orders() == 0);
}

TEST_CASE("wechat v2: every field of every API, missing, empty, huge and of other types") {
    V2Shop shop;
    CHECK(shop.code_v2("/pay/micropay", v2_payment("PAID", "100")) == "SUCCESS");
    const std::size_t before = shop.orders();
    for (const Form& form : forms()) {
        CAPTURE(form.path);
        check_needs(shop, form);
        check_types(shop, form);
        check_amounts(shop, form);
        check_merchant(shop, form);
    }
    CHECK(shop.orders() == before);
    shop.check_books();
}

TEST_CASE("wechat v2: times that are none, too near, too far; an address with a query") {
    V2Shop shop;
    for (const char* time : {"20261302100000", "20260230100000", "20261002250000", "2026100210000",
                             "2026-10-02 11:00", "20361002100000", "20251002100000"})
        CHECK(shop.code_v2(order_path, with(full_order(), "time_expire", time))
                  .starts_with("输入源“/body/xml/time_expire”"));
    CHECK(
        shop.code_v2(order_path, with(full_order(), "notify_url", "http://127.0.0.1:9/notify?a=b"))
            .starts_with("输入源“/body/xml/notify_url”"));
    CHECK(shop.orders() == 0);
}

TEST_CASE("wechat v2: what is wrong with a field is a sentence without code and sign") {
    V2Shop shop;
    const auto message = [&](const std::string& name, const std::string& value) {
        const V2Fields reply = shop.call_v2(order_path, with(v2_order("OTN1", "100"), name, value));
        CHECK(reply.size() == 2);
        CHECK(of(reply, "return_code") == "FAIL");
        return of(reply, "return_msg");
    };
    std::string name;
    for (int i = 0; i < 43; ++i) name += "餐";
    CHECK(message("total_fee", "0.12") ==
          "无法将输入源“/body/xml/total_fee”映射到目标字段“标价金额”中，"
          "此字段需要一个合法的 64 位有符号整数");
    CHECK(message("body", name) ==
          "输入源“/body/xml/body”映射到值字段“商品描述”字符串规则校验失败，"
          "字节数 129，大于最大值 128");
    CHECK(message("bodi", "x") == "不识别的参数bodi");
    CHECK(message("sub_app_id", "x") == "不识别的参数sub_app_id");
    CHECK(message("out_trade_no", "a@order").find("正则表达式") != std::string::npos);
    CHECK(message("attach", "\xF0\x9F\x8D\xB5").find("/body/xml/attach") != std::string::npos);
    CHECK(message("spbill_create_ip", "999.1.1.1").find("spbill_create_ip") != std::string::npos);
    CHECK(shop.orders() == 0);
    wechat::Options lenient = short_numbers();
    lenient.refuses_unknown_members = false;
    shop.store(lenient);
    CHECK(shop.code_v2(order_path, with(v2_order("OTN1", "100"), "bodi", "x")) == "SUCCESS");
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
