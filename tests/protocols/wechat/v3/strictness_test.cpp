// What the real service refuses is refused, in its words; each option makes it lenient again.
#include "protocols/wechat/wire/complaints.h"
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

constexpr const char* strict_path = "/v3/pay/transactions/native";
constexpr const char* strict_refund_path = "/v3/refund/domestic/refunds";
constexpr const char* undefined_sentence = "请求中含有未在API文档中定义的参数";

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

json::object plain() {
    return native_order("ORDER-1", 100);
}

json::object jsapi() {
    json::object order = plain();
    order["payer"] = json::object{{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}};
    return order;
}

json::object h5() {
    json::object order = plain();
    order["scene_info"] = json::object{{"payer_client_ip", "14.23.150.211"},
                                       {"h5_info", json::object{{"type", "Wap"}}}};
    return order;
}

// The body with another value at a pointer, objects on the way made where they are missing.
json::object with(json::object body, const std::string& pointer, const json::value& put) {
    json::value changed = std::move(body);
    json::value* place = &changed;
    for (std::size_t at = 1; at <= pointer.size();) {
        const std::size_t end = std::min(pointer.find('/', at), pointer.size());
        const std::string name = pointer.substr(at, end - at);
        if (place->is_array()) {
            place = &place->get_array().at(std::stoul(name));
        } else {
            if (!place->is_object()) *place = json::object{};
            place = &place->get_object()[name];
        }
        at = end + 1;
    }
    *place = put;
    return changed.get_object();
}

json::object with(json::object body, const std::string& pointer, const std::string& put) {
    return with(std::move(body), pointer, json::value(json::string(put)));
}

json::object with(json::object body, const std::string& pointer, const char* put) {
    return with(std::move(body), pointer, std::string(put));
}

json::array goods(json::object more) {
    json::object one{{"merchant_goods_id", "g"}, {"quantity", 1}, {"unit_price", 100}};
    for (const auto& member : more) one[member.key()] = member.value();
    return {one};
}

struct Refused {
    std::string message;
    json::value detail;
};

Refused refused(const http::HttpReply& reply) {
    CHECK(code_of(reply) == "400 PARAM_ERROR");
    const json::value body = json::parse(reply.body);
    const json::value* const detail = body.as_object().if_contains("detail");
    return {at(body, "message"), detail == nullptr ? json::value{} : *detail};
}

}  // namespace

TEST_CASE("wechat strict: lengths are bytes of UTF-8, told with number and bound") {
    Shop shop;
    const auto order = [&](const char* key, const std::string& value) {
        return shop.post(strict_path, with(plain(), std::string("/") + key, value));
    };
    Refused long_one = refused(order("description", repeated("餐", 43)));
    CHECK(long_one.message ==
          "输入源“/body/description”映射到值字段“商品描述”字符串规则校验失败，"
          "字节数 129，大于最大值 127");
    CHECK(long_one.detail == json::value{{"location", "body"}, {"value", 129}});
    CHECK(refused(order("attach", repeated("餐", 43))).message ==
          "输入源“/body/attach”映射到值字段“附加数据”字符串规则校验失败，"
          "字节数 129，大于最大值 128");
    CHECK(refused(order("out_trade_no", "123")).message ==
          "输入源“/body/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，"
          "字节数 3，小于最小值 6");
    CHECK(refused(order("out_trade_no", "12345")).detail.at("value") == 5);
    CHECK(code_of(order("description", repeated("餐", 42))) == "200");
    CHECK(refused(shop.post(strict_refund_path, with(refund_of("ORDER-1", "R-1", 1, 100), "/reason",
                                                     repeated("退", 27))))
              .detail.at("value") == 81);
}

