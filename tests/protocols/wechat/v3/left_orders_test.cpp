// A merchant of many orders: those that have left memory answer as if they had not.
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace {

using std::chrono::hours;
using std::chrono::seconds;

// A merchant with few orders in memory and one with all do the same.
struct Twins {
    Shop few{{}, 4};
    Shop all{};

    std::string same(const http::HttpReply& one, const http::HttpReply& other) {
        CHECK(one.status == other.status);
        CHECK(one.body == other.body);
        return fmt::format("{} {}", one.status, one.body);
    }
    std::string get(const std::string& target) { return same(few.get(target), all.get(target)); }
    std::string post(const std::string& target, const boost::json::object& body) {
        return same(few.post(target, body), all.post(target, body));
    }
    void pass(Duration duration) {
        few.pass(duration);
        all.pass(duration);
    }
    void sell(int first, int last) {
        for (int i = first; i <= last; ++i) {
            post("/v3/pay/transactions/native", native_order(fmt::format("SALE-{}", i), 500));
            pass(seconds{3});
        }
    }
    std::string bill() {
        const std::string told = get("/v3/bill/tradebill?bill_date=2026-10-02");
        const auto json = boost::json::parse(told.substr(4));
        return get(at(json, "download_url").substr(std::string("http://127.0.0.1:8080").size()));
    }
};

}  // namespace

TEST_CASE(
    "wechat: orders that have left memory are queried, refused, given back and billed as ever") {
    Twins twins;
    twins.sell(1, 60);
    const auto& orders = twins.few.world.core.state().orders;
    REQUIRE(orders.size() < 40);
    REQUIRE(orders.find(OrderId{1}) == nullptr);

    const std::string query = "/v3/pay/transactions/out-trade-no/SALE-1?mchid=1900000109";
    const std::string told = twins.get(query);
    CHECK(told.starts_with("200"));
    CHECK(told.find("SUCCESS") != std::string::npos);
    const std::string id = at(boost::json::parse(told.substr(4)), "transaction_id");
    CHECK(twins.get("/v3/pay/transactions/id/" + id + "?mchid=1900000109") == told);

    CHECK_FALSE(
        twins.post("/v3/pay/transactions/native", native_order("SALE-1", 500)).starts_with("200"));
    CHECK(twins.post("/v3/refund/domestic/refunds", refund_of("SALE-1", "BACK-1", 300, 500))
              .starts_with("200"));
    twins.sell(61, 120);
    REQUIRE(orders.find(OrderId{1}) == nullptr);
    CHECK(twins.get("/v3/refund/domestic/refunds/BACK-1").starts_with("200"));
    CHECK_FALSE(twins.post("/v3/refund/domestic/refunds", refund_of("SALE-1", "BACK-2", 201, 500))
                    .starts_with("200"));
    CHECK(twins.post("/v3/refund/domestic/refunds", refund_of("SALE-1", "BACK-3", 200, 500))
              .starts_with("200"));
    twins.pass(hours{24});
    const std::string bill = twins.bill();
    for (int i = 1; i <= 120; ++i) CHECK(bill.find(fmt::format("`SALE-{},", i)) != bill.npos);
    CHECK(bill.find("`BACK-1,") != bill.npos);
    twins.few.check_books();
}
