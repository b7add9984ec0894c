// API v3 as merchants see it: orders, queries, refunds, callbacks, and what the books hold.
#include "protocols/crypto/certificate.h"
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;

namespace {

constexpr const char* native_path = "/v3/pay/transactions/native";
constexpr const char* refund_path = "/v3/refund/domestic/refunds";

std::string trade_path(const std::string& number) {
    return "/v3/pay/transactions/out-trade-no/" + number + "?mchid=1900000109";
}

}  // namespace

TEST_CASE("wechat v3: an order is paid, told, queried by both numbers, and costs 0.6 %") {
    Shop shop;
    CHECK(at(shop.post_json(native_path, native_order("ORDER-1", 1'000)), "code_url")
              .starts_with("weixin://wxpay/bizpayurl?pr="));
    CHECK(at(shop.get_json(trade_path("ORDER-1")), "trade_state") == "NOTPAY");
    shop.pass(seconds{3});
    REQUIRE(shop.arrived.size() == 1);
    const auto told = opened(shop.arrived[0]);
    CHECK(at(shop.arrived[0].json(), "event_type") == "TRANSACTION.SUCCESS");
    CHECK(at(told, "trade_state") == "SUCCESS");
    const std::string id = at(told, "transaction_id");
    CHECK(id.size() == 28);
    CHECK(shop.get_json(trade_path("ORDER-1")) == told);
    CHECK(shop.get_json("/v3/pay/transactions/id/" + id + "?mchid=1900000109") == told);
    CHECK(shop.balance("1900000109") == 994);
    shop.check_books();
}

TEST_CASE("wechat v3: the same request again is the same order; another one is refused") {
    Shop shop;
    CHECK(code_of(shop.post(native_path, native_order("ORDER-1", 1'000))) == "200");
    CHECK(code_of(shop.post(native_path, native_order("ORDER-1", 1'000))) == "200");
    CHECK(code_of(shop.post(native_path, native_order("ORDER-1", 1'001))) == "400 INVALID_REQUEST");
    shop.pass(seconds{3});
    CHECK(shop.arrived.size() == 1);
    CHECK(code_of(shop.post(native_path, native_order("ORDER-1", 1'000))) ==
          "403 OUT_TRADE_NO_USED");
    CHECK(code_of(shop.post(native_path, native_order("ORDER-2", 1))) == "200");
    CHECK(code_of(shop.post("/v3/pay/transactions/out-trade-no/ORDER-2/close",
                            {{"mchid", "1900000109"}})) == "204");
    CHECK(code_of(shop.post(native_path, native_order("ORDER-2", 1))) == "400 ORDER_CLOSED");
    shop.check_books();
}

TEST_CASE("wechat v3: who does not pay leaves the order open until it expires") {
    Shop shop;
    for (const char* ending : {"01", "02", "03", "04"}) {
        boost::json::object order = native_order(std::string("ORDER-") + ending, 100);
        order["payer"] =
            boost::json::object{{"openid", std::string("oTumaSandboxCustomer000000") + ending}};
        CHECK(code_of(shop.post("/v3/pay/transactions/jsapi", order)) == "200");
    }
    shop.pass(seconds{60});
    CHECK(at(shop.get_json(trade_path("ORDER-01")), "trade_state") == "NOTPAY");
    shop.pass(std::chrono::days{7});
    for (const char* ending : {"01", "02", "03", "04"})
        CHECK(at(shop.get_json(trade_path(std::string("ORDER-") + ending)), "trade_state") ==
              "NOTPAY");
    CHECK(shop.arrived.empty());
    CHECK(shop.balance("1900000109") == 0);
    shop.check_books();
}

TEST_CASE("wechat v3: refunds are asynchronous, idempotent, bounded, and give the fee back") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 1'000));
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-1", 400, 1'000))) ==
          "404 RESOURCE_NOT_EXISTS");
    shop.pass(seconds{3});
    const auto first = shop.post_json(refund_path, refund_of("ORDER-1", "R-1", 400, 1'000));
    CHECK(at(first, "status") == "PROCESSING");
    CHECK(at(first, "refund_id").size() == 29);
    CHECK(shop.post_json(refund_path, refund_of("ORDER-1", "R-1", 400, 1'000)) == first);
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-1", 401, 1'000))) ==
          "400 INVALID_REQUEST");
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-2", 400, 999))) ==
          "400 INVALID_REQUEST");
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-2", 601, 1'000))) ==
          "400 INVALID_REQUEST");
    CHECK(code_of(shop.post(refund_path, refund_of("NOBODY-1", "R-2", 1, 1'000))) ==
          "404 RESOURCE_NOT_EXISTS");
    shop.pass(seconds{3});
    REQUIRE(shop.arrived.size() == 2);
    const auto told = opened(shop.arrived[1]);
    CHECK(at(told, "refund_status") == "SUCCESS");
    CHECK(at(told, "amount/currency") == "(nothing)");
    CHECK(at(shop.get_json(std::string(refund_path) + "/R-1"), "status") == "SUCCESS");
    CHECK(at(shop.get_json(trade_path("ORDER-1")), "trade_state") == "REFUND");
    // 600 are left, and 0.6 % of them are the platform's: 6 taken, 2 given back.
    CHECK(shop.balance("1900000109") == 600 - 4);
    shop.check_books();
}

TEST_CASE("wechat v3: what a merchant does not have it cannot give back") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 1'000));
    shop.pass(std::chrono::days{2});
    CHECK(shop.balance("1900000109") == 0);
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-1", 400, 1'000))) ==
          "403 NOT_ENOUGH");
    shop.check_books();
}

TEST_CASE("wechat v3: a refund can end ABNORMAL or CLOSED; then no money has moved") {
    Shop shop;
    for (const char* ending : {"30", "31"}) {
        boost::json::object order = native_order(std::string("ORDER-") + ending, 1'000);
        order["payer"] =
            boost::json::object{{"openid", std::string("oTumaSandboxCustomer000000") + ending}};
        shop.post("/v3/pay/transactions/jsapi", order);
    }
    shop.pass(seconds{3});
    shop.post(refund_path, refund_of("ORDER-30", "R-30", 1'000, 1'000));
    shop.post(refund_path, refund_of("ORDER-31", "R-31", 1'000, 1'000));
    shop.pass(seconds{3});
    CHECK(at(shop.get_json(std::string(refund_path) + "/R-30"), "status") == "ABNORMAL");
    CHECK(at(shop.get_json(std::string(refund_path) + "/R-31"), "status") == "CLOSED");
    CHECK(at(shop.arrived[2].json(), "event_type") == "REFUND.ABNORMAL");
    CHECK(at(shop.arrived[3].json(), "event_type") == "REFUND.CLOSED");
    CHECK(shop.balance("1900000109") == 2 * 994);
    shop.check_books();
}

TEST_CASE("wechat v3: a refund that ended ABNORMAL is tried again to a card, once") {
    Shop shop;
    boost::json::object order = native_order("ORDER-30", 1'000);
    order["payer"] = boost::json::object{{"openid", "oTumaSandboxCustomer00000030"}};
    shop.post("/v3/pay/transactions/jsapi", order);
    shop.pass(seconds{3});
    const auto first = shop.post_json(refund_path, refund_of("ORDER-30", "R-30", 400, 1'000));
    const std::string id = at(first, "refund_id");
    const std::string path = std::string(refund_path) + "/" + id + "/apply-abnormal-refund";
    const boost::json::object wish{{"out_refund_no", "R-30"},
                                   {"type", "USER_BANK_CARD"},
                                   {"bank_type", "ICBC_DEBIT"},
                                   {"bank_account", sealed("6222000000000403")},
                                   {"real_name", sealed("张三")}};
    CHECK(code_of(shop.post(path, wish, sealing_header())) == "400 INVALID_REQUEST");
    shop.pass(seconds{3});
    CHECK(code_of(shop.post(path, wish)) == "400 PARAM_ERROR");
    CHECK(shop.balance("1900000109") == 994);
    const auto again = shop.post(path, wish, sealing_header());
    CHECK(code_of(again) == "200");
    CHECK(at(boost::json::parse(again.body), "status") == "PROCESSING");
    CHECK(code_of(shop.post(path, wish, sealing_header())) == "200");
    shop.pass(seconds{3});
    const auto done = shop.get_json(std::string(refund_path) + "/R-30");
    CHECK(at(done, "status") == "SUCCESS");
    CHECK(at(done, "refund_id") == id);
    CHECK(at(done, "channel") == "OTHER_BANKCARD");
    CHECK(at(done, "user_received_account") == "工商银行借记卡0403");
    CHECK(shop.balance("1900000109") == 596);
    REQUIRE(shop.arrived.size() == 3);
    CHECK(at(opened(shop.arrived[2]), "refund_id") == id);
    CHECK(code_of(shop.post(std::string(refund_path) + "/x/apply-abnormal-refund", wish,
                            sealing_header())) == "404 RESOURCE_NOT_EXISTS");
    shop.check_books();
}

TEST_CASE(
    "wechat v3: an ABNORMAL refund may go to the merchant's own card, and to no other bank's") {
    Shop shop;
    shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 1'000));
    shop.pass(seconds{3});
    const std::string id =
        at(boost::json::parse(shop.post(refund_path, refund_of("ORDER-1", "R-1", 400, 1'000),
                                        {{"Tuma-Scenario", "refund-abnormal"}})
                                  .body),
           "refund_id");
    shop.pass(seconds{3});
    const std::int64_t customer = shop.balance(wechat::Options{}.payer);
    const std::string path = std::string(refund_path) + "/" + id + "/apply-abnormal-refund";
    const boost::json::object elsewhere{{"out_refund_no", "R-1"},
                                        {"type", "USER_BANK_CARD"},
                                        {"bank_type", "HSBC_DEBIT"},
                                        {"bank_account", sealed("6222000000000403")},
                                        {"real_name", sealed("张三")}};
    CHECK(code_of(shop.post(path, elsewhere, sealing_header())) == "400 PARAM_ERROR");
    CHECK(code_of(shop.post(path, {{"out_refund_no", "R-1"}, {"type", "MERCHANT_BANK_CARD"}})) ==
          "200");
    shop.pass(seconds{3});
    const auto done = shop.get_json(std::string(refund_path) + "/R-1");
    CHECK(at(done, "status") == "SUCCESS");
    CHECK(at(done, "refund_id") == id);
    CHECK(at(done, "user_received_account") == "商户结算银行账户");
    CHECK(shop.balance("1900000109") == 596);
    CHECK(shop.balance("1900000109.card") == 400);
    CHECK(shop.balance(wechat::Options{}.payer) == customer);
    // It counts as given back.
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-2", 601, 1'000))) ==
          "400 INVALID_REQUEST");
    shop.check_books();
}

TEST_CASE("wechat v3: a payment of a combined order remembers its customer for refunds") {
    Shop shop;
    const auto part = [](const char* number) {
        return boost::json::object{
            {"mchid", "1900000109"},
            {"attach", "a"},
            {"amount", boost::json::object{{"total_amount", 500}, {"currency", "CNY"}}},
            {"out_trade_no", number},
            {"description", "d"}};
    };
    shop.post("/v3/combine-transactions/jsapi",
              {{"combine_appid", "wxd678efh567hg6787"},
               {"combine_mchid", "1900000109"},
               {"combine_out_trade_no", "WHOLE-1"},
               {"notify_url", "http://127.0.0.1:9/n"},
               {"combine_payer_info", {{"openid", "oTumaSandboxCustomer00000030"}}},
               {"sub_orders", boost::json::array{part("PART-1"), part("PART-2")}}});
    shop.pass(seconds{3});
    shop.post(refund_path, refund_of("PART-1", "R-1", 500, 500));
    shop.pass(seconds{3});
    CHECK(at(shop.get_json(std::string(refund_path) + "/R-1"), "status") == "ABNORMAL");
    shop.check_books();
}

TEST_CASE("wechat v3: of certificates that are asked for at one moment one is made") {
    Shop shop;
    const http::HttpRequest rotation{.method = "POST", .target = "/wechat/platform/rotate"};
    std::vector<int> statuses;
    for (const http::HttpReply& reply : shop.send_together({3, rotation}))
        statuses.push_back(reply.status);
    CHECK(statuses == std::vector{201, 409, 409});
    CHECK(shop.get_json("/v3/certificates").at("data").as_array().size() == 2);
}

TEST_CASE("wechat v3: certificates made within a day do not drive out the one that signs") {
    Shop shop;
    for (int i = 0; i < 6; ++i)
        CHECK(shop.send({.method = "POST", .target = "/wechat/platform/rotate"}).status == 201);
    // The shop checks the signature with the certificate that it began with.
    const auto listed = shop.get_json("/v3/certificates");
    CHECK(listed.at("data").as_array().size() == 5);
    shop.pass(std::chrono::days{2});
    const http::HttpReply later = shop.send(shop.signed_request("GET", "/v3/certificates"));
    CHECK(later.status == 200);
    CHECK(
        *http::find(later.headers, "Wechatpay-Serial") !=
        crypto::Certificate::read(shop.platform.certificates.front().certificate).value().serial());
}

TEST_CASE("wechat v3: nobody's callback climbs the ladder of 24 h 4 min with one id") {
    Shop shop;
    shop.receiver = [](const Arrived&) { return protocols::CallbackResult{500, {}, {}}; };
    shop.post(native_path, native_order("ORDER-1", 1));
    shop.pass(std::chrono::days{2});
    REQUIRE(shop.arrived.size() == 16);
    std::vector<std::int64_t> waits;
    for (std::size_t i = 1; i < shop.arrived.size(); ++i) {
        waits.push_back((shop.arrived[i].time - shop.arrived[i - 1].time) / seconds{1});
        CHECK(shop.arrived[i].json().at("id") == shop.arrived[0].json().at("id"));
        CHECK(opened(shop.arrived[i]) == opened(shop.arrived[0]));
    }
    CHECK(waits == std::vector<std::int64_t>{15, 15, 30, 180, 600, 1'200, 1'800, 1'800, 1'800,
                                             3'600, 10'800, 10'800, 10'800, 21'600, 21'600});
}

TEST_CASE("wechat v3: a signature probe comes first where it is asked for") {
    wechat::Options options;
    options.signature_probes = true;
    Shop shop(options);
    shop.post(native_path, native_order("ORDER-1", 1));
    shop.pass(seconds{60});
    REQUIRE(shop.arrived.size() == 2);
    const auto signature = [&](std::size_t i) {
        return *http::find(shop.arrived[i].callback.headers, "Wechatpay-Signature");
    };
    CHECK(signature(0).starts_with("WECHATPAY/SIGNTEST/"));
    CHECK(at(opened(shop.arrived[1]), "trade_state") == "SUCCESS");
}

TEST_CASE("wechat v3: the key of a reply is the merchant's mode and what the request can verify") {
    Shop shop;
    const auto serial = [&](http::Fields headers) {
        const auto reply = shop.call("GET", trade_path("ORDER-0"), {}, std::move(headers));
        return *http::find(reply.headers, "Wechatpay-Serial");
    };
    shop.post(native_path, native_order("ORDER-0", 1), {{"Tuma-Scenario", "ignore"}});
    const std::string id = shop.platform.public_key_id;
    const std::string certificate = serial({});
    CHECK(certificate != id);
    CHECK(serial({{"Wechatpay-Serial", id}}) == id);
    shop.merchant.keys = "cert";
    shop.store(shop.merchant);
    CHECK(serial({{"Wechatpay-Serial", id}}) == certificate);
    shop.merchant.keys = "pubkey";
    shop.merchant.callback_keys = "pubkey";
    shop.store(shop.merchant);
    CHECK(serial({}) == id);
    CHECK(code_of(shop.get("/v3/certificates")) == "404 RESOURCE_NOT_EXISTS");
    shop.post(native_path, native_order("ORDER-1", 1));
    shop.pass(seconds{3});
    CHECK(*http::find(shop.arrived.at(0).callback.headers, "Wechatpay-Serial") == id);
}

TEST_CASE("wechat v3: faults on purpose: wrong signature, old timestamp, any error") {
    Shop shop;
    const auto words = [](const char* text) { return http::Fields{{"Tuma-Fault", text}}; };
    CHECK(code_of(shop.call("GET", trade_path("X-00000"), {}, words("error:SYSTEM_ERROR"))) ==
          "500 SYSTEM_ERROR");
    CHECK(code_of(shop.call("GET", trade_path("X-00000"), {},
                            {{"Wechatpay-Negative-Test", "FREQUENCY_LIMITED"}})) ==
          "429 FREQUENCY_LIMITED");
    shop.post(native_path, native_order("ORDER-1", 1));
    const auto reply = shop.call("GET", trade_path("ORDER-1"), {}, words("stale-timestamp"));
    const std::int64_t age = shop.world.now.time_since_epoch() / seconds{1} -
                             std::stoll(*http::find(reply.headers, "Wechatpay-Timestamp"));
    CHECK(age == 600);
}

TEST_CASE("wechat v3: what is told survives a restart, and nothing is told twice for it") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 1'000));
    shop.restart();
    shop.pass(seconds{3});
    CHECK(shop.arrived.size() == 1);
    shop.restart();
    shop.pass(std::chrono::days{1});
    CHECK(shop.arrived.size() == 1);
    CHECK(at(shop.get_json(trade_path("ORDER-1")), "trade_state") == "SUCCESS");
}

TEST_CASE("wechat v3: requests that are not signed, or too long ago, get the platform's 401") {
    Shop shop;
    const http::HttpRequest bare{.method = "GET", .target = trade_path("ORDER-1")};
    CHECK(code_of(shop.send(bare)) == "401 SIGN_ERROR");
    const std::string body = boost::json::serialize(native_order("ORDER-1", 1));
    const http::HttpRequest early = shop.signed_request("POST", native_path, body);
    shop.pass(seconds{300});
    CHECK(code_of(shop.send(early)) == "200");
    shop.pass(seconds{1});
    CHECK(code_of(shop.send(early)) == "401 SIGN_ERROR");
    http::HttpRequest altered = shop.signed_request("POST", native_path, body);
    altered.body.insert(1, " ");
    const auto reply = shop.send(altered);
    CHECK(code_of(reply) == "401 SIGN_ERROR");
    CHECK(at(boost::json::parse(reply.body), "detail/sign_information/url") == native_path);
}

TEST_CASE("wechat v3: a merchant's only sale can be given back whole, its fee with it") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 100));
    shop.pass(seconds{3});
    CHECK(shop.balance("1900000109") == 99);
    CHECK(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-1", 100, 100))) == "200");
    CHECK(shop.balance("1900000109") == 0);
    CHECK(shop.balance("wechat-china.fees") == 0);
    shop.check_books();
}

TEST_CASE("wechat v3: fifty refunds of 0.84 give 0.25 back and no more; then nothing is paid out") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 42'00));
    shop.pass(seconds{3});
    CHECK(shop.balance("wechat-china.fees") == 25);
    std::int64_t fees = 25;
    for (int i = 0; i < 50; ++i) {
        if (i == 20) shop.restart();
        const std::string number = "R-" + std::to_string(i);
        REQUIRE(code_of(shop.post(refund_path, refund_of("ORDER-1", number, 84, 42'00))) == "200");
        CHECK(shop.balance("wechat-china.fees") <= fees);
        fees = shop.balance("wechat-china.fees");
        CHECK(fees >= 0);
    }
    CHECK(fees == 0);
    CHECK(shop.balance("1900000109") == 0);
    shop.pass(std::chrono::days{2});
    CHECK(shop.balance("1900000109.bank") == 0);
    CHECK(shop.balance("wechat-china.fees") == 0);
    shop.check_books();
}

TEST_CASE("wechat v3: two refunds of 0.50 give the 0.01 of 1.00 back, once") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 1'00));
    shop.pass(seconds{3});
    for (const char* number : {"R-1", "R-2"})
        REQUIRE(code_of(shop.post(refund_path, refund_of("ORDER-1", number, 50, 1'00))) == "200");
    CHECK(shop.balance("wechat-china.fees") == 0);
    CHECK(shop.balance("1900000109") == 0);
    shop.check_books();
}

TEST_CASE("wechat v3: refunds that do not arrive take no part of the fee along") {
    Shop shop;
    shop.post(native_path, native_order("ORDER-1", 10'00));
    shop.pass(seconds{3});
    REQUIRE(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-1", 5'00, 10'00),
                              {{"Tuma-Scenario", "refund-abnormal"}})) == "200");
    CHECK(shop.balance("wechat-china.fees") == 6);
    shop.pass(seconds{3});
    REQUIRE(code_of(shop.post(refund_path, refund_of("ORDER-1", "R-2", 5'00, 10'00))) == "200");
    CHECK(shop.balance("wechat-china.fees") == 3);
    shop.check_books();
}
