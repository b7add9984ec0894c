// One app cannot act for another one's business, whatever it calls.
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

constexpr const char* other_app = "key of another app";

/// The sandbox, with a second app that has a business of its own and nothing else.
struct Neighbours : Daraja {
    Neighbours() {
        mpesa::Shortcode own = mpesa::find_shortcode(directory, "174379").value();
        own.number = "700000";
        store(own);
        store(mpesa::App{other_app, "secret", "other", {"700000"}});
    }
    void store(const mpesa::App& app) {
        directory.store(mpesa::app_profile(app.consumer_key), mpesa::to_json(app));
    }
    using Daraja::store;

    http::HttpReply post_as(const std::string& app, const std::string& path,
                            const json::object& body) {
        return send({.method = "POST",
                     .target = path,
                     .headers = {{"Authorization", "Bearer " + token_of(app)},
                                 {"Content-Type", "application/json"}},
                     .body = json::serialize(body)});
    }
    std::uint64_t orders() { return world.core.state().orders.size(); }
};

}  // namespace

TEST_CASE("mpesa apps: every call that names another app's business is refused, nothing happens") {
    Neighbours daraja;
    REQUIRE(
        daraja.post("/mpesa/stkpush/v1/processrequest", stk_body(sandbox_customer, 10)).status ==
        200);
    daraja.pass(std::chrono::minutes{1});
    const std::string receipt =
        at(daraja.arrived.front().json(), "Body/stkCallback/CallbackMetadata/Item/1/Value");
    const auto urls = daraja.directory.find(mpesa::urls_profile("600984"));
    const auto before = daraja.world.core.state().hash();
    for (GoodBody one : good_bodies(receipt)) {
        if (one.path == "/mpesa/qrcode/v1/generate") one.body["CPI"] = "174379";
        CAPTURE(one.path);
        // Anybody may ask what an organisation or a number is; nothing is moved or told of it.
        if (one.path.find("sfcverify") != std::string::npos ||
            one.path.find("checkATI") != std::string::npos)
            continue;
        const http::HttpReply reply = daraja.post_as(other_app, one.path, one.body);
        check_error(reply);
        const std::string message = at(json::parse(reply.body), "errorMessage");
        CHECK((message == "Merchant does not exist" ||
               message == "Bad Request - Invalid BusinessShortCode" ||
               message == "Bad Request - Invalid ShortCode" ||
               message == "Bad Request - Invalid PartyA" ||
               message == "Bad Request - Invalid ReceiverParty" ||
               message == "Bad Request - Invalid receiverShortCode" ||
               message == "Bad Request - Invalid CPI"));
        CHECK(daraja.world.core.state().hash() == before);
    }
    CHECK(daraja.directory.find(mpesa::urls_profile("600984")) == urls);
    // Its own owner is answered.
    for (GoodBody one : good_bodies(receipt)) {
        if (one.path == "/mpesa/qrcode/v1/generate") one.body["CPI"] = "174379";
        CAPTURE(one.path);
        const http::HttpReply reply = daraja.post(one.path, json::serialize(one.body));
        CHECK(reply.body.find("Merchant does not exist") == std::string::npos);
        CHECK(reply.body.find("Bad Request") == std::string::npos);
    }
}

TEST_CASE("mpesa apps: another business's prompts and payments cannot be asked about by number") {
    Neighbours daraja;
    const json::value ack = json::parse(
        daraja.post("/mpesa/stkpush/v1/processrequest", stk_body(sandbox_customer, 10)).body);
    daraja.pass(std::chrono::minutes{1});
    const std::string receipt =
        at(daraja.arrived.front().json(), "Body/stkCallback/CallbackMetadata/Item/1/Value");
    json::object query = query_body("").body;
    query["BusinessShortCode"] = "700000";
    query["Password"] = stk_password("700000", "20261002181102");
    query["CheckoutRequestID"] = at(ack, "CheckoutRequestID");
    const http::HttpReply asked = daraja.post_as(other_app, "/mpesa/stkpushquery/v1/query", query);
    CHECK(at(json::parse(asked.body), "errorMessage") == "The transaction does not Exist");
    daraja.arrived.clear();
    for (const json::object& more :
         {json::object{{"TransactionID", receipt}},
          json::object{{"OriginatorConversationID", at(ack, "MerchantRequestID")}}}) {
        json::object body =
            initiated("TransactionStatusQuery", {{"PartyA", "700000"}, {"IdentifierType", "4"}});
        for (const auto& member : more) body[member.key()] = member.value();
        CHECK(daraja.post_as(other_app, "/mpesa/transactionstatus/v1/query", body).status == 200);
    }
    CHECK(daraja
              .post_as(other_app, "/mpesa/reversal/v1/request",
                       initiated("TransactionReversal", {{"TransactionID", receipt},
                                                         {"Amount", 10},
                                                         {"ReceiverParty", "700000"},
                                                         {"RecieverIdentifierType", "11"}}))
              .status == 200);
    daraja.pass(std::chrono::minutes{1});
    REQUIRE(daraja.arrived.size() == 3);
    for (const Arrived& one : daraja.arrived) CHECK(at(one.json(), "Result/ResultCode") != "0");
    CHECK(daraja.balance("174379") == 100'001'000);
}

TEST_CASE("mpesa apps: who names no numbers has those that no other app names") {
    Neighbours daraja;
    daraja.store(mpesa::App{"old", "secret", "", {}});
    mpesa::Shortcode free_one = mpesa::find_shortcode(daraja.directory, "700000").value();
    free_one.number = "700001";
    daraja.store(free_one);
    json::object body = good_bodies("UJ22T8IYOU")[3].body;
    const std::string path = "/mpesa/c2b/v1/registerurl";
    body["ShortCode"] = "700001";
    CHECK(daraja.post_as("old", path, body).status == 200);
    body["ShortCode"] = "700000";
    CHECK(daraja.post_as("old", path, body).status == 400);
    CHECK(daraja.post_as(other_app, path, body).status == 200);
    // A list that was changed holds from the next request on.
    daraja.store(mpesa::App{other_app, "secret", "other", {"700001"}});
    CHECK(daraja.post_as(other_app, path, body).status == 400);
    CHECK(daraja.post_as("old", path, body).status == 200);
}

TEST_CASE("mpesa apps: a token whose app is gone is no good any more") {
    Neighbours daraja;
    json::object body = good_bodies("UJ22T8IYOU")[3].body;
    body["ShortCode"] = "700000";
    CHECK(daraja.post_as(other_app, "/mpesa/c2b/v1/registerurl", body).status == 200);
    daraja.directory.store(mpesa::app_profile(other_app), "");
    const http::HttpReply reply = daraja.post_as(other_app, "/mpesa/c2b/v1/registerurl", body);
    CHECK(at(json::parse(reply.body), "errorCode") == "400.003.01");
}
