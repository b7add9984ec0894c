// Profit sharing: parts of a payment for others, what is left, and what comes back.
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* share_path = "/v3/profitsharing/orders";
constexpr const char* openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

json::object part(const char* type, const char* account, std::int64_t amount) {
    return {{"type", type}, {"account", account}, {"amount", amount}, {"description", "part"}};
}

// A paid order of 1,000 fen that waits to be shared; 994 of them are the merchant's.
struct Shared {
    Shop shop;
    std::string id;

    Shared() {
        wechat::Merchant other = shop.merchant;
        other.mchid = "1900000110";
        other.operating_balance = 0;
        shop.store(other);
        json::object order = native_order("SHARED-1", 1'000);
        order["settle_info"] = json::object{{"profit_sharing", true}};
        shop.post("/v3/pay/transactions/native", order);
        shop.pass(seconds{3});
        id = at(opened(shop.arrived.at(0)), "transaction_id");
        for (const auto& [type, account] :
             {std::pair{"MERCHANT_ID", "1900000110"}, std::pair{"PERSONAL_OPENID", openid}})
            CHECK(code_of(shop.post("/v3/profitsharing/receivers/add",
                                    {{"appid", "wxd678efh567hg6787"},
                                     {"type", type},
                                     {"account", account},
                                     {"name", sealed("张三")},
                                     {"relation_type", "PARTNER"}},
                                    sealing_header())) == "200");
    }
    json::object sharing(const char* number, json::array receivers, bool unfreezes = false) {
        return {{"appid", "wxd678efh567hg6787"},
                {"transaction_id", id},
                {"out_order_no", number},
                {"receivers", std::move(receivers)},
                {"unfreeze_unsplit", unfreezes}};
    }
    std::string unsplit() {
        return at(shop.get_json("/v3/profitsharing/transactions/" + id + "/amounts"),
                  "unsplit_amount");
    }
};

}  // namespace

TEST_CASE("wechat sharing: nothing is paid out before it is shared or unfrozen") {
    Shared shared;
    CHECK(shared.unsplit() == "994");
    shared.shop.pass(std::chrono::days{2});
    CHECK(shared.unsplit() == "994");
    const json::object body{
        {"transaction_id", shared.id}, {"out_order_no", "U-1"}, {"description", "rest"}};
    CHECK(at(shared.shop.post_json("/v3/profitsharing/orders/unfreeze", body), "state") ==
          "PROCESSING");
    CHECK(shared.unsplit() == "0");
    CHECK(shared.shop.balance("1900000109") == 994);
    // The same again is the same answer; the number with another request is refused.
    CHECK(code_of(shared.shop.post("/v3/profitsharing/orders/unfreeze", body)) == "200");
    for (const char* member : {"transaction_id", "description"}) {
        CAPTURE(member);
        json::object other = body;
        other[member] = "4200000000202610020000000009";
        CHECK(code_of(shared.shop.post("/v3/profitsharing/orders/unfreeze", other)) ==
              "400 INVALID_REQUEST");
    }
    shared.shop.pass(seconds{1});
    CHECK(at(shared.shop.get_json("/v3/profitsharing/orders/U-1?transaction_id=" + shared.id),
             "state") == "FINISHED");
    shared.shop.check_books();
}

