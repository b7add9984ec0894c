// API users, keys and tokens; balances and account holders.
#include "protocols/crypto/encoding.h"
#include "tests/protocols/mtn/momo.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

const std::string collection_key = key_of("collection");

http::HttpReply provisioning(Momo& momo, const std::string& method, const std::string& path,
                             const std::string& body = {}, const std::string& id = {}) {
    http::Fields headers{{"Ocp-Apim-Subscription-Key", collection_key},
                         {"Content-Length", std::to_string(body.size())}};
    if (!id.empty()) headers.emplace_back("X-Reference-Id", id);
    return momo.send({.method = method, .target = path, .headers = headers, .body = body});
}

http::HttpReply ask_token(Momo& momo, const std::string& credentials,
                          const std::string& product = "collection", const std::string& body = {}) {
    return momo.send({.method = "POST",
                      .target = "/" + product + "/token/",
                      .headers = {{"Ocp-Apim-Subscription-Key", key_of(product)},
                                  {"Content-Length", std::to_string(body.size())},
                                  {"Authorization", "Basic " + crypto::base64_encode(credentials)}},
                      .body = body});
}

http::HttpReply balance_with(Momo& momo, http::Fields headers) {
    return momo.send({.method = "GET",
                      .target = "/collection/v1_0/account/balance",
                      .headers = std::move(headers)});
}

}  // namespace

TEST_CASE("mtn accounts: a user is made under the id that is asked for, once") {
    Momo momo;
    const std::string body = R"({"providerCallbackHost":"clinic.com"})";
    const http::HttpReply made = provisioning(momo, "POST", "/v1_0/apiuser", body, reference(1));
    CHECK(made.status == 201);
    CHECK(made.body.empty());
    check_error(provisioning(momo, "POST", "/v1_0/apiuser", body, reference(1)), 409,
                "RESOURCE_ALREADY_EXIST");
    CHECK(provisioning(momo, "GET", "/v1_0/apiuser/" + reference(1)).body ==
          R"({"providerCallbackHost":"clinic.com","targetEnvironment":"sandbox"})");
    check_error(provisioning(momo, "GET", "/v1_0/apiuser/" + reference(2)), 404,
                "RESOURCE_NOT_FOUND");
    for (const std::string id : {"", "1", "a5d62303-9fc0-12f5-88c2-5062088a3780"})
        check_error(provisioning(momo, "POST", "/v1_0/apiuser", body, id), 400, "BAD_REQUEST");
    for (const std::string wrong :
         {"", "{}", "[]", R"({"providerCallbackHost":""})", R"({"providerCallbackHost":1})",
          R"({"providerCallbackHost":"https://clinic.com/cb"})",
          R"({"providerCallbackHost":"a","providerCallbackHost":"b"})"})
        check_error(provisioning(momo, "POST", "/v1_0/apiuser", wrong, reference(3)), 400,
                    "BAD_REQUEST");
}

TEST_CASE("mtn accounts: of users that are made under one id at one moment one is there") {
    Momo momo;
    const auto made = [](const std::string& host) {
        const std::string body = R"({"providerCallbackHost":")" + host + R"("})";
        return http::HttpRequest{.method = "POST",
                                 .target = "/v1_0/apiuser",
                                 .headers = {{"Ocp-Apim-Subscription-Key", collection_key},
                                             {"Content-Length", std::to_string(body.size())},
                                             {"X-Reference-Id", reference(1)}},
                                 .body = body};
    };
    const auto replies = momo.send_together({made("a.com"), made("b.com"), made("a.com")});
    CHECK(replies.front().status == 201);
    check_error(replies[1], 409, "RESOURCE_ALREADY_EXIST");
    check_error(replies[2], 409, "RESOURCE_ALREADY_EXIST");
    CHECK(at(json::parse(provisioning(momo, "GET", "/v1_0/apiuser/" + reference(1)).body),
             "providerCallbackHost") == "a.com");
}

TEST_CASE("mtn accounts: a key is told when it is made and never again; a new one replaces it") {
    Momo momo;
    provisioning(momo, "POST", "/v1_0/apiuser", R"({"providerCallbackHost":"clinic.com"})",
                 reference(1));
    CHECK(ask_token(momo, reference(1) + ":").status == 401);
    const std::string path = "/v1_0/apiuser/" + reference(1) + "/apikey";
    const http::HttpReply made = provisioning(momo, "POST", path);
    CHECK(made.status == 201);
    const std::string first = at(json::parse(made.body), "apiKey");
    CHECK(first.size() == 32);
    CHECK(provisioning(momo, "GET", path).status == 404);
    CHECK(provisioning(momo, "GET", "/v1_0/apiuser/" + reference(1)).body.find(first) ==
          std::string::npos);
    CHECK(ask_token(momo, reference(1) + ":" + first).status == 200);
    const std::string second = at(json::parse(provisioning(momo, "POST", path).body), "apiKey");
    CHECK(first != second);
    CHECK(ask_token(momo, reference(1) + ":" + first).status == 401);
    CHECK(ask_token(momo, reference(1) + ":" + second).status == 200);
    check_error(provisioning(momo, "POST", "/v1_0/apiuser/" + reference(2) + "/apikey"), 404,
                "RESOURCE_NOT_FOUND");
}

