// What a merchant's accounts hold, and persons who are paid many at once.
#include "tests/protocols/wechat/v2/v2_shop.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::hours;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* batches_path = "/v3/transfer/batches";
constexpr const char* first = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

json::object detail(const char* number, std::int64_t amount, const std::string& openid = first) {
    return {{"out_detail_no", number},
            {"transfer_amount", amount},
            {"transfer_remark", "奖金"},
            {"openid", openid}};
}

json::object batch(const char* number, json::array details) {
    std::int64_t total = 0;
    for (const json::value& one : details) total += one.at("transfer_amount").as_int64();
    return {{"appid", "wxd678efh567hg6787"},
            {"out_batch_no", number},
            {"batch_name", "十月"},
            {"batch_remark", "十月奖金"},
            {"total_amount", total},
            {"total_num", static_cast<std::int64_t>(details.size())},
            {"transfer_detail_list", std::move(details)},
            {"notify_url", "http://127.0.0.1:9/batch"}};
}

}  // namespace

TEST_CASE("wechat balances: of each account, now and at the end of a day") {
    Shop shop;
    const auto balance = [&](const std::string& path) {
        const auto told = shop.get_json("/v3/merchant/fund/" + path);
        CHECK(at(told, "pending_amount") == "0");
        return at(told, "available_amount");
    };
    CHECK(balance("balance/BASIC") == "0");
    shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 1'000));
    shop.pass(seconds{3});
    CHECK(balance("balance/BASIC") == "994");
    CHECK(balance("balance/OPERATION") == "0");
    CHECK(balance("balance/FEES") == "0");
    CHECK(code_of(shop.get("/v3/merchant/fund/balance/GOLD")) == "400 PARAM_ERROR");
    const std::string today = "/v3/merchant/fund/dayendbalance/BASIC?date=2026-10-02";
    CHECK(code_of(shop.get(today)) == "400 PARAM_ERROR");
    shop.pass(std::chrono::days{2});
    CHECK(balance("dayendbalance/BASIC?date=2026-10-02") == "994");
    CHECK(balance("dayendbalance/BASIC?date=2026-10-01") == "0");
    CHECK(balance("balance/BASIC") == "0");
}

TEST_CASE("wechat v2: the fund-flow bill in the reply, for HMAC-SHA256 only") {
    V2Shop shop;
    CHECK(shop.code_v2("/pay/micropay", v2_payment("ORDER-1", "1000")) == "SUCCESS");
    shop.pass(hours{24});
    wechat::V2Fields fields{
        {"bill_date", "20261002"}, {"account_type", "Basic"}, {"sign_type", "HMAC-SHA256"}};
    const http::HttpReply reply =
        shop.send_xml("/pay/downloadfundflow", v2_body(shop.complete(fields)));
    CHECK(reply.body.starts_with("\xEF\xBB\xBF记账时间,"));
    CHECK(reply.body.find("`ORDER-1\r\n") != std::string::npos);
    fields["account_type"] = "Fees";
    CHECK(shop.code_v2("/pay/downloadfundflow", fields) == "NO_BILL_EXIST");
    fields["account_type"] = "Gold";
    CHECK(shop.code_v2("/pay/downloadfundflow", fields).find("account_type") != std::string::npos);
    fields["account_type"] = "Basic";
    fields.erase("sign_type");
    CHECK(shop.code_v2("/pay/downloadfundflow", fields) == "sign_type仅支持HMAC-SHA256");
}