TEST_CASE("wechat sharing: parts for a merchant and a person, told when they are final") {
    Shared shared;
    Shop& shop = shared.shop;
    const json::object body = shared.sharing(
        "S-1", {part("MERCHANT_ID", "1900000110", 200), part("PERSONAL_OPENID", openid, 50),
                part("PERSONAL_OPENID", "oStranger", 10)});
    CHECK(code_of(shop.post(share_path, body)) == "400 INVALID_REQUEST");
    shop.pass(seconds{60});
    const std::int64_t person = shop.balance(openid);
    const auto first = shop.post_json(share_path, body);
    CHECK(at(first, "state") == "PROCESSING");
    CHECK(at(first, "receivers/0/result") == "PENDING");
    CHECK(shop.post_json(share_path, body) == first);
    shop.pass(seconds{1});
    const auto done = shop.get_json("/v3/profitsharing/orders/S-1?transaction_id=" + shared.id);
    CHECK(at(done, "state") == "FINISHED");
    CHECK(at(done, "receivers/1/result") == "SUCCESS");
    CHECK(at(done, "receivers/2/result") == "CLOSED");
    CHECK(at(done, "receivers/2/fail_reason") == "NO_RELATION");
    CHECK(shop.balance("1900000110.operating") == 200);
    CHECK(shop.balance(openid) == person + 50);
    CHECK(shared.unsplit() == "744");
    CHECK(code_of(shop.post(share_path,
                            shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 201)}))) ==
          "400 INVALID_REQUEST");
    shop.check_books();
}

TEST_CASE("wechat sharing: at most 30 % of the payment, all sharings together") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.pass(seconds{60});
    const auto share = [&](const char* number, std::int64_t amount, bool unfreezes) {
        return code_of(shop.post(
            share_path,
            shared.sharing(number, {part("MERCHANT_ID", "1900000110", amount)}, unfreezes)));
    };
    CHECK(share("S-1", 301, false) == "403 RULE_LIMIT");
    CHECK(share("S-1", 200, false) == "200");
    CHECK(share("S-2", 101, false) == "403 RULE_LIMIT");
    CHECK(share("S-2", 100, true) == "200");
    CHECK(shared.unsplit() == "0");
    CHECK(shop.balance("1900000109") == 694);
    CHECK(share("S-3", 1, false) == "403 RULE_LIMIT");
    shop.check_books();
}

TEST_CASE("wechat sharing: a part comes back once, to the merchant whose sale it was") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.pass(seconds{60});
    // The second part comes back, and names the whole sharing's number.
    shop.post(share_path, shared.sharing("S-1", {part("PERSONAL_OPENID", openid, 10),
                                                 part("MERCHANT_ID", "1900000110", 200)}));
    shop.pass(seconds{1});
    const auto body = [](const char* number, std::int64_t amount) {
        return json::object{{"out_order_no", "S-1"},
                            {"out_return_no", number},
                            {"return_mchid", "1900000110"},
                            {"amount", amount},
                            {"description", "back"}};
    };
    constexpr const char* path = "/v3/profitsharing/return-orders";
    const auto first = shop.post_json(path, body("B-1", 150));
    CHECK(at(first, "result") == "PROCESSING");
    CHECK(
        at(first, "order_id") ==
        at(shop.get_json("/v3/profitsharing/orders/S-1?transaction_id=" + shared.id), "order_id"));
    CHECK(code_of(shop.post(path, body("B-1", 150))) == "200");
    CHECK(code_of(shop.post(path, body("B-2", 51))) == "400 INVALID_REQUEST");
    shop.pass(seconds{1});
    CHECK(at(shop.get_json(std::string(path) + "/B-1?out_order_no=S-1"), "result") == "SUCCESS");
    CHECK(shop.balance("1900000110.operating") == 50);
    CHECK(shop.balance("1900000109") == 150);
    shop.check_books();
}

TEST_CASE("wechat sharing: a return names the sharing by either number") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.pass(seconds{60});
    const std::string id = at(
        shop.post_json(share_path, shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 200)})),
        "order_id");
    CHECK(id.size() == 28);
    shop.pass(seconds{1});
    const auto give_back = [&](const char* number, json::object more) {
        json::object body{{"out_return_no", number},
                          {"return_mchid", "1900000110"},
                          {"amount", 50},
                          {"description", "back"}};
        for (const auto& member : more) body[member.key()] = member.value();
        return shop.post("/v3/profitsharing/return-orders", body);
    };
    CHECK(code_of(give_back("B-1", {})) == "400 PARAM_ERROR");
    CHECK(code_of(give_back("B-1", {{"order_id", "3000020002026100200000000001"}})) ==
          "404 RESOURCE_NOT_EXISTS");
    const http::HttpReply first = give_back("B-1", {{"order_id", id}});
    CHECK(at(json::parse(first.body), "order_id") == id);
    CHECK(at(json::parse(first.body), "out_order_no") == "S-1");
    // The same return, whichever number of the sharing it says.
    CHECK(give_back("B-1", {{"out_order_no", "S-1"}}).body == first.body);
    CHECK(code_of(give_back("B-1", {{"out_order_no", "S-2"}})) == "400 INVALID_REQUEST");
    CHECK(code_of(give_back("B-2", {{"out_order_no", "S-1"}, {"order_id", id}})) == "200");
    CHECK(shop.balance("1900000110.operating") == 100);
    shop.check_books();
}

