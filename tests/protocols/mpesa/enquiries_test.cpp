// Balances, what became of a transaction, and giving it back: from the acknowledgement to the
// result.
#include "protocols/mpesa/wire/ids.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* balance_path = "/mpesa/accountbalance/v1/query";
constexpr const char* status_path = "/mpesa/transactionstatus/v1/query";
constexpr const char* reversal_path = "/mpesa/reversal/v1/request";

json::object about(const std::string& receipt, const char* party,
                   const json::object& changes = {}) {
    return changed(initiated("TransactionStatusQuery", {{"PartyA", party},
                                                        {"IdentifierType", "4"},
                                                        {"TransactionID", json::string(receipt)}}),
                   changes);
}

json::object giving_back(const std::string& receipt, const json::object& changes = {}) {
    return changed(initiated("TransactionReversal", {{"TransactionID", json::string(receipt)},
                                                     {"Amount", 10},
                                                     {"ReceiverParty", "174379"},
                                                     {"RecieverIdentifierType", "11"}}),
                   changes);
}

// The receipt of a prompt for ten shillings that was paid to 174379.
std::string paid_prompt(Daraja& daraja) {
    daraja.arrived.clear();
    daraja.post("/mpesa/stkpush/v1/processrequest", stk_body(sandbox_customer, 10));
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    return at(daraja.arrived[0].json(), "Body/stkCallback/CallbackMetadata/Item/1/Value");
}

}  // namespace

