// API v2: refunds, their queries by any of four numbers, their encrypted notices.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::seconds;
using wechat::V2Fields;

namespace {

constexpr const char* refund_path = "/secapi/pay/refund";
constexpr const char* refund_query_path = "/pay/refundquery";

std::string paid(V2Shop& shop, const std::string& number, const std::string& total,
                 const std::string& code = "139999999999990000") {
    return of(shop.call_v2("/pay/micropay", v2_payment(number, total, code)), "transaction_id");
}

V2Fields told_of(const V2Shop& shop, std::size_t i) {
    const V2Fields outer = wechat::read_v2_xml(shop.arrived.at(i).callback.body).value();
    CHECK(of(outer, "return_code") == "SUCCESS");
    CHECK(of(outer, "appid") == shop.merchant.appids.front());
    CHECK(!outer.contains("sign"));
    const auto inner = wechat::decrypt_req_info(of(outer, "req_info"), shop.merchant.v2_key);
    return wechat::read_v2_xml(inner.value(), "root").value();
}

// Carries out what a request asks next; false once it has its reply.
bool go_on(V2Shop& shop, protocols::Answer& answer) {
    auto* const asking = std::get_if<protocols::Asking>(&answer);
    if (asking == nullptr) return false;
    const auto outcomes = shop.world.handle_together(asking->requests);
    protocols::Answer next = asking->then(outcomes);
    answer = std::move(next);
    return true;
}

}  // namespace

TEST_CASE("wechat v2: a refund moves money at once, is told of later, and queried by each number") {
    V2Shop shop;
    const std::string id = paid(shop, "OTN2", "1000");
    const std::int64_t before = shop.balance(wechat::Options{}.payer);
    const V2Fields made = shop.call_v2(refund_path, v2_refund_of("OTN2", "ORN1", "400", "1000"));
    CHECK(of(made, "result_code") == "SUCCESS");
    CHECK(of(made, "transaction_id") == id);
    CHECK(of(made, "refund_id").size() == 29);
    CHECK(of(made, "refund_fee") == "400");
    CHECK(of(made, "total_fee") == "1000");
    CHECK(of(made, "cash_fee") == "1000");
    CHECK(shop.balance(wechat::Options{}.payer) == before + 400);
    CHECK(of(shop.call_v2(refund_query_path, {{"out_refund_no", "ORN1"}}), "refund_status_0") ==
          "PROCESSING");
    shop.pass(seconds{3});

    REQUIRE(shop.arrived.size() == 1);
    CHECK(shop.arrived[0].callback.url == "http://127.0.0.1:9/refund");
    const V2Fields told = told_of(shop, 0);
    CHECK(of(told, "refund_status") == "SUCCESS");
    CHECK(of(told, "refund_id") == of(made, "refund_id"));
    CHECK(of(told, "out_refund_no") == "ORN1");
    CHECK(of(told, "out_trade_no") == "OTN2");
    CHECK(of(told, "transaction_id") == id);
    CHECK(of(told, "refund_fee") == "400");
    CHECK(of(told, "success_time").starts_with("2026-10-02 10:00:0"));

    for (const auto& [name, value] : V2Fields{{"refund_id", of(made, "refund_id")},
                                              {"out_refund_no", "ORN1"},
                                              {"transaction_id", id},
                                              {"out_trade_no", "OTN2"}}) {
        const V2Fields found = shop.call_v2(refund_query_path, {{name, value}});
        CHECK(of(found, "refund_count") == "1");
        CHECK(of(found, "out_refund_no_0") == "ORN1");
        CHECK(of(found, "refund_id_0") == of(made, "refund_id"));
        CHECK(of(found, "refund_fee_0") == "400");
        CHECK(of(found, "refund_status_0") == "SUCCESS");
        CHECK(of(found, "refund_recv_accout_0") == "支付用户零钱");
        CHECK(of(found, "refund_success_time_0") == of(told, "success_time"));
        CHECK(of(found, "total_fee") == "1000");
    }
    shop.check_books();
}