TEST_CASE("wechat sharing: a merchant is told what it has got, and what has gone back") {
    Shared shared;
    Shop& shop = shared.shop;
    wechat::Merchant other = shop.merchant;
    other.mchid = "1900000110";
    other.sharing_notify_url = "http://127.0.0.1:9/shared";
    other.keys = "pubkey";
    shop.store(other);
    shop.pass(seconds{60});
    const auto made =
        shop.post_json(share_path, shared.sharing("S-1", {part("PERSONAL_OPENID", openid, 10),
                                                          part("MERCHANT_ID", "1900000110", 200),
                                                          part("MERCHANT_ID", "1900000111", 20)}));
    REQUIRE(shop.arrived.size() == 1);
    shop.pass(seconds{1});
    // Persons hear of it by other ways, and who got nothing has nothing to hear of.
    REQUIRE(shop.arrived.size() == 2);
    const Arrived& told = shop.arrived[1];
    CHECK(told.callback.url == "http://127.0.0.1:9/shared");
    CHECK(*http::find(told.callback.headers, "Wechatpay-Serial") == shop.platform.public_key_id);
    CHECK(at(told.json(), "event_type") == "TRANSACTION.SUCCESS");
    CHECK(at(told.json(), "resource/original_type") == "profitsharing");
    CHECK(opened(told) == json::value{{"mchid", "1900000109"},
                                      {"transaction_id", shared.id},
                                      {"order_id", at(made, "order_id")},
                                      {"out_order_no", "S-1"},
                                      {"receiver",
                                       {{"type", "MERCHANT_ID"},
                                        {"account", "1900000110"},
                                        {"amount", 200},
                                        {"description", "part"}}},
                                      {"success_time", "2026-10-02T10:01:04+08:00"}});
    const auto back =
        shop.post_json("/v3/profitsharing/return-orders", {{"out_order_no", "S-1"},
                                                           {"out_return_no", "B-1"},
                                                           {"return_mchid", "1900000110"},
                                                           {"amount", 50},
                                                           {"description", "back"}});
    shop.pass(seconds{1});
    REQUIRE(shop.arrived.size() == 3);
    CHECK(at(shop.arrived[2].json(), "summary") == "分账回退");
    const auto returned = opened(shop.arrived[2]);
    CHECK(at(returned, "order_id") == at(back, "return_id"));
    CHECK(at(returned, "out_order_no") == "B-1");
    CHECK(at(returned, "receiver/amount") == "50");
    shop.check_books();
}

TEST_CASE("wechat sharing: what is left after 30 days is the merchant's, by itself and once") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.pass(seconds{60});
    shop.post(share_path, shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 200)}));
    const OrderId payment = shop.arrived.at(0).order;
    // An administrator who has everything told again hurries nothing.
    CHECK(shop.ask(core::SendNotice{payment, 1}).code == Refusal::none);
    shop.pass(std::chrono::days{30} - seconds{61});
    CHECK(shared.unsplit() == "794");
    shop.restart();
    shop.pass(seconds{1});
    CHECK(shared.unsplit() == "0");
    CHECK(shop.balance("1900000109") == 794);
    CHECK(shop.ask(core::SendNotice{payment, 1}).code == Refusal::none);
    CHECK(shop.balance("1900000109") == 794);
    // Nobody was told: it has no callback.
    CHECK(shop.arrived.size() == 1);
    shop.pass(seconds{1});
    CHECK(code_of(shop.post(share_path,
                            shared.sharing("S-2", {part("MERCHANT_ID", "1900000110", 1)}))) ==
          "400 INVALID_REQUEST");
    shop.check_books();
}

