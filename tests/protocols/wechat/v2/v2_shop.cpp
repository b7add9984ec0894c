#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <variant>

namespace tuma::testing {

using wechat::V2Fields;

wechat::Options short_numbers() {
    wechat::Options options;
    options.order_number_least = 1;
    return options;
}

V2Shop::V2Shop(const wechat::Options& options) : Shop(options) {
    receiver = [](const Arrived&) {
        return protocols::CallbackResult{
            200, "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>", {}};
    };
}

V2Fields V2Shop::complete(V2Fields fields) const {
    fields.emplace("appid", merchant.appids.front());
    fields.emplace("mch_id", merchant.mchid);
    fields.emplace("nonce_str", "nonce");
    const auto type = wechat::v2_sign_type(fields).value_or(wechat::V2SignType::md5);
    fields.emplace("sign", wechat::sign_v2(fields, merchant.v2_key, type));
    return fields;
}

http::HttpReply V2Shop::send_xml(const std::string& path, const std::string& xml,
                                 http::Fields headers) {
    return send({.method = "POST", .target = path, .headers = std::move(headers), .body = xml});
}

V2Fields V2Shop::call_v2(const std::string& path, const V2Fields& fields, http::Fields headers) {
    const http::HttpReply reply = send_xml(path, v2_body(complete(fields)), std::move(headers));
    CHECK(reply.status == 200);
    V2Fields read = wechat::read_v2_xml(reply.body).value();
    if (of(read, "return_code") == "FAIL") return read;
    const auto type = wechat::v2_sign_type(fields).value_or(wechat::V2SignType::md5);
    CHECK(of(read, "sign") == wechat::sign_v2(read, merchant.v2_key, type));
    return read;
}

std::string V2Shop::code_v2(const std::string& path, const V2Fields& fields, http::Fields headers) {
    const V2Fields reply = call_v2(path, fields, std::move(headers));
    if (of(reply, "result_code") == "SUCCESS") return "SUCCESS";
    return reply.contains("err_code") ? of(reply, "err_code") : of(reply, "return_msg");
}

std::size_t V2Shop::orders() const {
    const auto events = world.events();
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [](const ledger::Event& event) {
            return std::holds_alternative<ledger::OrderOpened>(event);
        }));
}

V2Fields v2_order(const std::string& number, const std::string& total) {
    return {{"body", "测试商品 <A&B>"},
            {"out_trade_no", number},
            {"total_fee", total},
            {"spbill_create_ip", "127.0.0.1"},
            {"notify_url", "http://127.0.0.1:9/notify"},
            {"trade_type", "NATIVE"}};
}

V2Fields v2_payment(const std::string& number, const std::string& total, const std::string& code) {
    return {{"body", "x"},
            {"out_trade_no", number},
            {"total_fee", total},
            {"spbill_create_ip", "127.0.0.1"},
            {"auth_code", code}};
}

V2Fields v2_refund_of(const std::string& number, const std::string& refund,
                      const std::string& amount, const std::string& total) {
    return {{"out_trade_no", number},
            {"out_refund_no", refund},
            {"refund_fee", amount},
            {"total_fee", total},
            {"notify_url", "http://127.0.0.1:9/refund"}};
}

std::string v2_body(const V2Fields& fields) {
    return wechat::write_v2_xml({fields.begin(), fields.end()});
}

std::string of(const V2Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "(nothing)" : found->second;
}

}  // namespace tuma::testing
