// API v2: the trade bill is v3's, in the reply itself.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;

namespace {

constexpr const char* bill_path = "/pay/downloadbill";

http::HttpReply download(V2Shop& shop, const wechat::V2Fields& fields) {
    return shop.send_xml(bill_path, v2_body(shop.complete(fields)));
}

std::string error_code(const http::HttpReply& reply) {
    return of(wechat::read_v2_xml(reply.body).value(), "error_code");
}

}  // namespace

TEST_CASE("wechat v2 bills: an order of the day before, plain and packed") {
    V2Shop shop;
    CHECK(shop.code_v2("/pay/unifiedorder", v2_order("ORDER-1", "100")) == "SUCCESS");
    shop.pass(std::chrono::seconds{3});
    shop.pass(std::chrono::hours{24});
    const wechat::V2Fields wanted{{"bill_date", "20261002"}, {"bill_type", "ALL"}};
    const http::HttpReply plain = download(shop, wanted);
    CHECK(plain.status == 200);
    CHECK(plain.body.starts_with("\xEF\xBB\xBF交易时间,"));
    CHECK(plain.body.find("`ORDER-1,") != std::string::npos);
    CHECK(plain.body.find("`1,`1.00,`0.00,`0.00,`0.01000,`1.00,`0.00\r\n") != std::string::npos);
    wechat::V2Fields packed = wanted;
    packed["tar_type"] = "GZIP";
    CHECK(download(shop, packed).body.starts_with("\x1F\x8B"));
}

TEST_CASE("wechat v2 bills: no bill, not yet, and dates that are none") {
    V2Shop shop;
    CHECK(error_code(download(shop, {{"bill_date", "20261001"}})) == "20002");
    CHECK(error_code(download(shop, {{"bill_date", "20261002"}})) == "20002");
    CHECK(error_code(download(shop, {{"bill_date", "2026-10-1"}})) == "20001");
    CHECK(error_code(download(shop, {{"bill_date", "20261301"}})) == "20001");
    CHECK(error_code(download(shop, {{"bill_date", "20261001"}, {"bill_type", "X"}})) == "20001");
    CHECK(error_code(download(shop, {})) == "20001");
    shop.pass(std::chrono::hours{16});
    CHECK(error_code(download(shop, {{"bill_date", "20261002"}})) == "20003");
}
