// Header look-up and the bytes of replies.
#include "protocols/http/message.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using http::HttpReply;
using http::ReplyFrame;

namespace {

std::string bytes_of(const HttpReply& reply, const ReplyFrame& frame = {}) {
    std::string bytes;
    http::append_reply(bytes, reply, frame);
    return bytes;
}

HttpReply reply(int status, http::Fields headers, std::string body) {
    HttpReply made;
    made.status = status;
    made.headers = std::move(headers);
    made.body = std::move(body);
    return made;
}

}  // namespace

TEST_CASE("http message: a header is found in any case, the first of its name") {
    const http::Fields headers{{"Host", "a"}, {"X-Sign", "1"}, {"x-sIGN", "2"}};
    CHECK(*http::find(headers, "x-sign") == "1");
    CHECK(*http::find(headers, "HOST") == "a");
    CHECK(http::find(headers, "X-Sig") == nullptr);
    CHECK(http::find(headers, "") == nullptr);
}

TEST_CASE("http message: a reply has its length and, when asked, its connection's end") {
    const HttpReply ok = reply(200, {{"Content-Type", "text/plain"}}, "hello");
    const std::string start =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n";
    CHECK(bytes_of(ok) == start + "\r\nhello");
    CHECK(bytes_of(ok, {.keeps_open = false}) == start + "Connection: close\r\n\r\nhello");
    CHECK(bytes_of(ok, {.is_http_1_0 = true}) == start + "Connection: keep-alive\r\n\r\nhello");
    CHECK(bytes_of(ok, {.is_head = true}) == start + "\r\n");
    CHECK(bytes_of(reply(202, {}, "")) == "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    CHECK(bytes_of(reply(204, {}, "x")) == "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(bytes_of(reply(799, {}, "")) == "HTTP/1.1 799 Status\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("http message: a request has its Host first and its length last") {
    http::HttpRequest request;
    request.method = "POST";
    request.target = "/cb?a=1";
    request.host = "shop:8080";
    request.headers = {{"X-B", "1"}, {"Content-Length", "99"}, {"X-A", "2\r\nEvil: 1"}};
    request.body = "{}";
    std::string bytes;
    http::append_request(bytes, request);
    CHECK(bytes ==
          "POST /cb?a=1 HTTP/1.1\r\nHost: shop:8080\r\nX-B: 1\r\nX-A: 2  Evil: 1\r\n"
          "Content-Length: 2\r\n\r\n{}");
    bytes.clear();
    http::HttpRequest get;
    get.method = "GET";
    get.target = "/";
    get.headers = {{"host", "own"}};
    http::append_request(bytes, get);
    CHECK(bytes == "GET / HTTP/1.1\r\nhost: own\r\n\r\n");
}

TEST_CASE("http message: what frames a message is the server's own") {
    const HttpReply lying = reply(200,
                                  {{"content-length", "7"},
                                   {"Transfer-Encoding", "chunked"},
                                   {"connection", "close"},
                                   {"Server", "x"}},
                                  "ab");
    CHECK(bytes_of(lying) == "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nab");
}

TEST_CASE("http message: echoed input cannot add fields") {
    const HttpReply echo = reply(200, {{"X-\nA", std::string("1\r\nSet-Cookie: b\0", 17)}}, "");
    CHECK(bytes_of(echo) ==
          "HTTP/1.1 200 OK\r\nX- A: 1  Set-Cookie: b \r\nContent-Length: 0\r\n\r\n");
}
