// Profit sharing: parts of a payment for others, what is left, and what comes back.
#include "tests/wechat/shop.h"

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
                                     {"relation_type", "PARTNER"}})) == "200");
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
    shop.post(share_path, shared.sharing("S-1", {part("MERCHANT_ID", "1900000110", 200)}));
    shop.pass(seconds{1});
    const auto body = [](const char* number, std::int64_t amount) {
        return json::object{{"out_order_no", "S-1"},
                            {"out_return_no", number},
                            {"return_mchid", "1900000110"},
                            {"amount", amount},
                            {"description", "back"}};
    };
    constexpr const char* path = "/v3/profitsharing/return-orders";
    CHECK(at(shop.post_json(path, body("B-1", 150)), "result") == "PROCESSING");
    CHECK(code_of(shop.post(path, body("B-1", 150))) == "200");
    CHECK(code_of(shop.post(path, body("B-2", 51))) == "400 INVALID_REQUEST");
    shop.pass(seconds{1});
    CHECK(at(shop.get_json(std::string(path) + "/B-1?out_order_no=S-1"), "result") == "SUCCESS");
    CHECK(shop.balance("1900000110.operating") == 50);
    CHECK(shop.balance("1900000109") == 150);
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