TEST_CASE("mpesa balance: all accounts in one text, with what was paid in charges") {
    Daraja daraja;
    result_of(daraja, b2c_v1, to_customer({{"Amount", 1'000}}));
    const json::object body =
        initiated("AccountBalance", {{"PartyA", "600000"}, {"IdentifierType", 4}});
    const json::value result = result_of(daraja, balance_path, body);
    CHECK(result.at("ResultCode") == json::value(0));
    CHECK(at(result, "TransactionID") == "UJ20000000");
    CHECK(said(result, "AccountBalance") ==
          "Working Account|KES|500000.00|500000.00|0.00|0.00&"
          "Float Account|KES|0.00|0.00|0.00|0.00&"
          "Utility Account|KES|999000.00|999000.00|0.00|0.00&"
          "Charges Paid Account|KES|-5.00|-5.00|0.00|0.00&"
          "Organization Settlement Account|KES|0.00|0.00|0.00|0.00");
    CHECK(parameter(result, "BOCompletedTime") == json::value(20261002181203));
    const json::value till =
        result_of(daraja, balance_path, changed(body, {{"PartyA", "5001000"}}));
    CHECK(said(till, "AccountBalance").find("&Merchant Account|KES|") != std::string::npos);
    const json::value failed =
        result_of(daraja, balance_path, changed(body, {{"CommandID", "Balance"}}));
    CHECK(code_of(failed) == "29");
    // The one parameter is an object, not an array of one.
    CHECK(json::serialize(failed.at("ResultParameters")) ==
          R"({"ResultParameter":{"Key":"BOCompletedTime","Value":20261002181403}})");
    mpesa::Options options;
    options.result_shape = "documented";
    daraja.store(options);
    CHECK(parameter(result_of(daraja, balance_path, body), "BOCompletedTime").is_string());
    CHECK(!result_of(daraja, balance_path, changed(body, {{"CommandID", "Balance"}}))
               .get_object()
               .contains("ResultParameters"));
    options.result_order = 2017;
    daraja.store(options);
    CHECK(parameter(result_of(daraja, balance_path, body), "BOCompletedTime").is_number());
}

TEST_CASE("mpesa status: of a prompt and a payment, by receipt and by conversation") {
    Daraja daraja;
    const std::string receipt = paid_prompt(daraja);
    const json::value prompt = result_of(daraja, status_path, about(receipt, "174379"));
    CHECK(keys_of(prompt) ==
          std::vector<std::string>{"DebitPartyName", "CreditPartyName", "OriginatorConversationID",
                                   "InitiatedTime", "CreditPartyCharges", "DebitAccountType",
                                   "TransactionReason", "ReasonType", "TransactionStatus",
                                   "FinalisedTime", "Amount", "ConversationID", "ReceiptNo"});
    CHECK(said(prompt, "ReceiptNo") == receipt);
    CHECK(said(prompt, "TransactionStatus") == "Completed");
    CHECK(daraja.arrived[0].callback.body.find(R"({"Key":"Amount","Value":10.0})") !=
          std::string::npos);
    CHECK(parameter(prompt, "FinalisedTime").is_number());
    CHECK(parameter(prompt, "CreditPartyCharges").is_null());
    CHECK(said(prompt, "InitiatedTime") == "20261002181102");
    CHECK(said(prompt, "DebitPartyName") == "254708374149 - John Doe");
    CHECK(said(prompt, "CreditPartyName") == "174379 - Daraja Sandbox");
    CHECK(at(prompt, "ReferenceData/ReferenceItem/Key") == "Occasion");

    const json::value paid =
        result_of(daraja, b2c_v3, to_customer({{"OriginatorConversationID", "pay-1"}}));
    for (const json::object& body :
         {about(at(paid, "TransactionID"), "600000"),
          about("", "600000", {{"OriginalConversationID", "pay-1"}}),
          about("", "600000", {{"TransactionID", nullptr}, {"OriginatorConversationID", "pay-1"}}),
          about("", "600000", {{"OriginalConversationID", paid.at("ConversationID")}})}) {
        const json::value result = result_of(daraja, status_path, body);
        REQUIRE(code_of(result) == "0");
        CHECK(said(result, "ReceiptNo") == at(paid, "TransactionID"));
        CHECK(said(result, "ConversationID") == at(paid, "ConversationID"));
        CHECK(said(result, "OriginatorConversationID") == "pay-1");
        CHECK(said(result, "ReasonType") == "Business Payment to Customer via API");
        CHECK(said(result, "DebitAccountType") == "Utility Account");
    }
    // Nobody else's business.
    CHECK(code_of(result_of(daraja, status_path, about(receipt, "600000"))) == "R000002");
    CHECK(code_of(result_of(daraja, status_path, about("UJ22T8IYOU", "174379"))) == "R000002");
    CHECK(code_of(result_of(daraja, status_path,
                            about("", "600966", {{"OriginalConversationID", "pay-1"}}))) ==
          "R000002");
    const http::HttpReply none = daraja.post(status_path, json::serialize(about("", "600000")));
    check_error(none);
    CHECK(at(json::parse(none.body), "errorMessage") == "Bad Request - Invalid TransactionID");
    daraja.check_books();
}

TEST_CASE("mpesa status: the ids that it tells are taken back") {
    Daraja daraja;
    std::vector<std::string> receipts{paid_prompt(daraja)};
    daraja.post("/mpesa/c2b/v2/simulate",
                json::serialize(json::object{{"ShortCode", "174379"},
                                             {"CommandID", "CustomerPayBillOnline"},
                                             {"Amount", 20},
                                             {"Msisdn", sandbox_customer},
                                             {"BillRefNumber", "INV1"}}));
    daraja.pass(minutes{1});
    // Numbers of orders count up: the payment unasked is the second one.
    receipts.push_back(mpesa::receipt(OrderId{2}, daraja.world.now));
    for (const std::string& receipt : receipts) {
        const json::value told = result_of(daraja, status_path, about(receipt, "174379"));
        REQUIRE(code_of(told) == "0");
        CHECK(said(told, "ConversationID").starts_with("AG_20261002_2070"));
        for (const char* key : {"ConversationID", "OriginatorConversationID"}) {
            const json::object by_id{{"TransactionID", nullptr},
                                     {"OriginalConversationID", parameter(told, key)}};
            const json::value again = result_of(daraja, status_path, about("", "174379", by_id));
            CHECK(code_of(again) == "0");
            CHECK(said(again, "ReceiptNo") == receipt);
            CHECK(code_of(result_of(daraja, status_path, about("", "600000", by_id))) == "R000002");
        }
    }
    // The same number under another day is nobody's.
    std::string other = mpesa::payment_conversation_id(OrderId{1}, daraja.world.now);
    other[10] = '9';
    CHECK(code_of(
              result_of(daraja, status_path,
                        about("", "174379", {{"OriginalConversationID", json::string(other)}}))) ==
          "R000002");
}

TEST_CASE("mpesa status: what a payment has cost, and the older sample by option") {
    Daraja daraja;
    const auto charges_of = [&](int amount) {
        const json::value paid = result_of(daraja, b2c_v1, to_customer({{"Amount", amount}}));
        return parameter(result_of(daraja, status_path, about(at(paid, "TransactionID"), "600000")),
                         "DebitPartyCharges");
    };
    // By the tariff of August 2023.
    CHECK(charges_of(1'000) == json::value("Fee For B2C Payment|KES|5.00"));
    CHECK(charges_of(100).is_null());
    CHECK(charges_of(6'000) == json::value("Fee For B2C Payment|KES|11.00"));
    const json::value first = result_of(daraja, b2c_v1, to_customer({{"Amount", 2'000}}));
    result_of(daraja, b2c_v1, to_customer({{"Amount", 30'000}}));
    mpesa::Options options;
    options.result_shape = "documented";
    daraja.store(options);
    const json::value told =
        result_of(daraja, status_path, about(at(first, "TransactionID"), "600000"));
    CHECK(said(told, "DebitPartyCharges") == "Fee For B2C Payment|KES|9.00");
    CHECK(keys_of(told) == std::vector<std::string>{
                               "ReceiptNo", "Conversation ID", "Amount", "FinalizedTime",
                               "TransactionStatus", "ReasonType", "TransactionReason",
                               "DebitPartyCharges", "DebitAccountType", "InitiatedTime",
                               "Originator Conversation ID", "CreditPartyName", "DebitPartyName"});
    CHECK(said(told, "Amount") == "2000");
}

TEST_CASE("mpesa status: what has failed, was cancelled, is still under way") {
    Daraja daraja;
    const auto status_after = [&](const char* scenario, Duration wait) {
        daraja.arrived.clear();
        const http::HttpReply reply =
            daraja.post(b2c_v1, json::serialize(to_customer()), {{"Tuma-Scenario", scenario}});
        daraja.pass(wait);
        daraja.arrived.clear();
        daraja.post(status_path,
                    json::serialize(about("", "600000",
                                          {{"OriginalConversationID",
                                            json::parse(reply.body).at("ConversationID")}})));
        daraja.pass(seconds{2});
        REQUIRE(daraja.arrived.size() == 1);
        const json::value result = daraja.arrived[0].json().at("Result");
        daraja.pass(minutes{1});
        return said(result, "TransactionStatus");
    };
    CHECK(status_after("approve", minutes{1}) == "Completed");
    CHECK(status_after("insufficient", minutes{1}) == "Failed");
    CHECK(status_after("cancel", minutes{1}) == "Cancelled");
    CHECK(status_after("slow", seconds{1}) == "Authorized");
    mpesa::Options options;
    options.in_flight_status = "Pending";
    daraja.store(options);
    CHECK(status_after("slow", seconds{1}) == "Pending");
}

TEST_CASE("mpesa reversal: a customer's payment goes back whole, and once") {
    Daraja daraja;
    const std::string receipt = paid_prompt(daraja);
    const std::int64_t before = daraja.balance("174379");
    const json::value result = result_of(daraja, reversal_path, giving_back(receipt));
    CHECK(result.at("ResultType") == json::value(0));
    CHECK(result.at("ResultCode") == json::value(0));
    CHECK(keys_of(result) == std::vector<std::string>{"DebitAccountBalance", "Amount",
                                                      "TransCompletedTime", "OriginalTransactionID",
                                                      "Charge", "CreditPartyPublicName",
                                                      "DebitPartyPublicName"});
    CHECK(said(result, "OriginalTransactionID") == receipt);
    CHECK(said(result, "CreditPartyPublicName") == "254708374149 - John Doe");
    const std::string& body = daraja.arrived[0].callback.body;
    CHECK(body.find(R"({"Key":"Amount","Value":10.00})") != std::string::npos);
    CHECK(body.find(R"({"Key":"Charge","Value":0.00})") != std::string::npos);
    CHECK(daraja.balance(sandbox_customer) == 5'000'000);
    CHECK(daraja.balance("174379") == before - 1'000);
    for (int i = 0; i < 2; ++i)
        CHECK(result_of(daraja, reversal_path, giving_back(receipt)).at("ResultCode") ==
              json::value("R000001"));
    CHECK(daraja.balance(sandbox_customer) == 5'000'000);
    daraja.restart();
    CHECK(code_of(result_of(daraja, reversal_path, giving_back(receipt))) == "R000001");
    daraja.check_books();
}

TEST_CASE("mpesa reversal: two that are asked for together give back one payment") {
    Daraja daraja;
    const std::string receipt = paid_prompt(daraja);
    daraja.arrived.clear();
    for (int i = 0; i < 2; ++i)
        CHECK(daraja.post(reversal_path, json::serialize(giving_back(receipt))).status == 200);
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 2);
    CHECK(at(daraja.arrived[0].json(), "Result/ResultCode") == "0");
    CHECK(at(daraja.arrived[1].json(), "Result/ResultCode") == "R000001");
    CHECK(daraja.balance(sandbox_customer) == 5'000'000);
    daraja.check_books();
}

TEST_CASE("mpesa reversal: receipts that are others', of other things, of other amounts") {
    Daraja daraja;
    const std::string receipt = paid_prompt(daraja);
    const std::int64_t before = daraja.balance(sandbox_customer);
    const auto code = [&](const json::object& body) {
        return code_of(result_of(daraja, reversal_path, body));
    };
    CHECK(code(giving_back(receipt, {{"ReceiverParty", "600000"}})) == "R000002");
    CHECK(code(giving_back("UJ22T8IYOU")) == "R000002");
    CHECK(code(giving_back("x")) == "R000002");
    CHECK(code(giving_back(receipt, {{"Amount", 9}})) == "2006");
    CHECK(code(giving_back(receipt, {{"Amount", 11}})) == "2006");
    CHECK(code(giving_back(receipt, {{"CommandID", "Reverse"}})) == "29");
    CHECK(daraja.balance(sandbox_customer) == before);
    const json::value paid = result_of(daraja, b2c_v1, to_customer());
    CHECK(code(giving_back(at(paid, "TransactionID"),
                           {{"ReceiverParty", "600000"}, {"Amount", 100}})) == "2028");

    CHECK(code(giving_back(receipt, {{"RecieverIdentifierType", "4"}, {"Amount", 9}})) == "2006");
    mpesa::Options options;
    options.reversal_receiver_4 = false;
    options.partial_reversal = true;
    daraja.store(options);
    check_error(daraja.post(
        reversal_path, json::serialize(giving_back(receipt, {{"RecieverIdentifierType", "4"}}))));
    CHECK(code(giving_back(receipt, {{"Amount", 4}})) == "0");
    CHECK(code(giving_back(receipt, {{"Amount", 7}})) == "R000001");
    CHECK(code(giving_back(receipt, {{"Amount", 6}})) == "0");
    CHECK(code(giving_back(receipt, {{"Amount", 1}})) == "R000001");
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 + 10'000);
    daraja.check_books();
}

TEST_CASE("mpesa reversal: a payment unasked goes back too, unless its business has spent it") {
    Daraja daraja;
    mpesa::Shortcode poor = mpesa::find_shortcode(daraja.directory, "600986").value();
    poor.utility_balance = 0;
    daraja.store(poor);
    json::object urls{{"ShortCode", "600986"},
                      {"ResponseType", "Completed"},
                      {"ConfirmationURL", "http://127.0.0.1:9/c"},
                      {"ValidationURL", "http://127.0.0.1:9/v"}};
    daraja.post("/mpesa/c2b/v2/registerurl", json::serialize(urls));
    const json::object payment{{"ShortCode", "600986"},
                               {"CommandID", "CustomerPayBillOnline"},
                               {"Amount", 1'000},
                               {"Msisdn", sandbox_customer},
                               {"BillRefNumber", "INV1"}};
    const auto pay = [&] {
        daraja.arrived.clear();
        daraja.post("/mpesa/c2b/v2/simulate", json::serialize(payment));
        daraja.pass(minutes{1});
        REQUIRE(daraja.arrived.size() == 1);
        return at(daraja.arrived[0].json(), "TransID");
    };
    const std::string first = pay();
    // What it paid for being paid is gone, so the whole is not there.
    const json::object back{{"ReceiverParty", "600986"}, {"Amount", 1'000}};
    CHECK(code_of(result_of(daraja, reversal_path, giving_back(first, back))) == "1");
    const std::string second = pay();
    CHECK(code_of(result_of(daraja, reversal_path, giving_back(first, back))) == "0");
    CHECK(code_of(result_of(daraja, reversal_path, giving_back(second, back))) == "1");
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 100'000);
    daraja.check_books();
}