TEST_CASE(
    "wechat sharing: a day's bill has every part, return and rest, and joins with the orders") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.pass(seconds{60});
    const auto made = shop.post_json(
        share_path, shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 200),
                                           part("PERSONAL_OPENID", "oStranger", 10)}));
    shop.pass(seconds{1});
    shop.post("/v3/profitsharing/return-orders", {{"out_order_no", "S-1"},
                                                  {"out_return_no", "B-1"},
                                                  {"return_mchid", "1900000110"},
                                                  {"amount", 50},
                                                  {"description", "back"}});
    shop.pass(std::chrono::days{31});
    const auto bill = [&](const std::string& day) {
        const http::HttpReply reply = shop.get("/v3/profitsharing/bills?bill_date=" + day);
        if (reply.status != 200) return code_of(reply);
        const std::string url = at(json::parse(reply.body), "download_url");
        return shop.get(url.substr(url.find("/v3/"))).body;
    };
    const std::string sharing = at(made, "order_id");
    const std::string detail = at(made, "receivers/0/detail_id");
    const std::string back =
        at(shop.get_json("/v3/profitsharing/return-orders/B-1?out_order_no=S-1"), "return_id");
    CHECK(bill("2026-10-02") ==
          "\xEF\xBB\xBF分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,"
          "商户分账/回退单号,订单金额,分账接收方,金额,业务类型,处理状态,备注\r\n"
          "`2026-10-02 10:01:03,`1900000109,`1900000109,`" +
              shared.id + ",`" + sharing + ",`" + detail +
              ",`S-1,`10.00,`1900000110,`2.00,`分账,`成功,`part\r\n"
              "`2026-10-02 10:01:04,`1900000109,`1900000109,`" +
              shared.id + ",`" + back + ",`" + back +
              ",`B-1,`10.00,`1900000110,`0.50,`分账回退,`成功,`back\r\n"
              "总笔数,总金额\r\n`2,`2.50\r\n");
    // The rest after 30 days, which nobody has asked for.
    const std::string rest = bill("2026-11-01");
    CHECK(rest.find("`system,`1900000109,`" + shared.id) != std::string::npos);
    CHECK(rest.find(",`7.94,`解冻,`成功,`\r\n") != std::string::npos);
    CHECK(bill("2026-10-03") == "400 NO_STATEMENT_EXIST");
    CHECK(code_of(shop.get("/v3/profitsharing/bills?bill_date=2026-10-02&sub=1")) ==
          "400 PARAM_ERROR");
    shop.check_books();
}

