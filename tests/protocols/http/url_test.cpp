// URLs of callbacks, taken apart.
#include "protocols/http/url.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using http::Url;

TEST_CASE("http url: each part is kept as it was written") {
    struct Row {
        const char* text;
        Url url;
    };
    const Row rows[] = {
        {"http://127.0.0.1:8080/cb?a=%7e&b=#top",
         {false, "127.0.0.1", 8080, "127.0.0.1:8080", "/cb?a=%7e&b="}},
        {"https://shop.example", {true, "shop.example", 443, "shop.example", "/"}},
        {"HTTPS://Shop.Example:443//x//", {true, "Shop.Example", 443, "Shop.Example", "//x//"}},
        {"https://shop.example:80?q", {true, "shop.example", 80, "shop.example:80", "/?q"}},
        {"http://[::1]:9/a", {false, "::1", 9, "[::1]:9", "/a"}},
        {"http://localhost:", {false, "localhost", 80, "localhost", "/"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto url = http::parse_url(row.text);
        REQUIRE(url);
        CHECK(*url == row.url);
    }
}

TEST_CASE("http url: what is refused, and why") {
    struct Row {
        std::string text;
        const char* reason;
    };
    const Row rows[] = {
        {"http://a/" + std::string(2040, 'x'), "is longer than 2048 bytes"},
        {"", "is no absolute URL"},
        {"/cb", "is no absolute URL"},
        {"shop.example/cb", "is no absolute URL"},
        {"https://<your-host>/cb", "is no absolute URL"},
        {"http://a/b c", "is no absolute URL"},
        {"http://a/\r\nX: 1", "is no absolute URL"},
        {"http://a/\xc3\xa4", "is no absolute URL"},
        {"http://a:8x/", "is no absolute URL"},
        {"http://[::1/", "is no absolute URL"},
        {"ftp://a/", "is neither http nor https"},
        {"file:///etc/passwd", "is neither http nor https"},
        {"http://user:pw@a/", "has a user in it"},
        {"http:///cb", "has no host"},
        {"http:/cb", "has no host"},
        {"http://" + std::string(254, 'a') + "/", "has a host of more than 253 bytes"},
        {"http://a%2eb/", "has a percent-encoded host"},
        {"http://a:0/", "has a port outside 1 to 65535"},
        {"http://a:65536/", "has a port outside 1 to 65535"},
        {"http://a:99999999999999999999/", "has a port outside 1 to 65535"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto url = http::parse_url(row.text);
        REQUIRE_FALSE(url);
        CHECK(url.error().field == "url");
        CHECK(url.error().reason == row.reason);
    }
}