TEST_CASE("wechat v2: the same refund again moves nothing; another with its number is refused") {
    V2Shop shop;
    paid(shop, "OTN2", "1000");
    const V2Fields first = shop.call_v2(refund_path, v2_refund_of("OTN2", "R", "400", "1000"));
    const std::int64_t after = shop.balance(wechat::Options{}.payer);
    const V2Fields again = shop.call_v2(refund_path, v2_refund_of("OTN2", "R", "400", "1000"));
    CHECK(of(again, "refund_id") == of(first, "refund_id"));
    CHECK(shop.code_v2(refund_path, v2_refund_of("OTN2", "R", "401", "1000")) ==
          "REFUND_FEE_MISMATCH");
    CHECK(shop.code_v2(refund_path, v2_refund_of("OTN2", "S", "400", "999")) ==
          "REFUND_FEE_MISMATCH");
    const V2Fields beyond = shop.call_v2(refund_path, v2_refund_of("OTN2", "S", "601", "1000"));
    CHECK(of(beyond, "err_code") == "INVALID_REQUEST");
    CHECK(of(beyond, "err_code_des") == "refund_fee大于可退金额");
    CHECK(shop.call_v2(refund_path, v2_refund_of("OTN2", "S", "1001", "1000")) ==
          V2Fields{{"return_code", "FAIL"}, {"return_msg", "invalid refund_fee"}});
    CHECK(shop.code_v2(refund_path, v2_refund_of("OTN9", "S", "1", "1000")) == "ORDERNOTEXIST");
    V2Fields by_id = v2_refund_of("OTN2", "S", "1", "1000");
    by_id["transaction_id"] = "4200002000202610029999999999";
    CHECK(shop.code_v2(refund_path, by_id) == "INVALID_TRANSACTIONID");
    CHECK(shop.code_v2("/pay/unifiedorder", v2_order("OTN3", "50")) == "SUCCESS");
    CHECK(shop.code_v2(refund_path, v2_refund_of("OTN3", "S", "50", "50")) == "ERROR");
    CHECK(shop.code_v2(refund_query_path, {{"out_refund_no", "S"}}) == "REFUNDNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {{"refund_id", "50300005640202610020000000001"}}) ==
          "REFUNDNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {{"refund_id", "nonsense"}}) == "REFUNDNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {{"out_trade_no", "OTN3"}}) == "REFUNDNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {}) == "缺少参数transaction_id或out_trade_no");
    CHECK(shop.balance(wechat::Options{}.payer) == after);
    shop.check_books();
}

TEST_CASE("wechat v2: a payment that was refunded whole says so") {
    V2Shop shop;
    paid(shop, "OTN2", "1000");
    CHECK(shop.code_v2(refund_path, v2_refund_of("OTN2", "R", "1000", "1000")) == "SUCCESS");
    const V2Fields more = shop.call_v2(refund_path, v2_refund_of("OTN2", "S", "1", "1000"));
    CHECK(of(more, "err_code") == "ERROR");
    CHECK(of(more, "err_code_des") == "订单已全额退款");
    shop.check_books();
}

TEST_CASE("wechat v2: all refunds of a payment are found by it, ten at a time, failed ones too") {
    V2Shop shop;
    paid(shop, "OTN2", "1000");
    for (int i = 0; i < 25; ++i) {
        const bool fails = i % 3 == 1;
        http::Fields headers;
        if (fails) headers.emplace_back("Tuma-Scenario", "refund-abnormal");
        CHECK(shop.code_v2(refund_path, v2_refund_of("OTN2", "R" + std::to_string(i), "10", "1000"),
                           headers) == "SUCCESS");
        shop.pass(seconds{3});
    }
    std::size_t seen = 0;
    for (const std::size_t count : {10U, 10U, 5U}) {
        const V2Fields page = shop.call_v2(
            refund_query_path, {{"out_trade_no", "OTN2"}, {"offset", std::to_string(seen)}});
        CHECK(of(page, "total_refund_count") == "25");
        CHECK(of(page, "refund_count") == std::to_string(count));
        for (std::size_t i = 0; i < count; ++i, ++seen) {
            const std::string nth = std::to_string(i);
            CHECK(of(page, "out_refund_no_" + nth) == "R" + std::to_string(seen));
            CHECK(of(page, "refund_status_" + nth) == (seen % 3 == 1 ? "CHANGE" : "SUCCESS"));
        }
    }
    CHECK(shop.code_v2(refund_query_path, {{"out_trade_no", "OTN2"}, {"offset", "25"}}) ==
          "REFUNDNOTEXIST");
    shop.check_books();
}

