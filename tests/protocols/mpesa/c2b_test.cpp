// Customers pay a business unasked: where it is told to, what it is asked first, what it says.
#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* confirmation = "http://127.0.0.1:9/confirm";
constexpr const char* validation = "http://127.0.0.1:9/validate";

std::string urls_body(const char* type = "Completed", const json::object& changes = {}) {
    json::object body{{"ShortCode", "600984"},
                      {"ResponseType", type},
                      {"ConfirmationURL", confirmation},
                      {"ValidationURL", validation}};
    for (const auto& change : changes) body[change.key()] = change.value();
    return json::serialize(body);
}

std::string payment_body(std::int64_t amount, const json::object& changes = {}) {
    json::object body{{"ShortCode", "600984"},
                      {"CommandID", "CustomerPayBillOnline"},
                      {"Amount", amount},
                      {"Msisdn", 254708374149},
                      {"BillRefNumber", "INV1"}};
    for (const auto& change : changes) body[change.key()] = change.value();
    return json::serialize(body);
}

// A business that is asked before it is paid, and what it answers.
struct Asked {
    Daraja daraja;
    Timestamp paid_at{};

    explicit Asked(const char* type, protocols::CallbackResult answer) {
        mpesa::Shortcode business = mpesa::find_shortcode(daraja.directory, "600984").value();
        business.external_validation = true;
        daraja.store(business);
        daraja.receiver = [answer = std::move(answer)](const Arrived& told) {
            return told.callback.url == validation ? answer
                                                   : protocols::CallbackResult{200, {}, {}};
        };
        daraja.post("/mpesa/c2b/v2/registerurl", urls_body(type));
        paid_at = daraja.world.now;
        const auto ack = daraja.post_json("/mpesa/c2b/v2/simulate", payment_body(25));
        CHECK(at(ack, "ResponseCode") == "0");
        daraja.pass(minutes{1});
    }
    std::vector<Arrived> told(const std::string& url) const {
        std::vector<Arrived> all;
        std::copy_if(daraja.arrived.begin(), daraja.arrived.end(), std::back_inserter(all),
                     [&](const Arrived& one) { return one.callback.url == url; });
        return all;
    }
    bool has_paid() { return daraja.balance(sandbox_customer) == 5'000'000 - 2'500; }
    // Asked once, paid and told, or neither.
    void check(bool pays) {
        CHECK(told(validation).size() == 1);
        CHECK(told(confirmation).size() == (pays ? 1 : 0));
        CHECK(has_paid() == pays);
        daraja.check_books();
    }
};

protocols::CallbackResult says(std::string body) {
    return {200, std::move(body), {}};
}

std::string error_of(Daraja& daraja, const std::string& path, const std::string& body) {
    const http::HttpReply reply = daraja.post(path, body);
    if (reply.status == 200) return "200";
    check_error(reply);
    return at(json::parse(reply.body), "errorCode") + " " +
           at(json::parse(reply.body), "errorMessage");
}

constexpr const char* v1_register = "/mpesa/c2b/v1/registerurl";
constexpr const char* v1_simulate = "/mpesa/c2b/v1/simulate";

}  // namespace

TEST_CASE("c2b: addresses of v1 are told the hash of the number, in strings only") {
    Daraja daraja;
    const auto registered = daraja.post_json(v1_register, urls_body());
    CHECK(at(registered, "ResponseCode") == "0");
    CHECK(at(registered, "ResponseDescription") == "Success");
    CHECK(registered.get_object().contains("OriginatorCoversationID"));
    const auto paid = daraja.post_json(v1_simulate, payment_body(25));
    CHECK(at(paid, "ResponseDescription") == "Accept the service request successfully.");
    CHECK(daraja.arrived.empty());
    daraja.pass(seconds{5});
    // Nobody is asked unless the business wants to be.
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(daraja.arrived[0].callback.url == confirmation);
    const json::value told = daraja.arrived[0].json();
    const std::string hash = crypto::hex_lower(
        std::span<const std::byte>(crypto::sha256(std::string(sandbox_customer))));
    const std::string receipt = at(told, "TransID");
    CHECK(receipt.size() == 10);
    const std::int64_t balance = daraja.balance("600984");
    CHECK(daraja.arrived[0].callback.body ==
          R"({"TransactionType":"Pay Bill","TransID":")" + receipt +
              R"(","TransTime":"20261002181103","TransAmount":"25.00",)"
              R"("BusinessShortCode":"600984","BillRefNumber":"INV1","InvoiceNumber":"",)"
              R"("OrgAccountBalance":")" +
              std::to_string(balance / 100) + R"(.00","ThirdPartyTransID":"","MSISDN":")" + hash +
              R"(","FirstName":"John","MiddleName":"","LastName":"Doe"})");
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 2'500);
    CHECK(balance <= 100'000'000 + 2'500);
    CHECK(balance > 100'000'000);
    daraja.check_books();
}