TEST_CASE("mtn accounts: a token says for how many seconds it is good, and is for one product") {
    Momo momo;
    const std::string user = "c72025f5-5cd1-4630-99e4-8ba4722fad56";
    const http::HttpReply reply = ask_token(momo, user + ":f1db798c98df4bcf83b538175893bbf0");
    CHECK(reply.status == 200);
    const json::value token = json::parse(reply.body);
    CHECK(token.at("expires_in") == json::value(3600));
    CHECK(at(token, "token_type") == "access_token");
    const std::string bearer = "Bearer " + at(token, "access_token");
    http::Fields headers{{"Ocp-Apim-Subscription-Key", collection_key},
                         {"X-Target-Environment", "sandbox"},
                         {"Authorization", bearer}};
    momo.call("POST", "/collection/v1_0/requesttopay", "{}");
    momo.post("/collection/v1_0/requesttopay", reference(1), payment_body("payer", customer));
    CHECK(balance_with(momo, headers).status == 200);
    momo.pass(std::chrono::minutes{59});
    CHECK(balance_with(momo, headers).status == 200);
    momo.pass(std::chrono::minutes{1});
    CHECK(balance_with(momo, headers).body == R"({"error":"invalid_token"})");
    // Another product's, one that was changed, none.
    headers[2].second = "Bearer " + momo.token("disbursement");
    CHECK(balance_with(momo, headers).status == 401);
    headers[2].second = "Bearer " + momo.token("collection") + "0";
    CHECK(balance_with(momo, headers).status == 401);
    headers[2].second = "Bearer eyJ0.tok.sig";
    CHECK(balance_with(momo, headers).status == 401);
    headers.pop_back();
    CHECK(balance_with(momo, headers).status == 401);
    CHECK(ask_token(momo, user + ":wrong").body == R"({"error":"login_failed"})");
    CHECK(ask_token(momo, "nobody").status == 401);
    check_error(ask_token(momo, user + ":f1db798c98df4bcf83b538175893bbf0", "collection", "{}"),
                400, "BAD_REQUEST");
}

TEST_CASE("mtn accounts: keys are of one product, environments have to fit, lengths to be said") {
    Momo momo;
    const auto with_key = [&](http::Fields headers) {
        headers.emplace_back("X-Target-Environment", "sandbox");
        headers.emplace_back("Authorization", "Bearer " + momo.token("collection"));
        return balance_with(momo, std::move(headers));
    };
    CHECK(with_key({}).body.starts_with(
        R"({"statusCode":401,"message":"Access denied due to missing)"));
    for (const std::string& key : {std::string("nonsense"), key_of("remittance")}) {
        const http::HttpReply reply = with_key({{"Ocp-Apim-Subscription-Key", key}});
        CHECK(reply.status == 401);
        CHECK(reply.body ==
              R"({"statusCode":401,"message":"Access denied due to invalid subscription key. )"
              R"(Make sure to provide a valid key for an active subscription."})");
    }
    for (const std::string environment : {"", "mtnuganda", "SANDBOX"})
        check_error(balance_with(momo, {{"Ocp-Apim-Subscription-Key", collection_key},
                                        {"X-Target-Environment", environment},
                                        {"Authorization", "Bearer " + momo.token("collection")}}),
                    500, "NOT_ALLOWED_TARGET_ENVIRONMENT");
    const http::HttpReply unsaid =
        momo.send({.method = "POST",
                   .target = "/collection/token/",
                   .headers = {{"Ocp-Apim-Subscription-Key", collection_key}}});
    CHECK(unsaid.status == 411);
    CHECK(unsaid.body.starts_with("<HTML>"));
    // Who asks too often is told by the same gateway.
    CHECK(momo.adapter.too_many_requests({}).body ==
          R"({"statusCode":429,"message":"Rate limit is exceeded. Try again in 60 seconds."})");
    // The slash at the end may be missing.
    CHECK(momo.send({.method = "POST",
                     .target = "/collection/token",
                     .headers = {{"Ocp-Apim-Subscription-Key", collection_key},
                                 {"Content-Length", "0"}}})
              .body == R"({"error":"login_failed"})");
}

