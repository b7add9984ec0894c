// What the real service does not take, or answers in words of its own, and how a test asks for it.
#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/orders/test_customers.h"
#include "protocols/mpesa/profiles/sandbox.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* simulate = "/mpesa/c2b/v2/simulate";

// "500.001.1001 Wrong credentials", or "200".
std::string said_by(const http::HttpReply& reply) {
    if (reply.status == 200) return "200";
    const json::value error = json::parse(reply.body);
    if (error.get_object().contains("fault")) return at(error, "fault/faultstring");
    check_error(reply);
    return at(error, "errorCode") + " " + at(error, "errorMessage");
}

std::string typed(Daraja& daraja, const std::string& path, const std::string& body,
                  const char* type) {
    http::Fields headers{{"Authorization", "Bearer " + daraja.token()}};
    if (type != nullptr) headers.emplace_back("Content-Type", type);
    return said_by(daraja.send(
        {.method = "POST", .target = path, .headers = std::move(headers), .body = body}));
}

std::string asked_about(const std::string& checkout) {
    json::object body = query_body("").body;
    body["CheckoutRequestID"] = json::string(checkout);
    return json::serialize(body);
}

// The ResultCode of the only callback of a prompt.
std::string told_of(Daraja& daraja, const std::string& body, http::Fields headers = {}) {
    daraja.arrived.clear();
    const http::HttpReply reply = daraja.post(stk_push, body, std::move(headers));
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    daraja.pass(minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    return at(daraja.arrived[0].json(), "Body/stkCallback/ResultCode");
}

std::string paid_by(const char* msisdn, const char* shortcode, const json::object& changes) {
    json::object body{{"BusinessShortCode", shortcode}, {"PartyB", shortcode}};
    body["Password"] = json::string(stk_password(shortcode, "20261002181102"));
    return stk_body(msisdn, 100, changed(body, changes));
}

}  // namespace

TEST_CASE("mpesa strict: a body that is not called JSON counts as empty") {
    Daraja daraja;
    const std::string body = stk_body(sandbox_customer, 10);
    const std::string first = "400.002.02 Bad Request - Invalid BusinessShortCode";
    for (const char* type : {static_cast<const char*>(nullptr), "", "text/plain", "text/json",
                             "application/x-www-form-urlencoded", "application/jsonp"})
        CHECK(typed(daraja, stk_push, body, type) == first);
    // Also where the body is no JSON at all: nobody reads it.
    CHECK(typed(daraja, stk_push, "a=b", "application/x-www-form-urlencoded") == first);
    CHECK(typed(daraja, stk_push, "a=b", "application/json") ==
          "400.002.05 Invalid Request Payload");
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.empty());
    for (const char* type : {"application/json", "Application/JSON;charset=UTF-8",
                             "application/json ; charset=utf-8"}) {
        CHECK(typed(daraja, stk_push, body, type) == "200");
        daraja.pass(minutes{1});
    }
    CHECK(typed(daraja, simulate, "{}", nullptr) == "400.002.02 Bad Request - Invalid ShortCode");
    mpesa::Options options;
    options.any_content_type = true;
    daraja.store(options);
    CHECK(typed(daraja, stk_push, body, nullptr) == "200");
}

