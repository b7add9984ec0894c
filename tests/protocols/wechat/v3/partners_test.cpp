// Service providers, who act for merchants that sell: orders, refunds, sharings, bills, in v3 and
// v2.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* provider = "1900000109";
constexpr const char* seller = "1900000110";
constexpr const char* sub_appid = "wxsub0000000000001";
constexpr const char* partner_path = "/v3/pay/partner/transactions/";

// A provider that acts for one merchant; another merchant that it has nothing to do with.
struct Partners {
    V2Shop shop;

    Partners() : shop(wechat::Options{}) {
        wechat::Merchant other = shop.merchant;
        other.mchid = seller;
        other.appids = {sub_appid};
        // What the provider signs and reads is under its own keys.
        other.apiv3_key.clear();
        other.v2_key.clear();
        shop.store(other);
        other.mchid = "1900000111";
        shop.store(other);
        shop.merchant.sub_mchids = {seller};
        shop.store(shop.merchant);
    }
    // A request that somebody else has signed.
    std::string as(const char* mchid, const std::string& method, const std::string& target,
                   const std::string& body = {}) {
        shop.merchant.mchid = mchid;
        const http::HttpRequest request = shop.signed_request(method, target, body);
        shop.merchant.mchid = provider;
        return code_of(shop.send(request));
    }
    std::string query(const std::string& number, const std::string& parties) {
        return partner_path + ("out-trade-no/" + number) + "?" + parties;
    }
};

json::object partner_order(const std::string& number, std::int64_t total) {
    json::object order = native_order(number, total);
    order.erase("appid");
    order.erase("mchid");
    order["sp_appid"] = "wxd678efh567hg6787";
    order["sp_mchid"] = provider;
    order["sub_mchid"] = seller;
    return order;
}

json::object partner_jsapi(json::object payer) {
    json::object order = partner_order("ORDER-1", 1'000);
    order["sub_appid"] = sub_appid;
    order["payer"] = std::move(payer);
    return order;
}

constexpr const char* of_both = "sp_mchid=1900000109&sub_mchid=1900000110";

}  // namespace

