// Businesses pay customers and businesses, from the acknowledgement to the result.
#include "protocols/mpesa/apis/b2b.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::minutes;

namespace json = boost::json;

namespace {

constexpr const char* customer = "254708374149";
constexpr const char* b2b_path = "/mpesa/b2b/v1/paymentrequest";
constexpr const char* tax_path = "/mpesa/b2b/v1/remittax";

/// Which account a command takes money from, and which gets it.
struct Moves {
    std::string command;
    std::string from;
    std::string to;
};

json::object to_business(const char* command, const json::object& changes = {}) {
    return changed(b2b_body("", command, "600984", Takes::maybe).body, changes);
}

}  // namespace

TEST_CASE("mpesa b2c: a customer is paid, the utility account pays, the price is told") {
    Daraja daraja;
    const json::value result = result_of(daraja, b2c_v1, to_customer({{"Amount", 1'000}}));
    CHECK(result.at("ResultType") == json::value(0));
    CHECK(result.at("ResultCode") == json::value(0));
    CHECK(at(result, "ResultDesc") == "The service request is processed successfully.");
    CHECK(keys_of(result) ==
          std::vector<std::string>{
              "TransactionAmount", "TransactionReceipt", "ReceiverPartyPublicName",
              "TransactionCompletedDateTime", "B2CUtilityAccountAvailableFunds",
              "B2CWorkingAccountAvailableFunds", "B2CRecipientIsRegisteredCustomer",
              "B2CChargesPaidAccountAvailableFunds"});
    CHECK(said(result, "TransactionAmount") == "1000");
    CHECK(said(result, "TransactionReceipt") == at(result, "TransactionID"));
    CHECK(said(result, "ReceiverPartyPublicName") == "254708374149 - John Doe");
    CHECK(said(result, "TransactionCompletedDateTime") == "02.10.2026 18:11:03");
    CHECK(parameter(result, "B2CUtilityAccountAvailableFunds").to_number<double>() == 999'000.0);
    CHECK(parameter(result, "B2CWorkingAccountAvailableFunds").to_number<double>() == 500'000.0);
    CHECK(said(result, "B2CRecipientIsRegisteredCustomer") == "Y");
    // KSh 5 by the tariff of August 2023.
    CHECK(parameter(result, "B2CChargesPaidAccountAvailableFunds").to_number<double>() == -5.0);
    CHECK(daraja.arrived[0].callback.body.find("\"Value\":999000.0}") != std::string::npos);
    CHECK(at(result, "ReferenceData/ReferenceItem/Key") == "QueueTimeoutURL");
    CHECK(daraja.balance(customer) == 5'000'000 + 100'000);
    CHECK(daraja.balance("600000") == 100'000'000 - 100'000);
    CHECK(daraja.balance("600000.charges") == -500);
    daraja.check_books();
}

TEST_CASE("mpesa b2c: the order of 2017 is another") {
    mpesa::Options options;
    options.result_order = 2017;
    Daraja daraja(options);
    CHECK(keys_of(result_of(daraja, b2c_v1, to_customer())) ==
          std::vector<std::string>{
              "TransactionReceipt", "TransactionAmount", "B2CWorkingAccountAvailableFunds",
              "B2CUtilityAccountAvailableFunds", "TransactionCompletedDateTime",
              "ReceiverPartyPublicName", "B2CChargesPaidAccountAvailableFunds",
              "B2CRecipientIsRegisteredCustomer"});
    CHECK(keys_of(result_of(daraja, b2b_path, to_business("BusinessPayBill"))) ==
          std::vector<std::string>{"InitiatorAccountCurrentBalance", "DebitAccountCurrentBalance",
                                   "Amount", "DebitPartyAffectedAccountBalance",
                                   "TransCompletedTime", "DebitPartyCharges",
                                   "ReceiverPartyPublicName", "Currency"});
}

TEST_CASE("mpesa b2c v3: the caller's own id comes back, and counts once for each business") {
    Daraja daraja;
    const json::object body = to_customer({{"OriginatorConversationID", "pay-1"}});
    CHECK(at(result_of(daraja, b2c_v3, body), "OriginatorConversationID") == "pay-1");
    const http::HttpReply again = daraja.post(b2c_v3, json::serialize(body));
    check_error(again);
    CHECK(at(json::parse(again.body), "errorCode") == "500.002.1001");
    CHECK(at(json::parse(again.body), "errorMessage") == "Duplicate OriginatorConversationID.");
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.size() == 1);
    CHECK(daraja.balance(customer) == 5'000'000 + 10'000);
    // Another business may use it; a failure uses it up too.
    CHECK(code_of(result_of(daraja, b2c_v3, changed(body, {{"PartyA", "600966"}}))) == "0");
    const json::object failing =
        to_customer({{"OriginatorConversationID", "pay-2"}, {"Amount", 9}});
    CHECK(code_of(result_of(daraja, b2c_v3, failing)) == "2");
    CHECK(daraja.post(b2c_v3, json::serialize(failing)).status == 500);
    daraja.check_books();
}

TEST_CASE("mpesa b2c: failures have a receipt and no parameters") {
    Daraja daraja;
    mpesa::Shortcode poor = mpesa::find_shortcode(daraja.directory, "600986").value();
    poor.utility_balance = 50;
    daraja.store(poor);
    const auto failed = [&](const json::object& changes) {
        const json::value result = result_of(daraja, b2c_v1, to_customer(changes));
        CHECK(!result.get_object().contains("ResultParameters"));
        CHECK(at(result, "TransactionID").size() == 10);
        CHECK(at(result, "ReferenceData/ReferenceItem/Key") == "QueueTimeoutURL");
        return code_of(result);
    };
    CHECK(failed({{"PartyA", "600986"}}) == "1");
    CHECK(failed({{"Amount", 9}}) == "2");
    CHECK(failed({{"Amount", 250'001}}) == "3");
    CHECK(failed({{"CommandID", "BusinessGift"}}) == "29");
    CHECK(failed({{"PartyB", "254700001040"}}) == "2040");
    // Up to what a customer may hold.
    CHECK(code_of(result_of(daraja, b2c_v1, to_customer({{"Amount", 250'000}}))) == "0");
    CHECK(code_of(result_of(daraja, b2c_v1, to_customer({{"Amount", 200'000}}))) == "0");
    CHECK(failed({{"Amount", 10}}) == "8");
    daraja.check_books();
}

TEST_CASE("mpesa b2c: Pochi by either path, salaries to people without M-Pesa by option") {
    Daraja daraja;
    CHECK(code_of(result_of(daraja, "/mpesa/b2pochi/v1/paymentrequest",
                            to_customer({{"CommandID", "BusinessPayToPochi"}}))) == "0");
    CHECK(code_of(result_of(daraja, b2c_v1, to_customer({{"CommandID", "BusinessPayToPochi"}}))) ==
          "0");
    const json::object salary =
        to_customer({{"CommandID", "SalaryPayment"}, {"PartyB", "254700001040"}});
    CHECK(code_of(result_of(daraja, b2c_v1, salary)) == "2040");
    mpesa::Options options;
    options.salary_reaches_unregistered = true;
    options.b2pochi_path = false;
    daraja.store(options);
    const json::value paid = result_of(daraja, b2c_v1, salary);
    CHECK(code_of(paid) == "0");
    CHECK(said(paid, "B2CRecipientIsRegisteredCustomer") == "N");
    CHECK(daraja.post("/mpesa/b2pochi/v1/paymentrequest", json::serialize(to_customer())).status ==
          404);
}

TEST_CASE("mpesa b2b: each command moves money from where to where it says") {
    constexpr const char* working = "600000.working";
    constexpr const char* utility = "600000";
    constexpr const char* their_working = "600984.working";
    constexpr const char* theirs = "600984";
    constexpr const char* till = "5001000";
    const std::vector<Moves> all{{"BusinessPayBill", working, theirs},
                                 {"BusinessBuyGoods", working, till},
                                 {"BusinessPayToBulk", working, theirs},
                                 {"PayTaxToKRA", working, "572572"},
                                 {"DisburseFundsToBusiness", working, theirs},
                                 {"BusinessToBusinessTransfer", working, their_working},
                                 {"BusinessTransferFromMMFToUtility", working, utility},
                                 {"BusinessTransferFromUtilityToMMF", utility, working},
                                 {"MerchantToMerchantTransfer", utility, theirs},
                                 {"MerchantTransferFromMerchantToWorking", utility, working},
                                 {"MerchantServicesMMFAccountTransfer", working, their_working},
                                 {"AgencyFloatAdvance", working, theirs},
                                 {"CheckIdentity", "", ""}};
    REQUIRE(all.size() == mpesa::b2b_commands().size());
    Daraja daraja;
    // Opens all accounts.
    const json::object taxes = to_business("PayTaxToKRA", {{"PartyB", "572572"}});
    result_of(daraja, tax_path, taxes);
    result_of(daraja, b2b_path, to_business("BusinessToBusinessTransfer"));
    result_of(daraja, b2b_path, to_business("MerchantToMerchantTransfer"));
    const json::object goods = to_business("BusinessBuyGoods", {{"PartyB", till}});
    result_of(daraja, b2b_path, goods);
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO(all[i].command);
        CHECK(mpesa::b2b_commands()[i].id == all[i].command);
        std::map<std::string, std::int64_t> before;
        for (const char* account : {utility, working, theirs, their_working, till, "572572"})
            before[account] = daraja.balance(account);
        const bool is_tax = all[i].to == "572572";
        const json::value result =
            is_tax              ? result_of(daraja, tax_path, taxes)
            : all[i].to == till ? result_of(daraja, b2b_path, goods)
                                : result_of(daraja, b2b_path, to_business(all[i].command.c_str()));
        CHECK(result.at("ResultType") == json::value(0));
        CHECK(result.at("ResultCode") == json::value(0));
        before[all[i].from] -= 10'000;
        before[all[i].to] += 10'000;
        before.erase("");
        for (const auto& expected : before)
            CHECK_MESSAGE(daraja.balance(expected.first) == expected.second, expected.first);
    }
    daraja.check_books();
}

TEST_CASE("mpesa b2b: the result of a paybill's payment, and of one that failed") {
    Daraja daraja;
    const json::value result = result_of(daraja, b2b_path, to_business("BusinessPayBill"));
    // Order, types and names of a capture of September 2024.
    const std::string balance =
        R"("{Amount={CurrencyCode=KES, MinimumAmount=49990000, BasicAmount=499900.00}}"})";
    const std::string& body = daraja.arrived[0].callback.body;
    CHECK(body.starts_with(R"({"Result":{"ResultType":0,"ResultCode":0,)"));
    CHECK(body.find(
              R"("ResultParameters":{"ResultParameter":[{"Key":"Currency","Value":"KES"},)"
              R"({"Key":"ReceiverPartyPublicName","Value":"600984 - Safaricom600984"},)"
              R"({"Key":"DebitPartyCharges"},{"Key":"TransCompletedTime","Value":20261002181103},)"
              R"({"Key":"DebitPartyAffectedAccountBalance",)"
              R"("Value":"Working Account|KES|499900.00|499900.00|0.00|0.00"},)"
              R"({"Key":"Amount","Value":100},{"Key":"DebitAccountCurrentBalance","Value":)" +
              balance + R"(,{"Key":"InitiatorAccountCurrentBalance","Value":)" + balance + "]}") !=
          std::string::npos);
    const json::array& items = result.at_pointer("/ReferenceData/ReferenceItem").get_array();
    REQUIRE(items.size() == 3);
    CHECK(at(items[0], "Value") == "INV");
    CHECK(items[2] == json::value{{"Key", "Occassion"}, {"Value", "none"}});
    // A reference that is a number is told as one, and no occasion is a key alone.
    const json::value numbered = result_of(
        daraja, b2b_path,
        to_business("BusinessPayBill", {{"AccountReference", "353353"}, {"Occasion", nullptr}}));
    CHECK(json::serialize(numbered.at_pointer("/ReferenceData/ReferenceItem/0")) ==
          R"({"Key":"BillReferenceNumber","Value":353353})");
    CHECK(json::serialize(numbered.at_pointer("/ReferenceData/ReferenceItem/2")) ==
          R"({"Key":"Occassion"})");

    const json::value failed = result_of(
        daraja, b2b_path, to_business("BusinessPayBill", {{"SecurityCredential", "wrong"}}));
    CHECK(failed.at("ResultCode") == json::value(2001));
    CHECK(!failed.get_object().contains("ResultParameters"));
    CHECK(at(failed, "ReferenceData/ReferenceItem/Key") == "QueueTimeoutURL");
    CHECK(at(failed, "TransactionID") == "UJ20000000");
    CHECK(code_of(result_of(daraja, b2b_path,
                            to_business("BusinessPayBill", {{"Amount", 600'000}}))) == "1");
    CHECK(code_of(result_of(daraja, b2b_path,
                            to_business("BusinessPayBill", {{"PartyB", "600000"}}))) == "0");
    CHECK(code_of(result_of(daraja, b2b_path,
                            to_business("BusinessToBusinessTransfer", {{"PartyB", "600000"}}))) ==
          "2006");
    daraja.check_books();
}

TEST_CASE("mpesa results: the portal's older samples of B2B and reversals by option") {
    mpesa::Options options;
    options.result_shape = "documented";
    Daraja daraja(options);
    const json::value result = result_of(daraja, b2b_path, to_business("BusinessPayBill"));
    for (const char* key : {"ResultType", "ResultCode"}) CHECK(result.at(key) == json::value("0"));
    CHECK(keys_of(result) == std::vector<std::string>{"DebitAccountBalance", "Amount",
                                                      "DebitPartyAffectedAccountBalance",
                                                      "TransCompletedTime", "DebitPartyCharges",
                                                      "ReceiverPartyPublicName", "Currency",
                                                      "InitiatorAccountCurrentBalance"});
    CHECK(said(result, "DebitAccountBalance") ==
          "{Amount={CurrencyCode=KES, MinimumAmount=49990000, BasicAmount=499900.00}}");
    CHECK(parameter(result, "Amount") == json::value("100.00"));
    CHECK(parameter(result, "TransCompletedTime") == json::value("20261002181103"));
    CHECK(parameter(result, "DebitPartyCharges") == json::value(""));
    CHECK(at(result, "ReferenceData/ReferenceItem/2/Key") == "Occasion");
    const json::value failed = result_of(
        daraja, b2b_path, to_business("BusinessPayBill", {{"SecurityCredential", "wrong"}}));
    CHECK(failed.at("ResultCode") == json::value(2001));
    // One parameter is an object, not an array of one.
    CHECK(at(failed, "ResultParameters/ResultParameter/Key") == "BOCompletedTime");
}

TEST_CASE("mpesa b2b: goods of a till, and the tax authority, which is paid on its own path") {
    Daraja daraja;
    CHECK(code_of(result_of(daraja, b2b_path,
                            to_business("BusinessBuyGoods", {{"PartyB", "5001000"},
                                                             {"RecieverIdentifierType", "2"},
                                                             {"AccountReference", nullptr}}))) ==
          "0");
    const json::object tax = to_business("PayTaxToKRA", {{"PartyB", "572572"}});
    CHECK(code_of(result_of(daraja, tax_path, tax)) == "0");
    CHECK(daraja.balance("572572") == 100'010'000);
    CHECK(code_of(result_of(daraja, tax_path, changed(tax, {{"PartyB", "600984"}}))) == "2028");
    CHECK(code_of(result_of(daraja, b2b_path, tax)) == "29");
    CHECK(code_of(result_of(daraja, tax_path, to_business("BusinessPayBill"))) == "29");
    mpesa::Options options;
    options.utility_to_mmf = false;
    daraja.store(options);
    CHECK(code_of(result_of(daraja, b2b_path, to_business("BusinessTransferFromUtilityToMMF"))) ==
          "29");
    daraja.check_books();
}