TEST_CASE("mpesa strict: bills are paid to PayBill numbers, goods at tills") {
    Daraja daraja;
    const json::object goods{{"TransactionType", "CustomerBuyGoodsOnline"}};
    CHECK(told_of(daraja, paid_by(sandbox_customer, "5001000", goods)) == "0");
    CHECK(told_of(daraja, paid_by(sandbox_customer, "174379", {})) == "0");
    const std::int64_t before = daraja.balance(sandbox_customer);
    CHECK(told_of(daraja, paid_by(sandbox_customer, "5001000", {})) == "2028");
    CHECK(told_of(daraja, paid_by(sandbox_customer, "174379", goods)) == "2028");
    CHECK(told_of(daraja, paid_by(sandbox_customer, "174379",
                                  changed(goods, {{"PartyB", "600000"}}))) == "2028");
    // Unasked: acknowledged, and nothing comes of it.
    daraja.arrived.clear();
    const auto simulated = [&](const char* number, bool is_till) {
        json::object body{{"ShortCode", number}, {"Amount", 10}, {"Msisdn", sandbox_customer}};
        body["CommandID"] = is_till ? "CustomerBuyGoodsOnline" : "CustomerPayBillOnline";
        if (!is_till) body["BillRefNumber"] = "INV1";
        const std::string said = said_by(daraja.post(simulate, json::serialize(body)));
        daraja.pass(minutes{1});
        return said;
    };
    CHECK(simulated("5001000", false) == "200");
    CHECK(simulated("600984", true) == "200");
    CHECK(daraja.balance(sandbox_customer) == before);
    CHECK(simulated("5001000", true) == "200");
    CHECK(daraja.balance(sandbox_customer) == before - 1'000);
    // Between businesses.
    const auto paid = [&](const char* command, const char* receiver) {
        return code_of(result_of(daraja, "/mpesa/b2b/v1/paymentrequest",
                                 b2b_body("", command, receiver, Takes::maybe).body));
    };
    CHECK(paid("BusinessPayBill", "5001000") == "2028");
    CHECK(paid("BusinessBuyGoods", "600984") == "2028");
    CHECK(paid("BusinessBuyGoods", "5001000") == "0");
    daraja.check_books();
}

TEST_CASE("mpesa strict: an address with blanks around it or a port that is none is refused") {
    Daraja daraja;
    const auto said = [&](const char* url) {
        const std::string text =
            said_by(daraja.post(stk_push, stk_body("254711111111", 1, {{"CallBackURL", url}})));
        daraja.pass(minutes{1});
        return text;
    };
    const std::string refused = "400.002.02 Bad Request - Invalid CallBackURL";
    for (const char* url :
         {"http://127.0.0.1:9/cb ", " http://127.0.0.1:9/cb", "http://127.0.0.1:9/cb\n",
          "http://127.0.0.1:99999/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:/cb",
          "http://127.0.0.1:65536/cb", "http://[::1]:99999/cb", "http://a:b/cb"})
        CHECK(said(url) == refused);
    for (const char* url : {"http://127.0.0.1:65535/cb", "http://127.0.0.1/cb", "http://[::1]/cb"})
        CHECK(said(url) == "200");
    json::object urls{{"ShortCode", "600984"},
                      {"ResponseType", "Completed"},
                      {"ConfirmationURL", "http://127.0.0.1:9/c "},
                      {"ValidationURL", "http://127.0.0.1:9/v"}};
    CHECK(said_by(daraja.post("/mpesa/c2b/v2/registerurl", json::serialize(urls))) ==
          "400.002.02 Bad Request - Invalid ConfirmationURL");
    mpesa::Options options;
    options.trims_urls = true;
    daraja.store(options);
    CHECK(said("http://127.0.0.1:9/cb ") == "200");
    CHECK(said("http://127.0.0.1:99999/cb") == refused);
}

TEST_CASE("mpesa strict: texts and phrases of today") {
    Daraja daraja;
    CHECK(said_by(daraja.post(stk_push, stk_body(sandbox_customer, 1, {{"Password", "wrong"}}))) ==
          "500.001.1001 Wrong credentials");
    CHECK(said_by(daraja.post(stk_push, stk_body("0708374149", 1))) ==
          "400.002.02 Bad Request - Invalid PhoneNumber");
    CHECK(said_by(daraja.send({.method = "GET", .target = stk_push})) ==
          "405.001 Method Not Allowed");
    const http::HttpReply wrong = daraja.send(
        {.method = "GET",
         .target = "/oauth/v1/generate?grant_type=client_credentials",
         .headers = {{"Authorization", "Basic " + crypto::base64_encode("nobody:nothing")}}});
    CHECK(wrong.status == 400);
    CHECK(wrong.reason == "Bad Request: Invalid Credentials");
    CHECK(wrong.body.empty());
    const http::HttpReply nowhere = daraja.post("/mpesa/stkpush/v9/processrequest", "{}");
    CHECK(nowhere.status == 404);
    CHECK(nowhere.reason == "Resource not found");
}

TEST_CASE("mpesa strict: an app asks the APIs that it is mapped to, and no others") {
    Daraja daraja;
    mpesa::App app = mpesa::default_sandbox().apps.front();
    app.products = {"stk", "status"};
    daraja.directory.store(mpesa::app_profile(app.consumer_key), mpesa::to_json(app));
    CHECK(said_by(daraja.post(stk_push, stk_body(sandbox_customer, 1))) == "200");
    const std::string refused =
        "401.003.01 Error Occurred - Invalid Access Token - Invalid API call as no apiproduct "
        "match found";
    for (const GoodBody& one : good_bodies("UJ22T8IYOU")) {
        const bool is_mapped = one.path.find("stkpush") != std::string::npos ||
                               one.path.find("transactionstatus") != std::string::npos;
        const std::string said = said_by(daraja.post(one.path, json::serialize(one.body)));
        CHECK_MESSAGE((said == refused) != is_mapped, one.path);
    }
    for (const std::string_view product : mpesa::product_names()) {
        app.products = {std::string(product)};
        CHECK(mpesa::read_app(mpesa::to_json(app)).value() == app);
    }
    app.products = {"skt"};
    CHECK(mpesa::read_app(mpesa::to_json(app)).error().field == "products");
}

TEST_CASE("mpesa strict: errors with a sentence of one's own, and the gateway's shapes") {
    Daraja daraja;
    const auto said = [&](const char* fault) {
        return said_by(
            daraja.post(stk_push, stk_body(sandbox_customer, 1), {{"Tuma-Fault", fault}}));
    };
    CHECK(said("error:500.001.1001:Wrong credentials") == "500.001.1001 Wrong credentials");
    CHECK(said("error:500.001.1001:") == "500.001.1001 ");
    CHECK(said("error:400.002.02:Bad Request - Invalid Amount%2C too much") ==
          "400.002.02 Bad Request - Invalid Amount, too much");
    CHECK(said("error:404.001.09:Nobody knows: this") == "404.001.09 Nobody knows: this");
    CHECK(said("no-product").starts_with("401.003.01 "));
    const http::HttpReply soap =
        daraja.post(stk_push, stk_body(sandbox_customer, 1), {{"Tuma-Fault", "soap-fault"}});
    CHECK(soap.status == 503);
    CHECK(at(json::parse(soap.body), "Envelope/Body/Fault/faultcode") == "soap:Server");
    for (const char* word : {"error:1:x", "error:200.001.01:fine", "error:abc.001.01:x",
                             "error:500.001.1001x:y", "query:1033", "query:"})
        CHECK(mpesa::misspelt_word({.headers = {{"Tuma-Fault", word}}}).has_value());
    for (const char* word :
         {"error:500.001.1001:x", "query:1037", "query:SFC_IC0003,callback-lost"})
        CHECK(!mpesa::misspelt_word({.headers = {{"Tuma-Fault", word}}}).has_value());
    const http::HttpReply often = daraja.adapter.too_many_requests({});
    CHECK(often.status == 429);
    CHECK(said_by(often) ==
          "Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, "
          "periodInMicroseconds=60000000, maxBurstMessageCount=1.0}");
    CHECK(at(json::parse(often.body), "fault/detail/errorcode") ==
          "policies.ratelimit.SpikeArrestViolation");
}

TEST_CASE("mpesa strict: queries are counted by the minute where the option says so") {
    mpesa::Options options;
    options.queries_per_minute = 5;
    Daraja daraja(options);
    const json::value ack = daraja.post_json(stk_push, stk_body(sandbox_customer, 1));
    const std::string body = asked_about(at(ack, "CheckoutRequestID"));
    const auto asked = [&] { return daraja.post(stk_query, body).status; };
    for (int i = 0; i < 5; ++i) {
        CHECK(asked() == 200);
        daraja.pass(seconds{10});
    }
    CHECK(asked() == 429);
    daraja.pass(seconds{9});
    CHECK(asked() == 429);
    // The first one is a minute old.
    daraja.pass(seconds{1});
    CHECK(asked() == 200);
    CHECK(asked() == 429);
    daraja.store(mpesa::Options{});
    for (int i = 0; i < 20; ++i) CHECK(asked() == 200);
}

TEST_CASE("mpesa strict: the same amount again within two minutes, by option and by word") {
    Daraja daraja;
    for (int i = 0; i < 2; ++i) CHECK(told_of(daraja, stk_body(sandbox_customer, 10)) == "0");
    mpesa::Options options;
    options.rule_limit_s = 120;
    daraja.store(options);
    CHECK(told_of(daraja, stk_body(sandbox_customer, 10)) == "0");
    CHECK(told_of(daraja, stk_body(sandbox_customer, 10)) == "17");
    CHECK(at(daraja.arrived[0].json(), "Body/stkCallback/ResultDesc") == "Rule limited.");
    CHECK(told_of(daraja, stk_body(sandbox_customer, 11)) == "0");
    CHECK(told_of(daraja, stk_body("254711111111", 10)) == "0");
    CHECK(told_of(daraja, stk_body(sandbox_customer, 10)) == "0");
    CHECK(told_of(daraja, stk_body(sandbox_customer, 12), {{"Tuma-Scenario", "rule-limited"}}) ==
          "17");
    CHECK(at(daraja.arrived[0].json(), "Body/stkCallback/ResultDesc") == "Rule limited.");
    // The other failure of this number keeps its sentence.
    CHECK(told_of(daraja, stk_body(sandbox_customer, 13), {{"Tuma-Scenario", "result:17"}}) ==
          "17");
    CHECK(at(daraja.arrived[0].json(), "Body/stkCallback/ResultDesc") == "System internal error.");
    daraja.check_books();
}

TEST_CASE("mpesa strict: a query that contradicts the callback") {
    Daraja daraja;
    const auto prompt = [&](http::Fields headers) {
        daraja.arrived.clear();
        return asked_about(
            at(daraja.post_json(stk_push, stk_body(sandbox_customer, 1), std::move(headers)),
               "CheckoutRequestID"));
    };
    const auto queried = [&](const std::string& body, http::Fields headers = {}) {
        const json::value answer = daraja.post_json(stk_query, body, std::move(headers));
        return at(answer, "ResultCode") + " " + at(answer, "ResultDesc");
    };
    const std::string first = prompt({{"Tuma-Fault", "query:1037"}});
    CHECK(queried(first).starts_with("4999 "));
    daraja.pass(minutes{1});
    CHECK(at(daraja.arrived.at(0).json(), "Body/stkCallback/ResultCode") == "0");
    CHECK(queried(first) == "1037 DS timeout user cannot be reached.");
    daraja.restart();
    CHECK(queried(first).starts_with("1037 "));
    // Or one query alone, before the end too.
    const std::string second = prompt({});
    CHECK(queried(second, {{"Tuma-Fault", "query:0"}}).starts_with("0 "));
    CHECK(queried(second).starts_with("4999 "));
    daraja.pass(minutes{1});
    CHECK(queried(second, {{"Tuma-Fault", "query:1032"}}) == "1032 Request Cancelled by user.");
    CHECK(queried(second).starts_with("0 "));
}

TEST_CASE("mpesa strict: callbacks say where they come from where the option says so") {
    Daraja daraja;
    told_of(daraja, stk_body(sandbox_customer, 1));
    CHECK(http::find(daraja.arrived[0].callback.headers, "X-Forwarded-For") == nullptr);
    mpesa::Options options;
    options.callback_source = "196.201.214.200";
    daraja.store(options);
    told_of(daraja, stk_body(sandbox_customer, 1));
    const std::string* const source =
        http::find(daraja.arrived[0].callback.headers, "X-Forwarded-For");
    REQUIRE(source != nullptr);
    CHECK(*source == "196.201.214.200");
    CHECK(!mpesa::read_options(R"({"callback_source":"Safaricom"})").has_value());
}