TEST_CASE("wechat sharing: payments of a whole and payments by code are released as any other") {
    Shop shop;
    const auto part = [](const char* number, bool is_shared) {
        return json::object{{"mchid", "1900000109"},
                            {"attach", "a"},
                            {"amount", {{"total_amount", 500}, {"currency", "CNY"}}},
                            {"out_trade_no", number},
                            {"description", "d"},
                            {"settle_info", {{"profit_sharing", is_shared}}}};
    };
    shop.post("/v3/combine-transactions/native",
              {{"combine_appid", "wxd678efh567hg6787"},
               {"combine_mchid", "1900000109"},
               {"combine_out_trade_no", "WHOLE-1"},
               {"notify_url", "http://127.0.0.1:9/n"},
               {"sub_orders", json::array{part("PART-1", true), part("PART-2", false)}}});
    json::object order = native_order("CODE-01", 1'000);
    order.erase("notify_url");
    order["payer"] = json::object{{"auth_code", "130061098828009406"}};
    order["scene_info"] = json::object{{"device_id", "1"}};
    order["settle_info"] = json::object{{"profit_sharing", true}};
    CHECK(code_of(shop.post("/v3/pay/transactions/codepay", order)) == "200");
    shop.pass(seconds{3});
    CHECK(shop.balance("1900000109") == 497);
    // By then what was not to be shared has been paid out.
    shop.pass(std::chrono::days{30} - seconds{4});
    CHECK(shop.balance("1900000109") == 0);
    shop.pass(seconds{5});
    CHECK(shop.balance("1900000109") == 497 + 994);
    shop.check_books();
}

TEST_CASE("wechat sharing: names are encrypted, and a merchant is added with its name") {
    Shared shared;
    Shop& shop = shared.shop;
    const auto add = [&](json::object more, http::Fields headers) {
        json::object body{{"appid", "wxd678efh567hg6787"},
                          {"type", "MERCHANT_ID"},
                          {"account", "1900000110"},
                          {"relation_type", "PARTNER"}};
        for (const auto& member : more) body[member.key()] = member.value();
        return code_of(shop.post("/v3/profitsharing/receivers/add", body, std::move(headers)));
    };
    CHECK(add({}, {}) == "400 PARAM_ERROR");
    CHECK(add({{"name", "张三"}}, {}) == "400 PARAM_ERROR");
    CHECK(add({{"name", "张三"}}, sealing_header()) == "400 PARAM_ERROR");
    CHECK(add({{"name", sealed("张三")}}, {}) == "400 PARAM_ERROR");
    CHECK(add({{"name", sealed("张三")}}, sealing_header()) == "200");
    CHECK(add({{"type", "PERSONAL_OPENID"}, {"account", openid}}, {}) == "200");
    shop.pass(seconds{60});
    json::object named = part("PERSONAL_OPENID", openid, 10);
    named["name"] = "张三";
    CHECK(code_of(shop.post(share_path, shared.sharing("S-9", {named}))) == "400 PARAM_ERROR");
    named["name"] = sealed("张三");
    CHECK(code_of(shop.post(share_path, shared.sharing("S-9", {named}), sealing_header())) ==
          "200");
    shop.check_books();
}

TEST_CASE("wechat sharing: refunds come from what waits, then from the merchant's account") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.pass(seconds{60});
    constexpr const char* path = "/v3/refund/domestic/refunds";
    CHECK(code_of(shop.post(path, refund_of("SHARED-1", "R-1", 400, 1'000))) == "200");
    // 400 out, 2 of the fee back.
    CHECK(shared.unsplit() == "596");
    shop.post(share_path, shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 100)}, true));
    CHECK(shared.unsplit() == "0");
    CHECK(shop.balance("1900000109") == 496);
    CHECK(code_of(shop.post(path, refund_of("SHARED-1", "R-2", 400, 1'000))) == "200");
    // Of the fee of 6, five have come back with 800 of 1,000: three of them now.
    CHECK(shop.balance("1900000109") == 99);
    CHECK(code_of(shop.post(path, refund_of("SHARED-1", "R-3", 200, 1'000))) == "403 NOT_ENOUGH");
    shop.check_books();
}

TEST_CASE("wechat sharing: only payments that were made for it, and only the own ones") {
    Shared shared;
    Shop& shop = shared.shop;
    shop.post("/v3/pay/transactions/native", native_order("PLAIN-01", 1'000));
    shop.pass(seconds{70});
    shared.id = at(opened(shop.arrived.at(1)), "transaction_id");
    CHECK(code_of(shop.post(share_path,
                            shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 1)}))) ==
          "400 INVALID_REQUEST");
    CHECK(code_of(shop.get("/v3/profitsharing/transactions/" + shared.id + "/amounts")) ==
          "404 RESOURCE_NOT_EXISTS");
    CHECK(at(shop.get_json("/v3/profitsharing/merchant-configs/1900000109"), "max_ratio") ==
          "3000");
}