TEST_CASE("c2b: addresses of v2 are told the number masked, and the newest addresses count") {
    Daraja daraja;
    daraja.post(v1_register,
                urls_body("Completed", {{"ConfirmationURL", "http://127.0.0.1:9/old"}}));
    daraja.post("/mpesa/c2b/v2/registerurl", urls_body());
    daraja.post("/mpesa/c2b/v2/simulate", payment_body(1));
    daraja.pass(seconds{5});
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(daraja.arrived[0].callback.url == confirmation);
    CHECK(at(daraja.arrived[0].json(), "MSISDN") == "2547 ***** 149");
}

TEST_CASE("c2b: a till has no bill, and its payments another name") {
    Daraja daraja;
    const json::object till{{"ShortCode", "5001000"},
                            {"CommandID", "CustomerBuyGoodsOnline"},
                            {"BillRefNumber", nullptr}};
    daraja.post(v1_register, urls_body("Completed", {{"ShortCode", "5001000"}}));
    CHECK(daraja.post(v1_simulate, payment_body(10, till)).status == 200);
    daraja.pass(seconds{5});
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(at(daraja.arrived[0].json(), "TransactionType") == "Customer Merchant Payment");
    CHECK(at(daraja.arrived[0].json(), "BillRefNumber").empty());

    json::object wrong = till;
    wrong["BillRefNumber"] = "INV1";
    CHECK(error_of(daraja, v1_simulate, payment_body(10, wrong)) ==
          "400.002.02 Bad Request - Invalid BillRefNumber");
    CHECK(error_of(daraja, v1_simulate, payment_body(10, {{"BillRefNumber", nullptr}})) ==
          "400.002.02 Bad Request - Invalid BillRefNumber");
}

TEST_CASE("c2b: a business without addresses is paid and not told") {
    Daraja daraja;
    const auto ack = daraja.post_json(v1_simulate, payment_body(25));
    CHECK(at(ack, "ResponseCode") == "0");
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.empty());
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 2'500);
}

TEST_CASE("c2b: options change what is registered and told") {
    mpesa::Options options;
    options.register_code = "00000000";
    options.c2b_names = "first";
    options.c2b_amount_decimals = false;
    options.paybill_transaction_type = "";
    Daraja daraja(options);
    CHECK(at(daraja.post_json(v1_register, urls_body()), "ResponseCode") == "00000000");
    daraja.post(v1_simulate, payment_body(5));
    daraja.pass(seconds{5});
    REQUIRE(daraja.arrived.size() == 1);
    const json::value told = daraja.arrived[0].json();
    CHECK(at(told, "TransAmount") == "5");
    CHECK(at(told, "TransactionType").empty());
    CHECK(at(told, "FirstName") == "John");
    CHECK(!told.get_object().contains("MiddleName"));
    CHECK(!told.get_object().contains("LastName"));
}

TEST_CASE("c2b: addresses with words that are not allowed, of the wrong scheme, given twice") {
    Daraja daraja;
    for (const std::string word :
         {"m-pesa", "mpesa", "safaricom", "exe", "exec", "cmd", "sql", "query", "MPesa", "SQL"}) {
        const std::string url = "http://127.0.0.1:9/" + word + "/cb";
        for (const char* member : {"ConfirmationURL", "ValidationURL"}) {
            const std::string error = error_of(
                daraja, v1_register, urls_body("Completed", {{member, json::string(url)}}));
            CHECK_MESSAGE(error.starts_with("400.003.02 Bad Request - Invalid " +
                                            std::string(member) + " - URL has the word "),
                          error);
        }
    }
    CHECK(error_of(daraja, v1_register,
                   urls_body("Completed", {{"ValidationURL", "http://127.0.0.1:9/mpesa"}})) ==
          "400.003.02 Bad Request - Invalid ValidationURL - URL has the word MPESA");
    for (const char* type : {"completed", "CANCELLED", "Canceled", "0"})
        CHECK(error_of(daraja, v1_register, urls_body(type)) ==
              "400.002.02 Bad Request - Invalid ResponseType");
    CHECK(daraja.directory.find(mpesa::urls_profile("600984")) == nullptr);

    mpesa::Options options;
    options.url_words = false;
    options.https_only = true;
    options.urls_once = true;
    daraja.store(options);
    CHECK(error_of(daraja, v1_register, urls_body()) ==
          "400.002.02 Bad Request - Invalid ConfirmationURL");
    const json::object good{{"ConfirmationURL", "https://shop.example/mpesa"},
                            {"ValidationURL", "https://shop.example/query"}};
    CHECK(error_of(daraja, v1_register, urls_body("Completed", good)) == "200");
    CHECK(error_of(daraja, "/mpesa/c2b/v2/registerurl", urls_body("Completed", good)) ==
          "500.003.1001 Urls are already registered.");
}

