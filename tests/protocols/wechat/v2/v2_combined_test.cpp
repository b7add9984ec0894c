// API v2: several orders that a customer pays at once.
#include "protocols/crypto/rsa.h"
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;
using wechat::V2Fields;

namespace json = boost::json;

namespace {

constexpr const char* combine_path = "/pay/combinedorder";

json::object listed(const std::string& number, std::int64_t total) {
    return {{"appid", "wxd678efh567hg6787"},
            {"mch_id", "1900000109"},
            {"body", "d"},
            {"attach", "a"},
            {"out_trade_no", number},
            {"fee_type", "CNY"},
            {"total_fee", total}};
}

// Signed with HMAC-SHA256 under the names that these APIs have for appid and mch_id.
V2Fields of_whole(const V2Shop& shop, V2Fields fields) {
    fields.emplace("combine_appid", shop.merchant.appids.front());
    fields.emplace("combine_mch_id", shop.merchant.mchid);
    fields.emplace("combine_out_trade_no", "WHOLE-1");
    fields.emplace("nonce_str", "nonce");
    fields.emplace("sign_type", "HMAC-SHA256");
    const auto type = wechat::v2_sign_type(fields).value_or(wechat::V2SignType::md5);
    fields.emplace("sign", wechat::sign_v2(fields, shop.merchant.v2_key, type));
    return fields;
}

V2Fields combining(json::array list) {
    return {{"spbill_create_ip", "127.0.0.1"},
            {"notify_url", "http://127.0.0.1:9/notify"},
            {"trade_type", "NATIVE"},
            {"scene_info", R"({"payer_client_ip":"14.17.22.32"})"},
            {"sub_order_list",
             json::serialize(json::object{{"order_num", list.size()}, {"order_list", list}})}};
}

V2Fields sent(V2Shop& shop, const char* path, const V2Fields& fields) {
    const V2Fields reply =
        wechat::read_v2_xml(shop.send_xml(path, v2_body(of_whole(shop, fields))).body).value();
    if (of(reply, "return_code") == "SUCCESS")
        CHECK(of(reply, "sign") ==
              wechat::sign_v2(reply, shop.merchant.v2_key, wechat::V2SignType::hmac_sha256));
    return reply;
}

}  // namespace

TEST_CASE("wechat v2 combined: several orders are paid at once, told once, and refunded singly") {
    V2Shop shop;
    const V2Fields wanted = combining({listed("PART-1", 500), listed("PART-2", 300)});
    const V2Fields made = sent(shop, combine_path, wanted);
    CHECK(of(made, "result_code") == "SUCCESS");
    CHECK(of(made, "combine_mch_id") == "1900000109");
    CHECK(of(made, "code_url").starts_with("weixin://"));
    CHECK(of(sent(shop, combine_path, wanted), "result_code") == "SUCCESS");
    CHECK(of(sent(shop, combine_path, combining({listed("PART-1", 500), listed("PART-2", 301)})),
             "err_code") == "INVALID_REQUEST");
    CHECK(of(sent(shop, "/pay/querycombinedorder", {}), "trade_state") == "NOTPAY");
    shop.pass(seconds{3});
    const V2Fields found = sent(shop, "/pay/querycombinedorder", {});
    CHECK(of(found, "trade_state") == "SUCCESS");
    const json::value list = json::parse(of(found, "sub_order_list"));
    CHECK(at(list, "order_num") == "2");
    CHECK(at(list, "order_list/1/out_trade_no") == "PART-2");
    CHECK(at(list, "order_list/1/amount/total_amount") == "300");
    CHECK(at(list, "order_list/1/description") == "d");
    REQUIRE(shop.arrived.size() == 1);
    const V2Fields told = wechat::read_v2_xml(shop.arrived[0].callback.body).value();
    CHECK(of(told, "combine_out_trade_no") == "WHOLE-1");
    CHECK(of(told, "sign") ==
          wechat::sign_v2(told, shop.merchant.v2_key, wechat::V2SignType::hmac_sha256));
    CHECK(at(json::parse(of(told, "sub_order_list")), "order_list/1/transaction_id") ==
          at(list, "order_list/1/transaction_id"));
    CHECK(shop.code_v2("/secapi/pay/refund", v2_refund_of("PART-2", "R-1", "300", "300")) ==
          "SUCCESS");
    CHECK(shop.balance("1900000109") == 497);
    // Made in v2, it is the same in v3.
    CHECK(at(shop.get_json("/v3/combine-transactions/out-trade-no/WHOLE-1"),
             "sub_orders/0/trade_state") == "SUCCESS");
    shop.check_books();
}

TEST_CASE("wechat v2 combined: closed as a whole only, and what is wrong with a list") {
    V2Shop shop;
    const auto message = [&](V2Fields fields) {
        return of(sent(shop, combine_path, fields), "return_msg");
    };
    CHECK(message(combining({listed("PART-1", 500)})).find("sub_order_list") != std::string::npos);
    CHECK(message({{"sub_order_list", "x"}}) == "缺少参数trade_type");
    V2Fields wrong = combining({});
    wrong["sub_order_list"] = "[";
    CHECK(message(wrong).find("JSON") != std::string::npos);
    json::object unknown = listed("PART-2", 1);
    unknown["price"] = 1;
    CHECK(message(combining({listed("PART-1", 500), unknown})) == "不识别的参数price");
    json::object text = listed("PART-2", 1);
    text["total_fee"] = "1";
    CHECK(message(combining({listed("PART-1", 500), text})).find("total_fee") != std::string::npos);
    V2Fields md5 = combining({listed("PART-1", 500), listed("PART-2", 300)});
    md5["sign_type"] = "MD5";
    CHECK(message(md5) == "sign_type仅支持HMAC-SHA256");
    CHECK(of(sent(shop, combine_path, combining({listed("PART-1", 500), listed("PART-2", 300)})),
             "result_code") == "SUCCESS");
    const auto closed = [&](json::array list) {
        return sent(shop, "/pay/closecombinedorder", {{"sub_order_list", json::serialize(list)}});
    };
    const auto part = [](const char* number) {
        return json::object{{"mchid", "1900000109"}, {"out_trade_no", number}};
    };
    CHECK(of(closed({part("PART-1")}), "err_code") == "INVALID_REQUEST");
    CHECK(of(closed({part("PART-1"), part("PART-2")}), "result_code") == "SUCCESS");
    CHECK(of(sent(shop, "/pay/querycombinedorder", {}), "trade_state") == "CLOSED");
    shop.pass(seconds{5});
    CHECK(shop.balance("1900000109") == 0);
    shop.check_books();
}

TEST_CASE("wechat v2: the platform's key for bank cards is told without a sign") {
    V2Shop shop;
    V2Fields fields{{"mch_id", shop.merchant.mchid}, {"nonce_str", "n"}};
    fields.emplace("sign", wechat::sign_v2(fields, shop.merchant.v2_key, wechat::V2SignType::md5));
    const V2Fields reply =
        wechat::read_v2_xml(shop.send_xml("/risk/getpublickey", v2_body(fields)).body).value();
    CHECK(!reply.contains("sign"));
    const auto key = crypto::PrivateKey::read(shop.platform.public_key_private).value();
    CHECK(of(reply, "pub_key") == key.public_key().pem_pkcs1());
}