TEST_CASE("wechat v2: a person is paid by transfer and by red packet, once a number") {
    V2Shop shop;
    shop.merchant.operating_balance = 1'000;
    shop.merchant.mchid = "1900000110";
    shop.store(shop.merchant);
    const auto send = [&](const std::string& path, wechat::V2Fields fields) {
        fields.emplace("nonce_str", "nonce");
        fields.emplace("sign",
                       wechat::sign_v2(fields, shop.merchant.v2_key, wechat::V2SignType::md5));
        const auto reply =
            wechat::read_v2_xml(shop.send_xml("/mmpaymkttransfers/" + path, v2_body(fields)).body)
                .value();
        CHECK(!reply.contains("sign"));
        return reply;
    };
    wechat::V2Fields transfer{{"mch_appid", shop.merchant.appids.front()},
                              {"mchid", shop.merchant.mchid},
                              {"partner_trade_no", "PAY1"},
                              {"openid", first},
                              {"check_name", "NO_CHECK"},
                              {"amount", "600"},
                              {"desc", "奖金"},
                              {"spbill_create_ip", "10.0.0.1"}};
    const auto made = send("promotion/transfers", transfer);
    CHECK(of(made, "result_code") == "SUCCESS");
    CHECK(of(made, "mchid") == "1900000110");
    CHECK(of(made, "mch_appid") == shop.merchant.appids.front());
    CHECK(of(send("promotion/transfers", transfer), "payment_no") == of(made, "payment_no"));
    CHECK(shop.balance("1900000110.operating") == 400);
    transfer["amount"] = "601";
    CHECK(of(send("promotion/transfers", transfer), "err_code") == "FATAL_ERROR");
    transfer["partner_trade_no"] = "PAY2";
    CHECK(of(send("promotion/transfers", transfer), "err_code") == "NOTENOUGH");
    transfer["check_name"] = "FORCE_CHECK";
    CHECK(of(send("promotion/transfers", transfer), "return_msg") == "缺少参数re_user_name");
    wechat::V2Fields query{{"appid", shop.merchant.appids.front()},
                           {"mch_id", shop.merchant.mchid},
                           {"partner_trade_no", "PAY1"}};
    CHECK(of(send("gettransferinfo", query), "status") == "SUCCESS");
    CHECK(of(send("gettransferinfo", query), "detail_id") == of(made, "payment_no"));
    query["partner_trade_no"] = "PAY2";
    CHECK(of(send("gettransferinfo", query), "err_code") == "NOT_FOUND");

    const wechat::V2Fields packet{{"wxappid", shop.merchant.appids.front()},
                                  {"mch_id", shop.merchant.mchid},
                                  {"mch_billno", "RED1"},
                                  {"send_name", "店"},
                                  {"re_openid", first},
                                  {"total_amount", "100"},
                                  {"total_num", "1"},
                                  {"wishing", "恭喜"},
                                  {"client_ip", "10.0.0.1"},
                                  {"act_name", "活动"},
                                  {"remark", "快来抢"}};
    CHECK(of(send("sendredpack", packet), "send_listid").size() == 40);
    CHECK(of(send("gethbinfo", {{"appid", shop.merchant.appids.front()},
                                {"mch_id", shop.merchant.mchid},
                                {"mch_billno", "RED1"},
                                {"bill_type", "MCHT"}}),
             "status") == "RECEIVED");
    CHECK(shop.balance("1900000110.operating") == 300);
    shop.check_books();
}