TEST_CASE("wechat v2: two refunds of a payment at the same moment are both made, and both found") {
    V2Shop shop;
    paid(shop, "OTN2", "1000");
    std::vector<protocols::Answer> answers;
    for (const char* number : {"RA", "RB"}) {
        const http::HttpRequest request{
            .method = "POST",
            .target = refund_path,
            .body = v2_body(shop.complete(v2_refund_of("OTN2", number, "300", "1000")))};
        answers.push_back(shop.adapter.handle(request, {shop.world.now, shop.directory}));
    }
    for (bool is_open = true; is_open;) {
        const bool first = go_on(shop, answers[0]);
        const bool second = go_on(shop, answers[1]);
        is_open = first || second;
    }
    for (const protocols::Answer& answer : answers)
        CHECK(std::get<http::HttpReply>(answer).body.find("refund_id") != std::string::npos);
    const V2Fields all = shop.call_v2(refund_query_path, {{"out_trade_no", "OTN2"}});
    CHECK(of(all, "refund_count") == "2");
    CHECK(of(all, "out_refund_no_0") == "RA");
    CHECK(of(all, "out_refund_no_1") == "RB");
    shop.check_books();
}

TEST_CASE("wechat v2: refunds that do not arrive are told as CHANGE and REFUNDCLOSE") {
    V2Shop shop;
    paid(shop, "A", "100", "139999999999990030");
    paid(shop, "B", "100", "139999999999990031");
    CHECK(shop.code_v2(refund_path, v2_refund_of("A", "RA", "100", "100")) == "SUCCESS");
    CHECK(shop.code_v2(refund_path, v2_refund_of("B", "RB", "100", "100")) == "SUCCESS");
    shop.pass(seconds{3});
    REQUIRE(shop.arrived.size() == 2);
    CHECK(of(told_of(shop, 0), "refund_status") == "CHANGE");
    CHECK(of(told_of(shop, 1), "refund_status") == "REFUNDCLOSE");
    CHECK(of(told_of(shop, 1), "success_time") == "(nothing)");
    shop.check_books();
}

TEST_CASE("wechat v2: nobody sees another merchant's orders and refunds") {
    V2Shop shop;
    const std::string id = paid(shop, "OTN2", "1000");
    const std::string refund =
        of(shop.call_v2(refund_path, v2_refund_of("OTN2", "R", "400", "1000")), "refund_id");
    wechat::Merchant other = shop.merchant;
    other.mchid = "1900000110";
    shop.store(other);
    shop.merchant = other;
    CHECK(shop.code_v2("/pay/orderquery", {{"transaction_id", id}}) == "ORDERNOTEXIST");
    CHECK(shop.code_v2("/pay/orderquery", {{"out_trade_no", "OTN2"}}) == "ORDERNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {{"refund_id", refund}}) == "REFUNDNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {{"out_refund_no", "R"}}) == "REFUNDNOTEXIST");
    CHECK(shop.code_v2(refund_query_path, {{"transaction_id", id}}) == "REFUNDNOTEXIST");
    CHECK(shop.code_v2("/secapi/pay/reverse", {{"transaction_id", id}}) == "INVALID_TRANSACTIONID");
}

TEST_CASE("wechat v2: partial refunds give back what was charged, a reversal the rest of it") {
    V2Shop shop;
    paid(shop, "OTN-50", "4200");
    CHECK(shop.balance("wechat-china.fees") == 25);
    for (int i = 0; i < 50; ++i) {
        const std::string number = "ORN-" + std::to_string(i);
        CHECK(of(shop.call_v2(refund_path, v2_refund_of("OTN-50", number, "84", "4200")),
                 "result_code") == "SUCCESS");
    }
    CHECK(shop.balance("wechat-china.fees") == 0);
    paid(shop, "OTN-51", "250");
    CHECK(shop.balance("wechat-china.fees") == 2);
    shop.call_v2("/secapi/pay/reverse", {{"out_trade_no", "OTN-51"}});
    CHECK(shop.balance("wechat-china.fees") == 0);
    shop.check_books();
}
