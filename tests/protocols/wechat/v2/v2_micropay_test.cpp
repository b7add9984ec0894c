// API v2: payments by code and how they are taken back; the platform's sandboxes.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;
using wechat::V2Fields;

namespace {

constexpr const char* pay_path = "/pay/micropay";
constexpr const char* query_path = "/pay/orderquery";
constexpr const char* reverse_path = "/secapi/pay/reverse";

}  // namespace

TEST_CASE("wechat v2: a payment by code is made at once, once, and told to nobody") {
    V2Shop shop;
    const V2Fields paid = shop.call_v2(pay_path, v2_payment("OTN2", "100"));
    CHECK(of(paid, "result_code") == "SUCCESS");
    CHECK(of(paid, "trade_type") == "MICROPAY");
    CHECK(of(paid, "is_subscribe") == "N");
    CHECK(of(paid, "transaction_id").starts_with("42000"));
    CHECK(of(paid, "time_end") == "20261002100000");
    CHECK(shop.code_v2(pay_path, v2_payment("OTN2", "100")) == "ORDERPAID");
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN2"}}), "trade_state") == "SUCCESS");
    CHECK(shop.code_v2("/pay/closeorder", {{"out_trade_no", "OTN2"}}) == "INVALID_REQUEST");
    CHECK(shop.balance("1900000109") == 99);
    shop.pass(std::chrono::days{1});
    CHECK(shop.arrived.empty());
    shop.check_books();
}

TEST_CASE("wechat v2: payment codes play what can happen") {
    V2Shop shop;
    const auto code = [&](const std::string& ending) {
        return shop.code_v2(pay_path,
                            v2_payment("OTN" + ending, "100", "1399999999999900" + ending));
    };
    CHECK(code("01") == "NOTENOUGH");
    CHECK(code("05") == "USER_ACCOUNT_ABNORMAL");
    CHECK(code("06") == "BANKERROR");
    CHECK(code("08") == "AUTHCODEEXPIRE");
    CHECK(code("09") == "AUTH_CODE_INVALID");
    CHECK(shop.balance("1900000109") == 0);
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN01"}}), "trade_state") == "PAYERROR");
    // Told again as it was.
    CHECK(code("08") == "AUTHCODEEXPIRE");
    CHECK(shop.code_v2(pay_path, v2_payment("OTN1", "100", "999")) == "AUTH_CODE_INVALID");

    CHECK(code("07") == "USERPAYING");
    CHECK(code("07") == "USERPAYING");
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN07"}}), "trade_state") == "USERPAYING");
    shop.pass(seconds{5});
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN07"}}), "trade_state") == "SUCCESS");
    CHECK(code("07") == "ORDERPAID");
    CHECK(shop.arrived.empty());
    shop.check_books();
}

TEST_CASE("wechat v2: reverse closes what is not paid, gives back what is, and does it once") {
    V2Shop shop;
    CHECK(shop.code_v2(pay_path, v2_payment("OTN1", "100")) == "SUCCESS");
    const std::int64_t before = shop.balance(wechat::Options{}.payer);
    const V2Fields reversed = shop.call_v2(reverse_path, {{"out_trade_no", "OTN1"}});
    CHECK(of(reversed, "result_code") == "SUCCESS");
    CHECK(of(reversed, "recall") == "N");
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN1"}}) == "SUCCESS");
    CHECK(shop.balance(wechat::Options{}.payer) == before + 100);
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN1"}}), "trade_state") == "REVOKED");

    CHECK(shop.code_v2(pay_path, v2_payment("OTN2", "100", "139999999999990007")) == "USERPAYING");
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN2"}}) == "SUCCESS");
    shop.pass(seconds{60});
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN2"}}), "trade_state") == "REVOKED");
    CHECK(shop.code_v2(pay_path, v2_payment("OTN2", "100", "139999999999990007")) ==
          "ORDERREVERSED");

    CHECK(shop.code_v2("/pay/unifiedorder", v2_order("OTN3", "100")) == "SUCCESS");
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN3"}}) == "INVALID_REQUEST");
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN4"}}) == "ORDERNOTEXIST");
    CHECK(shop.code_v2(reverse_path, {{"transaction_id", "4200002000202610020000000099"}}) ==
          "INVALID_TRANSACTIONID");
    CHECK(shop.code_v2(reverse_path, {}) == "缺少参数transaction_id或out_trade_no");
    shop.check_books();
}

TEST_CASE("wechat v2: a reversal gives back what refunds have left of a payment") {
    V2Shop shop;
    const std::string payer = wechat::Options{}.payer;
    CHECK(shop.code_v2(pay_path, v2_payment("OTN1", "100")) == "SUCCESS");
    const std::int64_t before = shop.balance(payer);
    CHECK(shop.code_v2("/secapi/pay/refund", v2_refund_of("OTN1", "R1", "30", "100")) == "SUCCESS");
    shop.pass(seconds{60});
    CHECK(shop.balance(payer) == before + 30);
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN1"}}) == "SUCCESS");
    CHECK(shop.balance(payer) == before + 100);
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN1"}}), "trade_state") == "REVOKED");
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN1"}}) == "SUCCESS");
    CHECK(shop.balance(payer) == before + 100);
    CHECK(shop.balance("1900000109") == 0);

    // Of one that was refunded as a whole nothing is left.
    CHECK(shop.code_v2(pay_path, v2_payment("OTN2", "50")) == "SUCCESS");
    CHECK(shop.code_v2("/secapi/pay/refund", v2_refund_of("OTN2", "R2", "50", "50")) == "SUCCESS");
    shop.pass(seconds{60});
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN2"}}) == "SUCCESS");
    CHECK(shop.balance(payer) == before + 100);
    CHECK(of(shop.call_v2(query_path, {{"out_trade_no", "OTN2"}}), "trade_state") == "REFUND");
    shop.check_books();
}