TEST_CASE(
    "wechat partners: an order for a merchant is the merchant's money and the provider's news") {
    Partners world;
    Shop& shop = world.shop;
    const std::string path = std::string(partner_path) + "jsapi";
    CHECK(!at(shop.post_json(path, partner_jsapi({{"sub_openid", "oSubPerson"}})), "prepay_id")
               .empty());
    CHECK(at(shop.get_json(world.query("ORDER-1", of_both)), "trade_state") == "NOTPAY");
    shop.pass(seconds{3});
    const json::value told = opened(shop.arrived.at(0));
    CHECK(told == json::value{{"sp_appid", "wxd678efh567hg6787"},
                              {"sp_mchid", provider},
                              {"sub_appid", sub_appid},
                              {"sub_mchid", seller},
                              {"out_trade_no", "ORDER-1"},
                              {"transaction_id", at(told, "transaction_id")},
                              {"trade_type", "JSAPI"},
                              {"trade_state", "SUCCESS"},
                              {"trade_state_desc", "支付成功"},
                              {"bank_type", "OTHERS"},
                              {"attach", ""},
                              {"success_time", "2026-10-02T10:00:03+08:00"},
                              {"payer", {{"sub_openid", "oSubPerson"}}},
                              {"amount",
                               {{"total", 1'000},
                                {"payer_total", 1'000},
                                {"currency", "CNY"},
                                {"payer_currency", "CNY"}}}});
    CHECK(shop.get_json(world.query("ORDER-1", of_both)) == told);
    CHECK(shop.get_json(partner_path + ("id/" + at(told, "transaction_id")) + "?" + of_both) ==
          told);
    CHECK(shop.balance(seller) == 994);
    CHECK(!shop.directory.account(provider));
    // Neither the merchant itself nor anybody else sees it.
    CHECK(world.as(seller, "GET", "/v3/pay/transactions/out-trade-no/ORDER-1?mchid=1900000110") ==
          "404 ORDER_NOT_EXIST");
    CHECK(world.as("1900000111", "GET", world.query("ORDER-1", of_both)) == "403 NO_AUTH");
    shop.check_books();
}

TEST_CASE("wechat partners: who acts for whom, and what each of them has to say") {
    Partners world;
    Shop& shop = world.shop;
    const std::string path = std::string(partner_path) + "jsapi";
    const auto ordered = [&](const char* key, const json::value& value) {
        json::object order = partner_jsapi({{"sp_openid", "oPerson"}});
        order[key] = value;
        return code_of(shop.post(path, order));
    };
    CHECK(ordered("sub_mchid", "1900000111") == "403 NO_AUTH");
    CHECK(ordered("sub_mchid", "1900000199") == "403 NO_AUTH");
    CHECK(ordered("sub_mchid", nullptr) == "400 PARAM_ERROR");
    CHECK(ordered("sub_mchid", 1) == "400 PARAM_ERROR");
    CHECK(ordered("sp_mchid", seller) == "400 PARAM_ERROR");
    CHECK(ordered("sp_appid", sub_appid) == "400 APPID_MCHID_NOT_MATCH");
    CHECK(ordered("sub_appid", "wxd678efh567hg6787") == "400 APPID_MCHID_NOT_MATCH");
    CHECK(ordered("mchid", provider) == "400 PARAM_ERROR");
    CHECK(ordered("payer", json::object{}) == "400 PARAM_ERROR");
    CHECK(ordered("payer", json::object{{"openid", "oPerson"}}) == "400 PARAM_ERROR");
    json::object order = partner_jsapi({{"sub_openid", "oPerson"}});
    order.erase("sub_appid");
    CHECK(code_of(shop.post(path, order)) == "400 PARAM_ERROR");
    CHECK(ordered("payer", json::object{{"sp_openid", "oPerson"}}) == "200");
    CHECK(code_of(shop.get(world.query("ORDER-1", "sp_mchid=1900000109"))) == "400 PARAM_ERROR");
    CHECK(code_of(shop.get(world.query("ORDER-1", "sub_mchid=1900000110"))) == "400 PARAM_ERROR");
    // A provider has no orders of its own, and no merchant has a provider's APIs.
    const http::HttpReply direct =
        shop.post("/v3/pay/transactions/native", native_order("ORDER-2", 1));
    CHECK(at(json::parse(direct.body), "message") == "受理机构必须传入sub_mch_id");
    CHECK(code_of(shop.get("/v3/refund/domestic/refunds/R-1")) == "400 PARAM_ERROR");
    CHECK(code_of(shop.get("/v3/refund/domestic/refunds/R-1?sub_mchid=1900000110")) ==
          "404 RESOURCE_NOT_EXISTS");
    CHECK(world.as(seller, "POST", path, json::serialize(partner_jsapi({}))) == "403 NO_AUTH");
    CHECK(world.as(seller, "GET", "/v3/refund/domestic/refunds/R-1?sub_mchid=1900000110") ==
          "400 PARAM_ERROR");
    shop.check_books();
}

TEST_CASE("wechat partners: closing, payments by code and what takes them back") {
    Partners world;
    Shop& shop = world.shop;
    const auto native = [&](const char* number) {
        return code_of(shop.post(std::string(partner_path) + "native", partner_order(number, 100)));
    };
    CHECK(native("ORDER-1") == "200");
    const std::string numbers = std::string(partner_path) + "out-trade-no/";
    json::object parties{{"sp_mchid", provider}};
    CHECK(code_of(shop.post(numbers + "ORDER-1/close", parties)) == "400 PARAM_ERROR");
    parties["sub_mchid"] = seller;
    CHECK(code_of(shop.post(numbers + "ORDER-1/close", parties)) == "204");
    CHECK(at(shop.get_json(world.query("ORDER-1", of_both)), "trade_state") == "CLOSED");
    json::object order = partner_order("ORDER-2", 100);
    order.erase("notify_url");
    order["payer"] = json::object{{"auth_code", "130061098828009406"}};
    order["scene_info"] = json::object{{"store_info", json::object{{"id", "1"}}}};
    const auto paid = shop.post_json(std::string(partner_path) + "codepay", order);
    CHECK(at(paid, "trade_state") == "SUCCESS");
    CHECK(at(paid, "sub_mchid") == seller);
    CHECK(shop.balance(seller) == 99);
    const auto reversed = shop.post_json(numbers + "ORDER-2/reverse", parties);
    CHECK(reversed ==
          json::value{{"sp_mchid", provider}, {"sub_mchid", seller}, {"out_trade_no", "ORDER-2"}});
    CHECK(shop.balance(seller) == 0);
    CHECK(at(shop.get_json(world.query("ORDER-2", of_both)), "trade_state") == "REVOKED");
    shop.check_books();
}

TEST_CASE("wechat partners: refunds, with whose money and by whose callback") {
    Partners world;
    Shop& shop = world.shop;
    shop.post(std::string(partner_path) + "native", partner_order("ORDER-1", 1'000));
    shop.pass(seconds{3});
    json::object refund = refund_of("ORDER-1", "R-1", 400, 1'000);
    CHECK(code_of(shop.post("/v3/refund/domestic/refunds", refund)) == "400 PARAM_ERROR");
    refund["sub_mchid"] = seller;
    CHECK(at(shop.post_json("/v3/refund/domestic/refunds", refund), "status") == "PROCESSING");
    shop.pass(seconds{3});
    const auto told = opened(shop.arrived.at(1));
    CHECK(at(told, "sp_mchid") == provider);
    CHECK(at(told, "sub_mchid") == seller);
    CHECK(at(told, "mchid") == "(nothing)");
    CHECK(at(told, "refund_status") == "SUCCESS");
    const std::string query = "/v3/refund/domestic/refunds/R-1";
    CHECK(at(shop.get_json(query + "?sub_mchid=1900000110"), "status") == "SUCCESS");
    CHECK(world.as(seller, "GET", query) == "404 RESOURCE_NOT_EXISTS");
    CHECK(shop.balance(seller) == 596);
    shop.pass(std::chrono::days{1});
    const auto bill = shop.get_json("/v3/bill/tradebill?bill_date=2026-10-02&sub_mchid=1900000110");
    const std::string url = at(bill, "download_url");
    const std::string file = shop.get(url.substr(url.find("/v3/"))).body;
    CHECK(file.find("`wxd678efh567hg6787,`1900000109,`1900000110,`,`") != std::string::npos);
    CHECK(file.find("`2,`10.00,`4.00,") != std::string::npos);
    CHECK(code_of(shop.get("/v3/bill/tradebill?bill_date=2026-10-02")) == "400 NO_STATEMENT_EXIST");
    shop.check_books();
}

TEST_CASE("wechat partners: profit is shared for a merchant") {
    Partners world;
    Shop& shop = world.shop;
    json::object order = partner_order("ORDER-1", 1'000);
    order["settle_info"] = json::object{{"profit_sharing", true}};
    shop.post(std::string(partner_path) + "native", order);
    shop.pass(seconds{63});
    const std::string id = at(opened(shop.arrived.at(0)), "transaction_id");
    const json::object receiver{{"sub_mchid", seller},    {"appid", "wxd678efh567hg6787"},
                                {"type", "MERCHANT_ID"},  {"account", provider},
                                {"name", sealed("张三")}, {"relation_type", "SERVICE_PROVIDER"}};
    CHECK(code_of(shop.post("/v3/profitsharing/receivers/add", receiver, sealing_header())) ==
          "200");
    const json::object sharing{{"sub_mchid", seller},
                               {"appid", "wxd678efh567hg6787"},
                               {"transaction_id", id},
                               {"out_order_no", "S-1"},
                               {"receivers", json::array{json::object{{"type", "MERCHANT_ID"},
                                                                      {"account", provider},
                                                                      {"amount", 100},
                                                                      {"description", "fee"}}}},
                               {"unfreeze_unsplit", true}};
    CHECK(at(shop.post_json("/v3/profitsharing/orders", sharing), "sub_mchid") == seller);
    shop.pass(seconds{1});
    const std::string path = "/v3/profitsharing/orders/S-1?transaction_id=" + id;
    CHECK(at(shop.get_json(path + "&sub_mchid=1900000110"), "state") == "FINISHED");
    CHECK(world.as(seller, "GET", path) == "404 RESOURCE_NOT_EXISTS");
    CHECK(shop.balance(seller) == 894);
    CHECK(shop.balance("1900000109.operating") == 100'000'100);
    CHECK(at(shop.get_json("/v3/profitsharing/transactions/" + id + "/amounts"),
             "unsplit_amount") == "0");
    shop.check_books();
}

TEST_CASE("wechat partners: several merchants' orders are paid at once") {
    Partners world;
    Shop& shop = world.shop;
    shop.merchant.sub_mchids = {seller, "1900000111"};
    shop.store(shop.merchant);
    const auto part = [](const char* number, const char* sub) {
        return json::object{
            {"mchid", provider},      {"sub_mchid", sub},
            {"attach", "a"},          {"amount", {{"total_amount", 500}, {"currency", "CNY"}}},
            {"out_trade_no", number}, {"description", "d"}};
    };
    const auto whole = [&](const char* second) {
        return json::object{
            {"combine_appid", "wxd678efh567hg6787"},
            {"combine_mchid", provider},
            {"combine_out_trade_no", "WHOLE-1"},
            {"notify_url", "http://127.0.0.1:9/n"},
            {"sub_orders", json::array{part("PART-1", seller), part("PART-2", second)}}};
    };
    CHECK(code_of(shop.post("/v3/combine-transactions/native", whole("1900000199"))) ==
          "403 NO_AUTH");
    CHECK(code_of(shop.post("/v3/combine-transactions/native", whole("1900000111"))) == "200");
    shop.pass(seconds{3});
    const auto told = opened(shop.arrived.at(0));
    CHECK(at(told, "sub_orders/1/mchid") == provider);
    CHECK(at(told, "sub_orders/1/sub_mchid") == "1900000111");
    CHECK(shop.get_json("/v3/combine-transactions/out-trade-no/WHOLE-1") == told);
    CHECK(shop.balance(seller) == 497);
    CHECK(shop.balance("1900000111") == 497);
    json::object refund = refund_of("PART-2", "R-1", 500, 500);
    refund["sub_mchid"] = "1900000111";
    CHECK(code_of(shop.post("/v3/refund/domestic/refunds", refund)) == "200");
    CHECK(shop.balance("1900000111") == 0);
    shop.check_books();
}

TEST_CASE("wechat partners: v2 has the same, with fields of its own") {
    Partners world;
    V2Shop& shop = world.shop;
    wechat::V2Fields order = v2_order("ORDER-1", "1000");
    CHECK(shop.code_v2("/pay/unifiedorder", order) == "受理机构必须传入sub_mch_id");
    order["sub_mch_id"] = "1900000111";
    CHECK(shop.code_v2("/pay/unifiedorder", order) == "NOAUTH");
    order["sub_mch_id"] = seller;
    order["sub_appid"] = sub_appid;
    order["trade_type"] = "JSAPI";
    CHECK(shop.code_v2("/pay/unifiedorder", order) == "缺少参数openid");
    order["sub_openid"] = "oSubPerson";
    const wechat::V2Fields made = shop.call_v2("/pay/unifiedorder", order);
    CHECK(of(made, "result_code") == "SUCCESS");
    CHECK(of(made, "mch_id") == provider);
    CHECK(of(made, "sub_mch_id") == seller);
    CHECK(of(made, "sub_appid") == sub_appid);
    shop.pass(seconds{3});
    const wechat::V2Fields told = wechat::read_v2_xml(shop.arrived.at(0).callback.body).value();
    CHECK(of(told, "mch_id") == provider);
    CHECK(of(told, "sub_mch_id") == seller);
    CHECK(of(told, "sub_openid") == "oSubPerson");
    CHECK(!wechat::verify_v2(told, shop.merchant.v2_key));
    wechat::V2Fields query{{"out_trade_no", "ORDER-1"}, {"sub_mch_id", seller}};
    CHECK(of(shop.call_v2("/pay/orderquery", query), "trade_state") == "SUCCESS");
    wechat::V2Fields refund = v2_refund_of("ORDER-1", "R-1", "400", "1000");
    refund["sub_mch_id"] = seller;
    CHECK(shop.code_v2("/secapi/pay/refund", refund) == "SUCCESS");
    query.emplace("out_refund_no", "R-1");
    query.erase("out_trade_no");
    CHECK(of(shop.call_v2("/pay/refundquery", query), "refund_fee_0") == "400");
    CHECK(shop.balance(seller) == 596);
    // Made in v2, it is the same in v3.
    CHECK(at(shop.get_json(world.query("ORDER-1", of_both)), "trade_state") == "REFUND");
    shop.check_books();
}

TEST_CASE("wechat partners: who is no service provider does not know v2's field") {
    V2Shop shop;
    CHECK(shop.code_v2("/pay/orderquery", {{"out_trade_no", "OTN1"}, {"sub_mch_id", seller}}) ==
          "不识别的参数sub_mch_id");
}