TEST_CASE("mtn accounts: the balance is text, in the account's own currency only") {
    Momo momo;
    momo.post("/collection/v1_0/requesttopay", reference(1),
              payment_body("payer", customer, "0.5"));
    CHECK(momo.call("GET", "/collection/v1_0/account/balance").body ==
          R"({"availableBalance":"1000000","currency":"EUR"})");
    momo.pass(std::chrono::seconds{10});
    CHECK(momo.call("GET", "/collection/v1_0/account/balance/EUR").body ==
          R"({"availableBalance":"1000000.50","currency":"EUR"})");
    check_error(momo.call("GET", "/collection/v1_0/account/balance/UGX"), 500, "INVALID_CURRENCY");
}

TEST_CASE("mtn accounts: account holders, by whatever they are known, in letters of any case") {
    Momo momo;
    const std::string holder = "/collection/v1_0/accountholder/";
    for (const std::string who : {"msisdn/256772123456", "MSISDN/256772123456", "email/a@b.c",
                                  "party_code/5cecb5a7-8bd0-4f49-87b1-8eb9ecc7b7bd"})
        CHECK(momo.call("GET", holder + who + "/active").body == R"({"result":true})");
    CHECK(momo.call("GET", holder + "msisdn/256772123456/basicuserinfo").body ==
          R"({"given_name":"Sand","family_name":"Box","birthdate":"1976-08-13",)"
          R"("locale":"sv_SE","gender":"MALE","status":"ACTIVE"})");
    for (const std::string who : {"msisdn/+256772123456", "msisdn/abc", "email/abc", "alias/a@b.c",
                                  "party_code/1", "msisdn/2567721234560000"})
        check_error(momo.call("GET", holder + who + "/active"), 400, "BAD_REQUEST");

    mtn::Options options;
    options.opens_customers = false;
    momo.store(options);
    check_error(momo.call("GET", holder + "msisdn/256772123456/active"), 404, "RESOURCE_NOT_FOUND");
    momo.post("/collection/v1_0/requesttopay", reference(1), payment_body("payer", customer));
    momo.pass(std::chrono::seconds{10});
    CHECK(at(momo.get("/collection/v1_0/requesttopay/" + reference(1)), "reason") ==
          "PAYER_NOT_FOUND");
}

TEST_CASE("mtn accounts: the log is told which key or token was compared with what") {
    Momo momo;
    // The account is opened with the first payment.
    momo.post("/collection/v1_0/requesttopay", reference(1), payment_body("payer", customer));
    const auto why = [&](http::Fields headers) {
        return balance_with(momo, std::move(headers)).note.why;
    };
    const std::string token = momo.token("collection");
    CHECK(why({}) == "there is no Ocp-Apim-Subscription-Key");
    CHECK(why({{"Ocp-Apim-Subscription-Key", "x"}}) ==
          "no subscription has this Ocp-Apim-Subscription-Key");
    CHECK(why({{"Ocp-Apim-Subscription-Key", key_of("disbursement")}}) ==
          "the Ocp-Apim-Subscription-Key is another product's than the path's");
    http::Fields headers{{"Ocp-Apim-Subscription-Key", collection_key}};
    CHECK(why(headers) == "there is no Authorization: Bearer TOKEN");
    headers.emplace_back("Authorization", "Bearer x");
    CHECK(why(headers) == "the access token was not made by this switch");
    headers.back().second = "Bearer " + momo.token("disbursement");
    CHECK(why(headers) == "the access token is another product's than the path's");
    headers.back().second = "Bearer " + token;
    CHECK(why(headers) == "there is no X-Target-Environment; this one is sandbox");
    headers.emplace_back("X-Target-Environment", "live");
    CHECK(why(headers) == "X-Target-Environment is not sandbox");
    headers.back().second = "sandbox";
    const http::HttpReply good = balance_with(momo, headers);
    CHECK(good.status == 200);
    CHECK(good.note.why.empty());
    CHECK(good.note.route == "/collection/v1_0/account/balance");
    CHECK(good.note.merchant == "c72025f5-5cd1-4630-99e4-8ba4722fad56");
    momo.pass(std::chrono::hours{2});
    CHECK(why(headers) == "the access token has expired");
    CHECK(ask_token(momo, "x:y").note.why == "there is no API user with this id");
    CHECK(ask_token(momo, "c72025f5-5cd1-4630-99e4-8ba4722fad56:y").note.why ==
          "the API key differs from that of the API user");
}
