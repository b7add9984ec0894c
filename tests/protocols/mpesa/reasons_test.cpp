// What the log is told of a refusal: which two things were compared.
#include "protocols/crypto/encoding.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

constexpr const char* prompt_path = "/mpesa/stkpush/v1/processrequest";
constexpr const char* asked = "254708374149";
constexpr const char* passkey = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919";
constexpr const char* stamp = "20261129120000";

std::string password_of(const std::string& text) {
    return crypto::base64_encode(text);
}

}  // namespace

TEST_CASE("mpesa reasons: a wrong password says which of its parts is another") {
    Daraja daraja;
    const std::string number = "174379";
    const std::string other_key(64, 'a');
    struct Row {
        std::string password;
        std::string why;
    };
    const Row rows[] = {
        {password_of(number + passkey + "20261129120001"),
         "the timestamp in the body differs from the one in the password"},
        {password_of(number + other_key + stamp),
         "the passkey in the password differs from that of the business"},
        {password_of("600000" + std::string(passkey) + stamp),
         "the shortcode in the password differs from BusinessShortCode"},
        {"not base64!", "Password is not base64 of BusinessShortCode, passkey and Timestamp"},
        {password_of(number + passkey + stamp) + "=",
         "Password is not base64 of BusinessShortCode, passkey and Timestamp"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.password);
        const http::HttpReply reply = daraja.post(
            prompt_path, stk_body(asked, 1, {{"Timestamp", stamp}, {"Password", row.password}}));
        CHECK(reply.status == 500);
        CHECK(reply.note.why == row.why);
        CHECK(reply.note.code == "500.001.1001");
    }
}

TEST_CASE("mpesa reasons: fields, businesses and bodies are named, and the trace is requestId") {
    Daraja daraja;
    struct Row {
        json::object changes;
        const char* why;
    };
    const Row rows[] = {
        {{{"Amount", nullptr}}, "Amount is missing"},
        {{{"TransactionType", "Pay"}},
         "TransactionType is none of CustomerPayBillOnline, CustomerBuyGoodsOnline"},
        {{{"Timestamp", "2026"}}, "Timestamp is no date of the form YYYYMMDDHHMMSS"},
        {{{"BusinessShortCode", 999999}}, "no business has the number in BusinessShortCode"},
        {{{"PhoneNumber", "0708374149"}},
         "PhoneNumber is not 12 digits that begin with 2547 or 2541"},
        {{{"PartyB", "12"}}, "PartyB is not 5 to 7 digits"},
        {{{"Amount", "10.5"}}, "Amount is not whole shillings from 1 to 999999999"},
        {{{"CallBackURL", "http://127.0.0.1:99999/cb"}},
         "CallBackURL is not a whole http or https address"},
        {{{"CallBackURL", "http://127.0.0.1:9/cb "}}, "CallBackURL has blanks around the address"},
    };
    for (const Row& row : rows) {
        const http::HttpReply reply = daraja.post(prompt_path, stk_body(asked, 1, row.changes));
        CHECK(reply.note.why == row.why);
        CHECK(reply.note.trace == at(json::parse(reply.body), "requestId"));
        CHECK(reply.note.route == prompt_path);
        CHECK(reply.note.merchant == "sandbox");
    }
    CHECK(daraja.post(prompt_path, "{\"a\":1").note.why == "body: is not one JSON value");
    const http::HttpReply good = daraja.post(prompt_path, stk_body(asked, 1));
    CHECK(good.note.why.empty());
    CHECK(good.note.code.empty());
    CHECK(good.note.merchant == "sandbox");
    CHECK(good.note.trace == at(json::parse(good.body), "MerchantRequestID"));
}

TEST_CASE("mpesa reasons: a body that is not called JSON, a path and a method that are wrong") {
    Daraja daraja;
    const auto why = [&](const char* method, const char* path, const char* type) {
        return daraja
            .send(
                {.method = method,
                 .target = path,
                 .headers = {{"Authorization", "Bearer " + daraja.token()}, {"Content-Type", type}},
                 .body = stk_body(asked, 1)})
            .note.why;
    };
    CHECK(why("POST", prompt_path, "application/json") == "");
    CHECK(why("POST", prompt_path, "application/x-www-form-urlencoded") ==
          "BusinessShortCode is missing, because Content-Type is not application/json: the body "
          "counts as empty");
    CHECK(why("GET", prompt_path, "application/json") == "this path takes another method: POST");
    CHECK(why("POST", "/mpesa/stkpush/v1/processrequest/", "application/json") ==
          "no API has this path, to the letter; GET /admin/routes lists them");
}

TEST_CASE("mpesa reasons: what is accepted and bound to fail says so at once") {
    Daraja daraja;
    const auto why = [&](const json::object& changes) {
        const http::HttpReply reply = daraja.post(b2c_v1, json::serialize(to_customer(changes)));
        CHECK(reply.status == 200);
        CHECK(reply.note.trace != "");
        return reply.note.code + " " + reply.note.why;
    };
    const std::string refused =
        "2001 it was accepted, and its result will be 2001 (The initiator information is "
        "invalid.): ";
    CHECK(why({}) == " ");
    CHECK(why({{"SecurityCredential", credential("wrong")}}) ==
          refused +
              "SecurityCredential is not the initiator's password, encrypted for the certificate "
              "of /mpesa/certificate");
    CHECK(why({{"InitiatorName", "nobody"}}) ==
          refused + "the business in PartyA has no initiator of this name");
    CHECK(why({{"Amount", 5}}).starts_with("2 it was accepted, and its result will be 2 ("));
    const http::HttpReply goods = daraja.post(
        prompt_path, stk_body(asked, 1, {{"TransactionType", "CustomerBuyGoodsOnline"}}));
    CHECK(goods.status == 200);
    CHECK(goods.note.code == "2028");
    CHECK(goods.note.why.starts_with("it was accepted, and its result will be 2028 ("));
}

TEST_CASE("mpesa reasons: tokens that are missing, foreign, old") {
    Daraja daraja;
    const auto why = [&](const std::string& authorization) {
        http::HttpRequest request{.method = "POST", .target = prompt_path, .body = "{}"};
        if (!authorization.empty()) request.headers = {{"Authorization", authorization}};
        return daraja.send(request).note.why;
    };
    CHECK(why("") == "there is no Authorization: Bearer TOKEN");
    CHECK(why("Bearer abc") == "the access token was not made by this switch");
    const std::string good = daraja.token();
    daraja.world.now += std::chrono::hours{2};
    CHECK(why("Bearer " + good) == "the access token has expired");

    const auto token = [&](const std::string& pair) {
        return daraja
            .send({.method = "GET",
                   .target = "/oauth/v1/generate?grant_type=client_credentials",
                   .headers = {{"Authorization", "Basic " + crypto::base64_encode(pair)}}})
            .note.why;
    };
    CHECK(token("dG1hU2FuZGJveEFwcDAwMDFLZXk9MTc0:x") ==
          "the consumer secret differs from that of the app with this key");
    CHECK(token("nobody:x") == "no app has this consumer key");
    CHECK(token("no colon") == "Authorization is not Basic with base64 of KEY:SECRET");
}
