// What stands before every API: its path, its method, its token; and how a token is had.
#include "protocols/crypto/encoding.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

TEST_CASE("mpesa gateway: nobody gets a token without the right key, secret and grant") {
    Daraja daraja;
    const std::string pair = "dG1hU2FuZGJveEFwcDAwMDFLZXk9MTc0:Qv7Rk2Xw9LbTn4Ye";
    const auto ask = [&](const std::string& query, const std::string& authorization) {
        return daraja.send({.method = "GET",
                            .target = "/oauth/v1/generate" + query,
                            .headers = {{"Authorization", authorization}}});
    };
    const auto code = [](const http::HttpReply& reply) {
        CHECK(reply.status == 400);
        return at(json::parse(reply.body), "errorCode");
    };
    const std::string grant = "?grant_type=client_credentials";
    const std::string good = "Basic " + crypto::base64_encode(pair);
    CHECK(ask(grant, good).status == 200);
    CHECK(ask(grant + "&a=b", good).status == 200);
    for (const std::string& bad :
         {std::string{}, std::string("Basic"), std::string("Basic "), std::string("Basic !!!"),
          "Bearer " + crypto::base64_encode(pair), "Basic " + pair,
          "Basic " + crypto::base64_encode("no colon"), "Basic " + std::string(5'000, 'A'),
          std::string("Basic \xFF\x01")})
        CHECK(code(ask(grant, bad)) == "400.008.01");
    for (const char* bad : {"", "?", "?grant_type=", "?grant_type=password", "?&&&",
                            "?grant_type=client_credentialsx", "?Grant_type=client_credentials",
                            "?grant_type=client_credentials&grant_type=client_credentials",
                            "?grant_type=client_credentials&grant_type=password",
                            "?grant_type=password&grant_type=client_credentials",
                            "?grant_type=client_credentials&grant%5Ftype=password"})
        CHECK(code(ask(bad, good)) == "400.008.02");
    for (const std::string& other :
         {pair + "x", pair.substr(0, pair.size() - 1), std::string(":"), std::string("a:"),
          std::string("../options:x"), std::string(800, 'k') + ":s", std::string("\0:\0", 3),
          std::string("\xFF\xFE:x")}) {
        const http::HttpReply reply = ask(grant, "Basic " + crypto::base64_encode(other));
        CHECK(reply.status == 400);
        CHECK(reply.body.empty());
    }
}

TEST_CASE("mpesa gateway: tokens that are missing, wrong, old, of another scheme") {
    Daraja daraja;
    const auto before = daraja.world.core.state().hash();
    const std::string good = daraja.token();
    daraja.world.now += std::chrono::hours{2};
    const std::string fresh_token = daraja.token();
    for (const GoodBody& one : good_bodies("UJ22T8IYOU")) {
        const std::string body = json::serialize(one.body);
        const auto refused = [&](http::Fields headers) {
            const http::HttpReply reply = daraja.send({.method = "POST",
                                                       .target = one.path,
                                                       .headers = std::move(headers),
                                                       .body = body});
            check_error(reply);
            return at(json::parse(reply.body), "errorCode");
        };
        CHECK(refused({}) == "404.001.04");
        for (const std::string& value :
             {std::string{}, std::string("Bearer"), std::string("Bearer "), "Basic " + fresh_token,
              fresh_token, "Bearer" + fresh_token})
            CHECK(refused({{"Authorization", value}}) == "404.001.04");
        const std::string& path = one.path;
        const bool is_first =
            path.find("stkpush") != std::string::npos || path.find("reversal") != std::string::npos;
        const bool is_second = path.find("b2c") != std::string::npos ||
                               path.find("b2pochi") != std::string::npos ||
                               path.find("accountbalance") != std::string::npos;
        const std::string expected = is_first    ? "404.001.03"
                                     : is_second ? "401.002.01"
                                                 : "400.003.01";
        for (const std::string& token :
             {good, std::string("x"), std::string(28, 'A'), std::string(5'000, 'a'),
              fresh_token.substr(1), fresh_token + "0", std::string("\x01\xFF\"")})
            CHECK(refused({{"Authorization", "Bearer " + token}}) == expected);
    }
    CHECK(daraja.world.core.state().hash() == before);
}

TEST_CASE("mpesa gateway: methods that are none") {
    Daraja daraja;
    const auto before = daraja.world.core.state().hash();
    for (const GoodBody& one : good_bodies("UJ22T8IYOU"))
        for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"}) {
            const http::HttpReply reply =
                daraja.send({.method = method,
                             .target = one.path,
                             .headers = {{"Authorization", "Bearer " + daraja.token()}},
                             .body = json::serialize(one.body)});
            check_error(reply);
            CHECK((reply.status == 404 || reply.status == 405));
        }
    CHECK(daraja.world.core.state().hash() == before);
    const http::HttpReply reply = daraja.send(
        {.method = "POST", .target = "/oauth/v1/generate?grant_type=client_credentials"});
    check_error(reply);
    CHECK(reply.status == 404);
}

TEST_CASE("mpesa gateway: paths that are none") {
    Daraja daraja;
    const auto before = daraja.world.core.state().hash();
    for (const GoodBody& one : good_bodies("UJ22T8IYOU"))
        for (const std::string& suffix : {std::string("/"), std::string("x"), std::string("%20"),
                                          std::string("/../"), std::string("%00")}) {
            const std::string path = one.path + suffix;
            REQUIRE(daraja.adapter.owns(path));
            const http::HttpReply reply = daraja.post(path, json::serialize(one.body));
            INFO(path << " → " << reply.body);
            CHECK(reply.status == 404);
            const json::value error = json::parse(reply.body);
            if (error.get_object().contains("fault"))
                CHECK(at(error, "fault/detail/errorcode") ==
                      "messaging.adaptors.http.flow.ApplicationNotFound");
            else
                CHECK(at(error, "errorMessage") == "Resource not found");
        }
    for (const char* path : {"/mpesa/", "/mpesa/nothing/v1/query", "/oauth", "/oauth/v2/generate",
                             "/mpesa/c2b/v3/simulate", "/mpesa/\x01\"\xFF"}) {
        if (!daraja.adapter.owns(path)) continue;
        const http::HttpReply reply = daraja.post(path, "{}");
        CHECK(reply.status == 404);
        CHECK(json::parse(reply.body).is_object());
    }
    CHECK(daraja.world.core.state().hash() == before);
}