TEST_CASE("wechat strict: transfers and profit sharing count characters") {
    Shop shop;
    const auto transfer = [&](std::size_t length) {
        return shop.post(
            "/v3/fund-app/mch-transfer/transfer-bills",
            {{"appid", "wxd678efh567hg6787"},
             {"out_bill_no", "BILL1"},
             {"transfer_scene_id", "1000"},
             {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
             {"transfer_amount", 100},
             {"transfer_remark", repeated("转", length)},
             {"transfer_scene_report_infos",
              json::array{json::object{{"info_type", "活动名称"}, {"info_content", "a"}}}}});
    };
    CHECK(refused(transfer(33)).message ==
          "输入源“/body/transfer_remark”映射到值字段“转账备注”字符串规则校验失败，"
          "字符数 33，大于最大值 32");
    CHECK(code_of(transfer(32)) == "200");
}

TEST_CASE("wechat strict: members that the API does not know, at every depth, and parameters") {
    struct Row {
        const char* path;
        json::object body;
        const char* pointer;
    };
    const json::object refund = refund_of("ORDER-1", "R-1", 1, 100);
    const json::object detailed =
        with(plain(), "/detail", json::object{{"goods_detail", goods({})}});
    const json::object stored =
        with(plain(), "/scene_info", json::object{{"store_info", json::object{{"id", "1"}}}});
    const Row rows[] = {
        {strict_path, plain(), "/trade_type"},
        {strict_path, plain(), "/payer"},
        {strict_path, plain(), "/amount/totl"},
        {strict_path, plain(), "/settle_info/x"},
        {strict_path, detailed, "/detail/cost"},
        {strict_path, detailed, "/detail/goods_detail/0/price"},
        {strict_path, stored, "/scene_info/ip"},
        {strict_path, stored, "/scene_info/h5_info"},
        {strict_path, stored, "/scene_info/store_info/street"},
        {"/v3/pay/transactions/jsapi", jsapi(), "/payer/sub_openid"},
        {"/v3/pay/transactions/h5", h5(), "/scene_info/h5_info/typ"},
        {strict_refund_path, refund, "/amount/fee"},
        {strict_refund_path, refund, "/sub_mchid"},
        {"/v3/pay/transactions/out-trade-no/ORDER-1/close", {{"mchid", "1900000109"}}, "/appid"}};
    Shop shop;
    wechat::Options lenient;
    lenient.refuses_unknown_members = false;
    Shop kind(lenient);
    kind.post(strict_path, plain());
    kind.pass(std::chrono::seconds{3});
    for (const Row& row : rows) {
        CAPTURE(row.pointer);
        const json::object body = with(row.body, row.pointer, "x");
        const Refused answer = refused(shop.post(row.path, body));
        CHECK(answer.message == undefined_sentence);
        CHECK(answer.detail ==
              json::value{{"location", nullptr},
                          {"value", json::array{std::string("/body") + row.pointer}}});
        CHECK(code_of(kind.post(row.path, body)) != "400 PARAM_ERROR");
    }
    const std::string query =
        "/v3/pay/transactions/out-trade-no/ORDER-1?mchid=1900000109&sub_mch_id=1";
    CHECK(refused(shop.get(query)).detail ==
          json::value{{"location", nullptr}, {"value", json::array{"/query/sub_mch_id"}}});
    CHECK(code_of(kind.get(query)) == "200");
}

TEST_CASE("wechat strict: what nothing follows from has its type all the same") {
    struct Row {
        const char* pointer;
        json::value value;
    };
    const Row rows[] = {{"/support_fapiao", "true"},
                        {"/limit_pay", "no_credit"},
                        {"/limit_pay", json::array{1}},
                        {"/goods_tag", 1},
                        {"/detail", "x"},
                        {"/detail", json::object{{"cost_price", "1"}}},
                        {"/detail", json::object{{"goods_detail", json::object{}}}},
                        {"/detail", json::object{{"goods_detail", goods({{"quantity", "1"}})}}},
                        {"/detail", json::object{{"goods_detail", goods({{"unit_price", 1.5}})}}},
                        {"/detail", json::object{{"goods_detail", goods({{"goods_name", 1}})}}},
                        {"/scene_info", json::object{{"store_info", "x"}}},
                        {"/scene_info", json::object{{"store_info", json::object{{"id", 1}}}}},
                        {"/settle_info", json::object{{"profit_sharing", "Y"}}}};
    Shop shop;
    for (const Row& row : rows) {
        CAPTURE(row.pointer);
        refused(shop.post(strict_path, with(plain(), row.pointer, row.value)));
    }
    CHECK(refused(shop.post(strict_path, with(plain(), "/amount/total", 0.01))).message ==
          "无法将 JSON 输入源“/body/amount/total”映射到目标字段“总金额”中，"
          "此字段需要一个合法的 64 位有符号整数");
    CHECK(
        refused(shop.post(strict_path, with(plain(), "/amount/total", 0.01))).detail.at("value") ==
        0.01);
    CHECK(shop.post(strict_path, with(plain(), "/amount/total", 0.01)).body.find("0.01}") !=
          std::string::npos);
    json::object all = with(plain(), "/detail", json::object{{"goods_detail", goods({})}});
    all["support_fapiao"] = true;
    all["limit_pay"] = json::array{"no_credit"};
    CHECK(code_of(shop.post(strict_path, all)) == "200");
    refused(
        shop.post(strict_refund_path, with(refund_of("ORDER-1", "R-1", 1, 100), "/goods_detail",
                                           json::array{json::object{{"merchant_goods_id", 1}}})));
    refused(shop.post(strict_refund_path, with(refund_of("ORDER-1", "R-1", 1, 100), "/amount/from",
                                               json::array{json::object{{"account", "X"}}})));
}

TEST_CASE("wechat strict: letters of numbers, characters of four bytes, addresses of payers") {
    Shop shop;
    CHECK(refused(shop.post(strict_path, with(plain(), "/out_trade_no", "a@order-1"))).message ==
          "输入源“/body/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，"
          "字符串必须匹配正则表达式“^[0-9a-zA-Z_\\-\\|\\*]+$”");
    CHECK(code_of(shop.post(strict_path, with(plain(), "/out_trade_no", "a_-|*1"))) == "200");
    for (const char* key : {"/description", "/attach"})
        refused(shop.post(strict_path, with(plain(), key, "茶\xF0\x9F\x8D\xB5")));
    for (const char* ip : {"999.1.1.1", "localhost", "1.2.3", "127.0.0.1:80", "::g"})
        refused(
            shop.post("/v3/pay/transactions/h5", with(h5(), "/scene_info/payer_client_ip", ip)));
    CHECK(code_of(shop.post("/v3/pay/transactions/h5",
                            with(h5(), "/scene_info/payer_client_ip", "2001:db8::1"))) == "200");
    CHECK(wechat::is_ip_address("10.0.0.1"));
    CHECK(!wechat::is_ip_address(std::string("10.0.0.1\0", 9)));
}

TEST_CASE("wechat strict: arguments of a path that are too long, parameters that are empty") {
    Shop shop;
    const Refused answer = refused(shop.get("/v3/pay/transactions/out-trade-no/" +
                                            std::string(33, 'x') + "?mchid=1900000109"));
    CHECK(answer.message ==
          "输入源“/uri_template/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，"
          "字节数 33，大于最大值 32");
    CHECK(answer.detail == json::value{{"location", "uri_template"}, {"value", 33}});
    CHECK(code_of(shop.get(std::string(strict_refund_path) + "/" + std::string(64, 'x'))) ==
          "404 RESOURCE_NOT_EXISTS");
    refused(shop.get(std::string(strict_refund_path) + "/" + std::string(65, 'x')));
    refused(shop.get("/v3/bill/tradebill?bill_date=2026-10-01&tar_type="));
    CHECK(refused(shop.get("/v3/pay/transactions/out-trade-no/ORDER-1")).message ==
          "输入源“/query/mchid”映射到值字段“直连商户号”规则校验失败，必填参数缺失");
    CHECK(refused(shop.post(strict_path, with(plain(), "/appid", std::string(400, 'x'))))
              .detail.at("value") == 400);
}

TEST_CASE("wechat strict: requests without Accept or User-Agent, or of another type") {
    Shop shop;
    const auto without = [&](const char* method, const std::string& path, const char* name) {
        const std::string body = method == std::string("GET") ? "" : json::serialize(plain());
        http::HttpRequest request = shop.signed_request(method, path, body);
        std::erase_if(request.headers, [&](const auto& field) { return field.first == name; });
        return code_of(shop.send(request));
    };
    for (const char* name : {"Accept", "User-Agent"}) {
        CHECK(without("GET", "/v3/certificates", name) == "400 INVALID_REQUEST");
        CHECK(without("GET", std::string(strict_refund_path) + "/R-1", name) ==
              "400 INVALID_REQUEST");
        CHECK(without("POST", strict_path, name) == "400 INVALID_REQUEST");
    }
    CHECK(without("POST", strict_path, "Content-Type") == "400 INVALID_REQUEST");
    CHECK(code_of(shop.post(strict_path, plain(),
                            {{"Content-Type", "application/x-www-form-urlencoded"}})) ==
          "400 INVALID_REQUEST");
    CHECK(code_of(shop.post(strict_path, plain(),
                            {{"Content-Type", "application/json;charset=utf-8"}})) == "200");
    // Before the signature, but not for trades.
    CHECK(code_of(shop.send({.method = "GET", .target = "/v3/certificates"})) ==
          "400 INVALID_REQUEST");
    CHECK(code_of(shop.send({.method = "POST", .target = strict_path})) == "401 SIGN_ERROR");
    wechat::Options lenient;
    lenient.requires_headers = false;
    shop.store(lenient);
    CHECK(without("GET", "/v3/certificates", "Accept") == "200");
}

TEST_CASE("wechat strict: refusals are not signed, and unknown paths say nothing") {
    Shop shop;
    const http::HttpReply missing = shop.get("/v3/pay/nothing");
    CHECK(missing.status == 404);
    CHECK(missing.body.empty());
    CHECK(shop.get(strict_path).status == 405);
    CHECK(shop.get(strict_path).body.empty());
    wechat::Options options;
    options.signs_errors = true;
    shop.store(options);
    const http::HttpReply reply = shop.send(
        shop.signed_request("GET", "/v3/pay/transactions/out-trade-no/ORDER-1?mchid=1900000109"));
    CHECK(reply.status == 404);
    CHECK(http::find(reply.headers, "Wechatpay-Signature") != nullptr);
}

TEST_CASE("wechat strict: transfers report what their scene wants") {
    Shop shop;
    const auto transfer = [&](const char* scene, const std::vector<const char*>& types) {
        json::array infos;
        for (const char* type : types)
            infos.push_back(json::object{{"info_type", type}, {"info_content", "x"}});
        json::object body{{"appid", "wxd678efh567hg6787"},
                          {"out_bill_no", "BILL" + std::to_string(shop.world.events().size())},
                          {"transfer_scene_id", scene},
                          {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                          {"transfer_amount", 100},
                          {"transfer_remark", "x"}};
        if (!types.empty()) body["transfer_scene_report_infos"] = infos;
        return shop.post("/v3/fund-app/mch-transfer/transfer-bills", body);
    };
    CHECK(refused(transfer("1000", {})).message ==
          "未传入完整且对应的转账场景报备信息，请根据接口文档检查");
    refused(transfer("1000", {"岗位类型"}));
    refused(transfer("1005", {"岗位类型"}));
    CHECK(code_of(transfer("1000", {"活动名称"})) == "200");
    CHECK(code_of(transfer("1000", {"活动名称", "奖励说明"})) == "200");
    CHECK(code_of(transfer("1005", {"岗位类型", "报酬说明"})) == "200");
}

TEST_CASE("wechat media: a file is taken by its hash, and only its description is signed") {
    Shop shop;
    const std::string path = "/v3/merchant/media/upload";
    const std::string hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const auto upload = [&](const std::string& sum, const std::string& file) {
        const std::string meta = R"({"filename":"a.png","sha256":")" + sum + "\"}";
        http::HttpRequest request = shop.signed_request(
            "POST", path, meta, {{"Content-Type", "multipart/form-data;boundary=b0"}});
        request.body =
            "--b0\r\nContent-Disposition: form-data; name=\"meta\";\r\n"
            "Content-Type: application/json\r\n\r\n" +
            meta +
            "\r\n--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\";\r\n"
            "Content-Type: image/png\r\n\r\n" +
            file + "\r\n--b0--\r\n";
        return shop.send(request);
    };
    const http::HttpReply reply = upload(hash, "abc");
    CHECK(code_of(reply) == "200");
    CHECK(at(json::parse(reply.body), "media_id").find(hash) != std::string::npos);
    CHECK(code_of(upload(hash, "abd")) == "400 PARAM_ERROR");
    CHECK(code_of(upload("x", "abc")) == "400 PARAM_ERROR");
    CHECK(code_of(shop.post(path, {{"filename", "a"}})) == "400 PARAM_ERROR");
}

TEST_CASE("wechat strict: a payment code is good for one payment") {
    Shop shop;
    const auto pay = [&](const char* number, const char* code) {
        json::object order = native_order(number, 100);
        order.erase("notify_url");
        order["payer"] = json::object{{"auth_code", code}};
        order["scene_info"] = json::object{{"device_id", "1"}};
        return code_of(shop.post("/v3/pay/transactions/codepay", order));
    };
    CHECK(pay("CODE-01", "130061098828009406") == "200");
    CHECK(pay("CODE-02", "130061098828009406") == "403 TRADE_ERROR");
    shop.restart();
    CHECK(pay("CODE-03", "130061098828009406") == "403 TRADE_ERROR");
    CHECK(pay("CODE-04", "130061098828009407") == "200");
    // Codes that play something are for ever.
    CHECK(pay("CODE-05", "139999999999990000") == "200");
    CHECK(pay("CODE-06", "139999999999990000") == "200");
    CHECK(shop.balance("1900000109") == 4 * 99);
    shop.check_books();
}

TEST_CASE("wechat keys: callbacks are signed as the request of their order was answered") {
    Shop shop;
    const std::string id = shop.platform.public_key_id;
    const auto told = [&](std::size_t i) {
        return *http::find(shop.arrived.at(i).callback.headers, "Wechatpay-Serial");
    };
    shop.post(strict_path, native_order("ORDER-1", 100), {{"Wechatpay-Serial", id}});
    // Asked for again by a client that verifies by certificate, it is the same order.
    CHECK(code_of(shop.post(strict_path, native_order("ORDER-1", 100))) == "200");
    shop.pass(std::chrono::seconds{3});
    CHECK(told(0) == id);
    CHECK(at(opened(shop.arrived[0]), "trade_state") == "SUCCESS");
    shop.post(strict_path, native_order("ORDER-2", 100));
    shop.pass(std::chrono::seconds{3});
    CHECK(told(1) != id);
    shop.post(strict_refund_path, refund_of("ORDER-2", "R-1", 1, 100), {{"Wechatpay-Serial", id}});
    shop.pass(std::chrono::seconds{3});
    CHECK(told(2) == id);
    shop.merchant.callback_keys = "cert";
    shop.store(shop.merchant);
    shop.post(strict_path, native_order("ORDER-3", 100), {{"Wechatpay-Serial", id}});
    shop.pass(std::chrono::seconds{3});
    CHECK(told(3) != id);
    // A merchant with the public key alone needs no second switch.
    shop.merchant.callback_keys = "auto";
    shop.merchant.keys = "pubkey";
    shop.store(shop.merchant);
    shop.post(strict_path, native_order("ORDER-4", 100));
    shop.pass(std::chrono::seconds{3});
    CHECK(told(4) == id);
}
