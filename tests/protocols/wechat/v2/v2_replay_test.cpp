// What a real client of API v2 sent, byte for byte, with the keys it had.
#include "tests/protocols/wechat/v2/v2_shop.h"
#include "tests/protocols/wechat/wire/transcripts.h"

using namespace tuma;
using namespace tuma::testing;
using wechat::V2Fields;

namespace {

/// The reply to a recorded request.
V2Fields replayed(V2Shop& shop, const std::string& name) {
    const std::string text = test::transcript(name);
    const std::size_t end = text.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    const std::size_t method = text.find(' ');
    const std::string target = text.substr(method + 1, text.find(' ', method + 1) - method - 1);
    const http::HttpReply reply = shop.send({.method = text.substr(0, method),
                                             .target = target,
                                             .headers = {{"Content-Type", "text/xml"}},
                                             .body = text.substr(end + 4)});
    CHECK(reply.status == 200);
    return wechat::read_v2_xml(reply.body).value();
}

/// The reply that the client took.
V2Fields recorded_fields(const std::string& name) {
    const std::string text = test::transcript(name);
    return wechat::read_v2_xml(text.substr(text.find("\r\n\r\n") + 4)).value();
}

}  // namespace

TEST_CASE("wechat v2: recorded requests of a real client are answered as it expects") {
    if (!test::has_transcripts()) return;
    V2Shop shop;
    shop.merchant.v2_key = test::parameter("apiv2_key");
    shop.merchant.appids = {test::parameter("appid")};
    REQUIRE(shop.merchant.mchid == test::parameter("mchid"));
    shop.store(shop.merchant);
    for (const char* name :
         {"015-axios-v2-unifiedorder-md5", "016-axios-v2-unifiedorder-hmac",
          "017-axios-v2-micropay", "018-axios-v2-orderquery", "019-axios-v2-refund"}) {
        CAPTURE(name);
        const V2Fields reply = replayed(shop, std::string(name) + ".http");
        const V2Fields wanted = recorded_fields(std::string(name) + ".resp");
        CHECK(of(reply, "result_code") == "SUCCESS");
        const bool is_hmac = of(wanted, "sign").size() == 64;
        const auto type = is_hmac ? wechat::V2SignType::hmac_sha256 : wechat::V2SignType::md5;
        CHECK(of(reply, "sign") == wechat::sign_v2(reply, shop.merchant.v2_key, type));
        // Numbers and times are our own; what the payment made says of its state comes with
        // queries.
        for (const auto& one : wanted) {
            const std::string& field = one.first;
            CAPTURE(field);
            if (std::string_view(name).starts_with("017") && field.starts_with("trade_state"))
                continue;
            CHECK(reply.contains(field));
            for (const char* same :
                 {"appid", "mch_id", "openid", "trade_type", "total_fee", "cash_fee", "refund_fee",
                  "out_trade_no", "out_refund_no", "trade_state", "trade_state_desc", "bank_type"})
                if (field == same) CHECK(of(reply, field) == one.second);
        }
    }
    shop.check_books();
}