TEST_CASE("wechat batches: each transfer is made for itself, told of once as a whole") {
    Shop shop;
    shop.merchant.operating_balance = 10'000;
    shop.merchant.mchid = "1900000110";
    shop.store(shop.merchant);
    const json::object wanted =
        batch("BATCH1", {detail("D1", 100), detail("D2", 200, "oTumaSandboxCustomer00000005"),
                         detail("D3", 300, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6p")});
    const auto made = shop.post_json(batches_path, wanted);
    CHECK(at(made, "batch_status") == "ACCEPTED");
    const std::string id = at(made, "batch_id");
    CHECK(at(shop.post_json(batches_path, wanted), "batch_id") == id);
    CHECK(code_of(shop.post(batches_path, batch("BATCH1", {detail("D1", 101)}))) ==
          "400 INVALID_REQUEST");
    const std::string path = std::string(batches_path) + "/out-batch-no/BATCH1";
    const std::string all = "?need_query_detail=true&offset=0&limit=20&detail_status=ALL";
    CHECK(at(shop.get_json(path + all), "transfer_batch/batch_status") == "PROCESSING");
    shop.pass(seconds{10});
    const auto done = shop.get_json(path + all);
    CHECK(at(done, "transfer_batch/batch_status") == "FINISHED");
    CHECK(at(done, "transfer_batch/success_amount") == "400");
    CHECK(at(done, "transfer_batch/fail_num") == "1");
    CHECK(at(done, "transfer_detail_list/1/detail_status") == "FAIL");
    CHECK(shop.get_json(std::string(batches_path) + "/batch-id/" + id + all) == done);
    const auto failed =
        shop.get_json(path + "?need_query_detail=true&offset=0&limit=20&detail_status=FAIL");
    CHECK(at(failed, "transfer_detail_list/0/out_detail_no") == "D2");
    const auto one = shop.get_json(path + "/details/out-detail-no/D3");
    CHECK(at(one, "detail_status") == "SUCCESS");
    CHECK(shop.get_json(std::string(batches_path) + "/batch-id/" + id + "/details/detail-id/" +
                        at(one, "detail_id")) == one);
    CHECK(code_of(shop.get(path + "/details/out-detail-no/D4")) == "404 RESOURCE_NOT_EXISTS");
    CHECK(code_of(shop.get(path + "?need_query_detail=true&limit=1&detail_status=ALL")) ==
          "400 PARAM_ERROR");
    REQUIRE(shop.arrived.size() == 1);
    CHECK(at(shop.arrived[0].json(), "event_type") == "MCHTRANSFER.BATCH.FINISHED");
    CHECK(at(opened(shop.arrived[0]), "out_batch_no") == "BATCH1");
    CHECK(shop.balance("1900000110.operating") == 9'600);
    shop.check_books();
}

TEST_CASE("wechat batches: the whole is told when the last of them has ended") {
    Shop shop;
    shop.merchant.operating_balance = 10'000;
    shop.merchant.mchid = "1900000110";
    shop.store(shop.merchant);
    // One who is slow, then one who never takes it.
    shop.post(batches_path, batch("BATCH1", {detail("D1", 100, "oTumaSandboxCustomer00000010")}));
    shop.pass(seconds{15});
    CHECK(shop.arrived.empty());
    shop.pass(seconds{1});
    CHECK(shop.arrived.size() == 1);
    shop.post(batches_path, batch("BATCH2", {detail("D1", 100, "oTumaSandboxCustomer00000003")}));
    shop.pass(hours{24});
    CHECK(shop.arrived.size() == 1);
    shop.pass(seconds{4});
    REQUIRE(shop.arrived.size() == 2);
    CHECK(at(opened(shop.arrived[1]), "out_batch_no") == "BATCH2");
    CHECK(at(shop.get_json(std::string(batches_path) +
                           "/out-batch-no/BATCH2?need_query_detail=false"),
             "transfer_batch/fail_num") == "1");
    CHECK(shop.balance("1900000110.operating") == 9'900);
    shop.check_books();
}

TEST_CASE("wechat batches: sums that do not fit, numbers twice, too little money") {
    Shop shop;
    shop.merchant.operating_balance = 250;
    shop.merchant.mchid = "1900000110";
    shop.store(shop.merchant);
    json::object wrong = batch("BATCH1", {detail("D1", 100)});
    wrong["total_amount"] = 101;
    CHECK(code_of(shop.post(batches_path, wrong)) == "400 PARAM_ERROR");
    wrong["total_amount"] = 100;
    wrong["total_num"] = 2;
    CHECK(code_of(shop.post(batches_path, wrong)) == "400 PARAM_ERROR");
    CHECK(code_of(shop.post(batches_path, batch("BATCH1", {detail("D1", 1), detail("D1", 1)}))) ==
          "400 PARAM_ERROR");
    CHECK(code_of(shop.post(batches_path, batch("BATCH1", {detail("D1", 251)}))) ==
          "403 NOT_ENOUGH");
    CHECK(code_of(shop.post(batches_path, batch("BATCH1", {detail("D1", 250)}))) == "200");
    shop.check_books();
}
