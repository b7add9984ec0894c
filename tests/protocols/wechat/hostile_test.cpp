// Everything that can be wrong with a request: the platform's own error, and nothing is posted.
#include "protocols/wechat/wire/replies.h"
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

struct Case {
    const char* path;
    json::object body;
    /// Members that may be missing or are only echoed.
    std::vector<std::string> optional;
};

json::object part(const char* number) {
    return {{"mchid", "1900000109"},
            {"attach", "a"},
            {"out_trade_no", number},
            {"description", "part"},
            {"amount", json::object{{"total_amount", 10}, {"currency", "CNY"}}}};
}

std::vector<Case> cases() {
    json::object jsapi = native_order("HOSTILE-1", 100);
    jsapi["payer"] = json::object{{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}};
    json::object h5 = native_order("HOSTILE-2", 100);
    h5["scene_info"] = json::object{{"payer_client_ip", "14.23.150.211"},
                                    {"h5_info", json::object{{"type", "Wap"}}}};
    json::object code = native_order("HOSTILE-3", 100);
    code.erase("notify_url");
    code["payer"] = json::object{{"auth_code", "130061098828009406"}};
    code["scene_info"] = json::object{{"device_id", "1"}};
    return {
        {"/v3/pay/transactions/native", native_order("HOSTILE-0", 100), {"/amount/currency"}},
        {"/v3/pay/transactions/jsapi", jsapi, {"/amount/currency"}},
        {"/v3/pay/transactions/h5", h5, {"/amount/currency"}},
        {"/v3/pay/transactions/codepay", code, {"/amount/currency", "/scene_info/device_id"}},
        {"/v3/combine-transactions/native",
         {{"combine_appid", "wxd678efh567hg6787"},
          {"combine_mchid", "1900000109"},
          {"combine_out_trade_no", "HOSTILE-4"},
          {"notify_url", "http://127.0.0.1:9/n"},
          {"sub_orders", json::array{part("HOSTILE-5"), part("HOSTILE-6")}}},
         {}},
        {"/v3/refund/domestic/refunds",
         refund_of("PAID-0001", "HOSTILE-7", 10, 100),
         {"/notify_url"}},
        {"/v3/fund-app/mch-transfer/transfer-bills",
         {{"appid", "wxd678efh567hg6787"},
          {"out_bill_no", "HOSTILE8"},
          {"transfer_scene_id", "1000"},
          {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
          {"transfer_amount", 100},
          {"transfer_remark", "x"},
          {"transfer_scene_report_infos",
           json::array{json::object{{"info_type", "活动名称"}, {"info_content", "x"}}}}},
         {}},
        {"/v3/pay/transactions/out-trade-no/OPEN-0001/close", {{"mchid", "1900000109"}}, {}},
    };
}

// The pointers of all members and elements of a value.
void add_pointers(const json::value& value, const std::string& pointer,
                  std::vector<std::string>& all) {
    if (!pointer.empty()) all.push_back(pointer);
    if (value.is_object())
        for (const auto& member : value.get_object())
            add_pointers(member.value(), pointer + "/" + std::string(member.key()), all);
    if (value.is_array())
        for (std::size_t i = 0; i < value.get_array().size(); ++i)
            add_pointers(value.get_array()[i], pointer + "/" + std::to_string(i), all);
}

// The body with another value there; nothing removes the member.
json::object with(const json::object& body, const std::string& pointer, const json::value* value) {
    json::value changed = body;
    if (value != nullptr) {
        changed.at_pointer(pointer) = *value;
        return changed.get_object();
    }
    const std::size_t slash = pointer.rfind('/');
    json::value& holder = slash == 0 ? changed : changed.at_pointer(pointer.substr(0, slash));
    if (holder.is_object()) holder.get_object().erase(pointer.substr(slash + 1));
    if (holder.is_array()) {
        auto& array = holder.get_array();
        array.erase(array.begin() + std::stol(pointer.substr(slash + 1)));
    }
    return changed.get_object();
}

// What no member of any request may be, whatever its type.
std::vector<json::value> bad_values(const json::value& good) {
    const std::string huge(20'000, 'x');
    std::vector<json::value> values{json::value(huge), json::value("\x01"), json::array{1},
                                    json::value(true), json::object{{"a", 1}}};
    if (!good.is_number()) values.emplace_back(12);
    if (good.is_number())
        for (const json::value& number :
             {json::value(-1), json::value(0), json::value(1.5), json::value(1e300),
              json::value(UINT64_MAX), json::value(INT64_MAX), json::value("1")})
            values.push_back(number);
    return values;
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

struct Prepared {
    Shop shop;
    Prepared() {
        shop.post("/v3/pay/transactions/native", native_order("PAID-0001", 100));
        shop.pass(std::chrono::seconds{3});
        shop.post("/v3/pay/transactions/native", native_order("OPEN-0001", 100),
                  {{"Tuma-Scenario", "ignore"}});
        // Accounts that are met for the first time are opened by the first good request.
        shop.post("/v3/fund-app/mch-transfer/transfer-bills",
                  {{"appid", "wxd678efh567hg6787"},
                   {"out_bill_no", "FIRST"},
                   {"transfer_scene_id", "1000"},
                   {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                   {"transfer_amount", 100},
                   {"transfer_remark", "x"},
                   {"transfer_scene_report_infos",
                    json::array{json::object{{"info_type", "活动名称"}, {"info_content", "x"}}}}},
                  {{"Tuma-Scenario", "ignore"}});
    }
    // An error of the table, under its status, with no trace in the books.
    void check_refused(const std::string& path, const std::string& body, const std::string& what) {
        const auto before = shop.world.core.state().hash();
        const http::HttpReply reply = shop.call("POST", path, body);
        INFO(path << " " << what << " → " << reply.status << " " << reply.body);
        CHECK(reply.status >= 400);
        CHECK(reply.status < 500);
        const std::string code = at(json::parse(reply.body), "code");
        const wechat::ErrorRow* const row = wechat::find_error(code);
        REQUIRE(row != nullptr);
        CHECK(row->status == reply.status);
        CHECK(shop.world.core.state().hash() == before);
    }
};

}  // namespace

TEST_CASE("wechat hostile: each member missing, of another type or size, negative, huge") {
    Prepared prepared;
    for (const Case& one : cases()) {
        std::vector<std::string> pointers;
        add_pointers(one.body, {}, pointers);
        for (const std::string& pointer : pointers) {
            if (!is_among(one.optional, pointer))
                prepared.check_refused(one.path, json::serialize(with(one.body, pointer, nullptr)),
                                       pointer + " missing");
            for (const json::value& bad : bad_values(json::value(one.body).at_pointer(pointer))) {
                // An object in the place of an object lacks what it needs, or nothing.
                const bool may_be_empty =
                    is_among(one.optional, pointer + "/device_id") && bad.is_object();
                if (may_be_empty) continue;
                prepared.check_refused(one.path, json::serialize(with(one.body, pointer, &bad)),
                                       pointer + " = " + json::serialize(bad).substr(0, 40));
            }
        }
    }
    prepared.shop.check_books();
}

TEST_CASE("wechat hostile: bodies that are no JSON object") {
    Prepared prepared;
    std::string deep(100, '[');
    for (const std::string& body :
         {std::string("{"), std::string("null"), std::string("[]"), std::string("\"x\""),
          std::string("{\"a\":1}x"), std::string("\xFF\xFE"), deep,
          std::string("{\"appid\":\"\xC3\x28\"}"), std::string("<xml></xml>"),
          // A member that is there twice means two things.
          R"({"attach":"a","attach":"a",)" +
              json::serialize(native_order("TWICE-1", 100)).substr(1),
          R"({"b":{"a":":","a":{}},)" + json::serialize(native_order("TWICE-2", 100)).substr(1)})
        prepared.check_refused("/v3/pay/transactions/native", body, body.substr(0, 20));
    prepared.check_refused("/v3/pay/transactions/native", "", "empty");
}

TEST_CASE("wechat hostile: words of the headers for tests are those of the path's version") {
    Prepared prepared;
    struct Row {
        const char* path;
        const char* header;
        const char* words;
        bool is_good;
    };
    const char* const v3 = "/v3/pay/transactions/native";
    const char* const v2 = "/pay/unifiedorder";
    const Row rows[] = {
        {v3, "Tuma-Scenario", "cancel, delay=0ms", true},
        {v3, "Tuma-Scenario", "cancle", false},
        {v3, "Tuma-Scenario", "result:1032", false},
        {v3, "Tuma-Scenario", "delay=", false},
        {v3, "Tuma-Fault", "error:FREQUENCY_LIMITED,callback-late:5", true},
        {v3, "Tuma-Fault", "error:AUTHCODEEXPIRE", false},
        {v2, "Tuma-Fault", "error:AUTHCODEEXPIRE", true},
        {v2, "Tuma-Fault", "error:RULE_LIMIT", false},
        {v3, "Tuma-Fault", "stale-timestamp,wrong-signature", true},
        {v2, "Tuma-Fault", "wrong-signature", true},
        {v2, "Tuma-Fault", "stale-timestamp", false},
        {v3, "Tuma-Fault", "spike-arrest", false},
        {v3, "Tuma-Fault", "scenario:refund-closed,drop", true},
        {v3, "Tuma-Fault", "scenario:refund-close", false},
        {v3, "Wechatpay-Negative-Test", "SYSTEM_ERROR", true},
        {v3, "Wechatpay-Negative-Test", "SYSTEM_EROR", false},
        {v3, "Tuma-Scenaro", "cancel", false},
        {v3, "Tuma_Scenario", "cancel", false},
        {v3, "Tuma-Scenario", "", false},
        {v3, "Tuma-Scenario", "cancel,", false},
        {v3, "Tuma-Scenario", "cancel,insufficient", false},
        {v3, "Tuma-Scenario", "delay=1,delay=2", false},
        {v3, "Tuma-Scenario", "slow, delay=5", true},
        {v2, "Tuma-Fault", "callback-lost,callback-twice", false},
        {v2, "Tuma-Fault", "callback-twice,callback-late:5", true},
        {v3, "Tuma-Fault", "scenario:cancel,scenario:insufficient", false},
        {v3, "Tuma-Fault", "scenario:cancel,scenario:delay=5", true},
        {v3, "Tuma-Fault", "error:SYSTEM_ERROR,error:FREQUENCY_LIMITED", false},
        {v3, "Tuma-Fault", "error:SYSTEM_ERROR,status:500", false},
        {v3, "Tuma-Fault", "wrong-signature,wrong-signature", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CAPTURE(row.words);
        const auto misspelt = prepared.shop.adapter.misspelt_word(
            {.method = "POST", .target = row.path, .headers = {{row.header, row.words}}});
        CHECK(misspelt.has_value() != row.is_good);
        if (misspelt) CHECK(misspelt->field == row.header);
    }
}

TEST_CASE("wechat hostile: paths and methods that are none, numbers that are nobody's") {
    Prepared prepared;
    Shop& shop = prepared.shop;
    CHECK(code_of(shop.get("/v3/pay/transactions")) == "404");
    CHECK(code_of(shop.get("/v3/")) == "404");
    CHECK(code_of(shop.get("/v3/pay/transactions/native")) == "405");
    CHECK(code_of(shop.get("/v3/pay/transactions/id/1?mchid=1900000109")) == "404 ORDER_NOT_EXIST");
    CHECK(code_of(shop.get("/v3/pay/transactions/id/4200002000202610020000000001"
                           "?mchid=1900000109")) == "200");
    CHECK(code_of(shop.get("/v3/pay/transactions/id/4200002000202610030000000001"
                           "?mchid=1900000109")) == "404 ORDER_NOT_EXIST");
    CHECK(code_of(shop.get("/v3/pay/transactions/id/99999999999999999999999999999999999999999"
                           "?mchid=1900000109")) == "400 PARAM_ERROR");
    CHECK(code_of(shop.get("/v3/pay/transactions/out-trade-no/PAID-0001")) == "400 PARAM_ERROR");
    CHECK(code_of(shop.get("/v3/pay/transactions/out-trade-no/PAID-0001?mchid=1900000110")) ==
          "403 NO_AUTH");
    CHECK(code_of(shop.get("/v3/pay/transactions/out-trade-no/%00?mchid=1900000109")) ==
          "404 ORDER_NOT_EXIST");
    CHECK(code_of(shop.get("/v3/bill/tradebill?bill_date=2026-13-01")) == "400 PARAM_ERROR");
    CHECK(code_of(shop.get("/v3/bill/tradebill")) == "400 PARAM_ERROR");
    CHECK(code_of(shop.get("/v3/billdownload/file?token=TABP.20000-99999999999-00")) ==
          "400 PARAM_ERROR");
    CHECK(code_of(shop.get("/v3/refund/domestic/refunds/NOBODY")) == "404 RESOURCE_NOT_EXISTS");
    // Who asks too often is told in the shape of the path's version.
    CHECK(code_of(shop.adapter.too_many_requests({.target = "/v3/pay/transactions/native"})) ==
          "429 FREQUENCY_LIMITED");
    CHECK(shop.adapter.too_many_requests({.target = "/pay/unifiedorder"})
              .body.starts_with("<xml><return_code><![CDATA[FAIL]]></return_code>"));
}

TEST_CASE("wechat hostile: another merchant sees and moves nothing of the first") {
    Prepared prepared;
    Shop& shop = prepared.shop;
    wechat::Merchant other = shop.merchant;
    other.mchid = "1900000110";
    shop.store(other);
    shop.merchant = other;
    CHECK(code_of(shop.get("/v3/pay/transactions/out-trade-no/PAID-0001?mchid=1900000110")) ==
          "404 ORDER_NOT_EXIST");
    CHECK(code_of(shop.get("/v3/pay/transactions/id/4200002000202610020000000001"
                           "?mchid=1900000110")) == "404 ORDER_NOT_EXIST");
    CHECK(code_of(shop.post("/v3/refund/domestic/refunds",
                            refund_of("PAID-0001", "R-1", 1, 100))) == "404 RESOURCE_NOT_EXISTS");
    // A number of its own, which is burnt now; the other merchant's order stays as it is.
    CHECK(code_of(shop.post("/v3/pay/transactions/out-trade-no/OPEN-0001/close",
                            {{"mchid", "1900000110"}})) == "204");
    CHECK(code_of(shop.post("/v3/pay/transactions/native", native_order("THEIRS-01", 1))) ==
          "400 PARAM_ERROR");
    CHECK(shop.ask(core::QueryOrder{.key = "w/1900000109/n/OPEN-0001"}).order->state ==
          ledger::OrderState::awaiting_customer);
    shop.check_books();
}