TEST_CASE("c2b: the merchant says yes, and its own number comes back") {
    Asked asked("Cancelled", says(R"({"ResultCode":0,"ResultDesc":"Accepted",)"
                                  R"("ThirdPartyTransID":"SHOP-1 \"é\""})"));
    asked.check(true);
    const json::value question = asked.told(validation)[0].json();
    const json::value answer = asked.told(confirmation)[0].json();
    CHECK(at(question, "OrgAccountBalance").empty());
    CHECK(at(question, "ThirdPartyTransID").empty());
    CHECK(!at(answer, "OrgAccountBalance").empty());
    CHECK(at(answer, "ThirdPartyTransID") == "SHOP-1 \"\xC3\xA9\"");
    for (const char* same : {"TransID", "TransAmount", "BillRefNumber", "MSISDN", "FirstName"})
        CHECK(at(question, same) == at(answer, same));
    // The answer is not waited for longer than it takes.
    CHECK(asked.told(confirmation)[0].time - asked.paid_at < seconds{2});
    Asked text("Cancelled", says(R"({"ResultCode":"0"})"));
    text.check(true);
}

TEST_CASE("c2b: the merchant says no in each of its ways") {
    for (const char* code :
         {"\"C2B00011\"", "\"C2B00012\"", "\"C2B00013\"", "\"C2B00014\"", "\"C2B00015\"",
          "\"C2B00016\"", "1", "\"1\"", "-1", "\"no\"", "1032"}) {
        Asked asked("Completed", says("{\"ResultCode\":" + std::string(code) + "}"));
        INFO(code);
        asked.check(false);
    }
}

TEST_CASE("c2b: silence means what was registered") {
    const std::vector<protocols::CallbackResult> silences{
        {0, {}, {}},
        {500, R"({"ResultCode":0})", {}},
        {404, {}, {}},
        says({}),
        says("OK"),
        says("{}"),
        says("[0]"),
        says(R"({"ResultCode":null})"),
        says(R"({"ResultCode":{"a":0}})"),
        says("{\"ResultCode\":0"),
        says("{\"ResultCode\":0,\"a\":" + std::string(100, '[')),
        says("{\"ResultCode\":0,\"a\":\"" + std::string(70'000, 'x') + "\"}"),
        says("\xFF\xFE")};
    for (const protocols::CallbackResult& silence : silences) {
        INFO(silence.status << " " << silence.body.substr(0, 40));
        Asked completed("Completed", silence);
        completed.check(true);
        // Eight seconds are what it has.
        CHECK(completed.told(confirmation).at(0).time - completed.paid_at >= seconds{8});
        CHECK(completed.told(confirmation).at(0).time - completed.paid_at < seconds{10});
        Asked cancelled("Cancelled", silence);
        cancelled.check(false);
    }
}

TEST_CASE("c2b: a number of the merchant's own that is cut stays text") {
    std::string longest;
    for (int i = 0; i < 99; ++i) longest += "\xC3\xA9";
    Asked asked("Cancelled", says(R"({"ResultCode":0,"ThirdPartyTransID":"x)" + longest + "\"}"));
    asked.check(true);
    const std::string said = at(asked.told(confirmation)[0].json(), "ThirdPartyTransID");
    CHECK(said.size() <= 100);
    CHECK(said.starts_with("x\xC3\xA9"));
    CHECK(said.find('?') == std::string::npos);
}

TEST_CASE("c2b: a prompt that is paid is told by both callbacks, unless the option says not") {
    for (const bool confirms : {true, false}) {
        mpesa::Options options;
        options.stk_confirms_c2b = confirms;
        Daraja daraja(options);
        daraja.post(v1_register, urls_body("Completed", {{"ShortCode", "174379"}}));
        daraja.post("/mpesa/stkpush/v1/processrequest", stk_body(sandbox_customer, 10));
        daraja.pass(minutes{1});
        REQUIRE(daraja.arrived.size() == (confirms ? 2 : 1));
        CHECK(daraja.arrived[0].callback.url == "http://127.0.0.1:9/cb");
        if (!confirms) continue;
        CHECK(daraja.arrived[1].callback.url == confirmation);
        CHECK(at(daraja.arrived[1].json(), "TransID") ==
              at(daraja.arrived[0].json(), "Body/stkCallback/CallbackMetadata/Item/1/Value"));
        // Nobody is told by C2B of a prompt that is not paid.
        daraja.arrived.clear();
        daraja.post("/mpesa/stkpush/v1/processrequest", stk_body("254700001032", 10));
        daraja.pass(minutes{1});
        CHECK(daraja.arrived.size() == 1);
    }
}

TEST_CASE("c2b: what the customer cannot pay is told to nobody") {
    Daraja daraja;
    daraja.post(v1_register, urls_body());
    for (const char* msisdn : {"254700001001", "254700001032"})
        CHECK(daraja.post(v1_simulate, payment_body(10, {{"Msisdn", msisdn}})).status == 200);
    CHECK(daraja.post(v1_simulate, payment_body(60'000)).status == 200);
    daraja.pass(minutes{2});
    CHECK(daraja.arrived.empty());
    CHECK(daraja.balance("600984") == 100'000'000);
    daraja.check_books();
}
