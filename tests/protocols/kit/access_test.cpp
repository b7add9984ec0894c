// What Authorization brings, and tokens that only the one who signs can make.
#include "protocols/kit/access.h"

#include "protocols/crypto/encoding.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::protocols;

namespace {

http::HttpRequest with(const std::string& value) {
    return {.method = "GET", .target = "/", .headers = {{"authorization", value}}};
}

}  // namespace

TEST_CASE("access: what follows the scheme, in letters of any case") {
    CHECK(authorization(with("Bearer abc"), "Bearer") == "abc");
    CHECK(authorization(with("bEARER   abc"), "Bearer") == "abc");
    for (const char* other : {"", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "abc"})
        CHECK(authorization(with(other), "Bearer").empty());
    CHECK(authorization({}, "Bearer").empty());
}

TEST_CASE("access: user and password, the password with all its colons") {
    const auto given = [](const std::string& text) {
        return basic_credentials(with("Basic " + crypto::base64_encode(text)));
    };
    CHECK(given("user:pass:word") == std::pair<std::string, std::string>{"user", "pass:word"});
    CHECK(given(":") == std::pair<std::string, std::string>{});
    CHECK(!given("user"));
    CHECK(!basic_credentials(with("Basic user:password")));
    CHECK(!basic_credentials(with("Bearer " + crypto::base64_encode("a:b"))));
}

TEST_CASE("access: claims are read by the secret that signed them, and not when a letter differs") {
    const std::string json = R"({"clientId":"a","expires":1})";
    const std::string token = signed_claims("secret", json);
    CHECK(token.starts_with("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."));
    CHECK(token.find_first_of("+/=") == std::string::npos);
    CHECK(read_claims("secret", token) == json);
    CHECK(!read_claims("Secret", token));
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_MESSAGE(!read_claims("secret", changed), i);
    }
    for (const std::string& none : {std::string(), std::string("."), std::string("a.b.c"),
                                    token + token, std::string(5'000, '.')})
        CHECK(!read_claims("secret", none));
}