TEST_CASE("wechat v2: refund and reverse over TLS need the merchant's certificate") {
    V2Shop shop;
    CHECK(shop.code_v2(pay_path, v2_payment("OTN1", "100")) == "SUCCESS");
    wechat::Options options = short_numbers();
    options.checks_v2_certificate = true;
    shop.store(options);
    CHECK(shop.code_v2(reverse_path, {{"out_trade_no", "OTN1"}}) == "CERT_ERROR");
    CHECK(shop.code_v2("/secapi/pay/refund", v2_refund_of("OTN1", "R1", "1", "100")) ==
          "CERT_ERROR");
    CHECK(shop.code_v2(query_path, {{"out_trade_no", "OTN1"}}) == "SUCCESS");
    http::HttpRequest request{.method = "POST",
                              .target = reverse_path,
                              .body = v2_body(shop.complete({{"out_trade_no", "OTN1"}}))};
    request.is_tls = true;
    CHECK(shop.send(request).body.find("CERT_ERROR") != std::string::npos);
    request.client_certificate = shop.platform.certificates.front().certificate;
    CHECK(shop.send(request).body.find("CERT_ERROR") != std::string::npos);
    request.client_certificate = shop.merchant.certificates.front();
    CHECK(shop.send(request).body.find("<recall><![CDATA[N]]>") != std::string::npos);
    request.client_certificate.clear();
    options.requires_v2_certificate = false;
    shop.store(options);
    CHECK(shop.send(request).body.find("<recall><![CDATA[N]]>") != std::string::npos);
    shop.check_books();
}

TEST_CASE("wechat v2: a payment code is good for one payment") {
    V2Shop shop;
    const std::string code = "130061098828009406";
    CHECK(shop.code_v2(pay_path, v2_payment("OTN1", "100", code)) == "SUCCESS");
    CHECK(shop.code_v2(pay_path, v2_payment("OTN2", "100", code)) == "AUTH_CODE_INVALID");
    CHECK(shop.code_v2(pay_path, v2_payment("OTN1", "100", code)) == "ORDERPAID");
    CHECK(shop.balance("1900000109") == 99);
    shop.check_books();
}

TEST_CASE("wechat v2: the platform's sandboxes lead to the same orders") {
    V2Shop shop;
    const std::string both[] = {"/xdc/apiv2sandbox", "/sandboxnew"};
    for (std::size_t i = 0; i < 2; ++i) {
        const std::string number = "OTN" + std::to_string(i);
        CHECK(shop.code_v2(both[i] + "/pay/micropay", v2_payment(number, "100")) == "SUCCESS");
        CHECK(shop.code_v2(both[i] + "/pay/orderquery", {{"out_trade_no", number}}) == "SUCCESS");
        CHECK(shop.code_v2("/pay/orderquery", {{"out_trade_no", number}}) == "SUCCESS");
    }
    CHECK(shop.code_v2("/sandboxnew/secapi/pay/refund", v2_refund_of("OTN0", "R0", "1", "100")) ==
          "SUCCESS");
    for (const char* path : {"/xdc/apiv2getsignkey/sign/getsignkey", "/sandboxnew/pay/getsignkey"})
        CHECK(of(shop.call_v2(path, {}), "sandbox_signkey") == shop.merchant.v2_key);
    for (const char* path :
         {"/pay/getsignkey", "/sandboxnew/sandboxnew/pay/orderquery", "/pay/nothing", "/xdc/x",
          "/mmpaymkttransfers/nothing", "/secapi/mch/nothing", "/risk/nothing", "/tools/nothing"}) {
        CHECK(shop.adapter.owns(path));
        const http::HttpReply reply = shop.send_xml(path, v2_body(shop.complete({})));
        CHECK(reply.status == 404);
        CHECK(of(wechat::read_v2_xml(reply.body).value(), "return_code") == "FAIL");
    }
    CHECK(shop.code_v2("/xdc/apiv2sandbox/pay/micropay", v2_payment("OTN7", "100"),
                       {{"Wechatpay-Negative-Test", "SYSTEMERROR"}}) == "SYSTEMERROR");
    CHECK(shop.code_v2(query_path, {{"out_trade_no", "OTN7"}}) == "ORDERNOTEXIST");
    CHECK(shop.code_v2(query_path, {{"out_trade_no", "OTN0"}},
                       {{"Tuma-Fault", "error:BANKERROR"}}) == "BANKERROR");
    CHECK(shop.code_v2(query_path, {{"out_trade_no", "OTN0"}},
                       {{"Wechatpay-Negative-Test", "no such code"}}) == "SUCCESS");
    shop.check_books();
}
