// Who may come in by a local door, as a table.
#include "switch/gateway/gate.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;

namespace {

constexpr const char* gate_token = "0123456789abcdef0123456789abcdef";

net::Door door_at(const char* address) {
    return {{{address, 9411}}, {"tuma.test"}, gate_token, "books/admin-token"};
}

int status_of(const net::Door& door, const http::HttpRequest& request,
              net::Behind behind = net::Behind::call) {
    const auto refused = net::refused_at(door, request, behind);
    return refused ? refused->status : 0;
}

}  // namespace

TEST_CASE("gate: a host that is not the door's own name is misdirected") {
    struct Row {
        const char* listens;
        const char* host;
        int status;
    };
    const Row rows[] = {
        {"127.0.0.1", "127.0.0.1:9411", 0},
        {"127.0.0.1", "127.0.0.1", 0},
        {"127.0.0.1", "localhost:9411", 0},
        {"127.0.0.1", "LOCALHOST:9411", 0},
        {"127.0.0.1", "[::1]:9411", 0},
        {"127.0.0.1", "[::1]", 0},
        {"127.0.0.1", "tuma.test:9411", 0},
        {"::1", "[::1]:9411", 0},
        {"192.168.1.7", "192.168.1.7:9411", 0},
        {"192.168.1.7", "10.0.0.1:9411", 0},
        {"0.0.0.0", "192.168.1.7:9411", 0},
        {"0.0.0.0", "[fd00::7]:9411", 0},
        {"127.0.0.1", "127.0.0.1:9412", 421},
        {"127.0.0.1", "127.0.0.1:", 0},
        {"127.0.0.1", "192.168.1.7:9411", 421},
        {"127.0.0.1", "evil.test:9411", 421},
        {"127.0.0.1", "evil.test", 421},
        {"127.0.0.1", "localhost.evil.test:9411", 421},
        {"127.0.0.1", "localhost:9411.evil.test", 421},
        {"127.0.0.1", "127.0.0.1.evil.test:9411", 421},
        {"127.0.0.1", "tuma.test.evil.test", 421},
        {"127.0.0.1", "api.mch.weixin.qq.com", 421},
        {"127.0.0.1", "", 421},
        {"0.0.0.0", "evil.test:9411", 421},
        {"0.0.0.0", "", 421},
    };
    for (const Row& row : rows) {
        CAPTURE(row.listens);
        CAPTURE(row.host);
        CHECK(status_of(door_at(row.listens), {.method = "GET", .target = "/", .host = row.host}) ==
              row.status);
    }
}

TEST_CASE("gate: a page of another origin is refused, also with the token") {
    struct Row {
        bool is_tls;
        const char* origin;
        int status;
    };
    const Row rows[] = {
        {false, "http://localhost:9411", 0},
        {false, "HTTP://LOCALHOST:9411", 0},
        {true, "https://localhost:9411", 0},
        {true, "http://localhost:9411", 403},
        {false, "https://localhost:9411", 403},
        {false, "http://localhost:3000", 403},
        {false, "http://127.0.0.1:9411", 403},
        {false, "http://evil.test", 403},
        {false, "null", 403},
        {false, "", 403},
        {false, "http://localhost:9411.evil.test", 403},
    };
    for (const Row& row : rows)
        for (const char* method : {"GET", "POST", "OPTIONS"}) {
            CAPTURE(row.origin);
            CAPTURE(method);
            CHECK(status_of(door_at("127.0.0.1"),
                            {.method = method,
                             .target = "/admin/faults",
                             .host = "localhost:9411",
                             .headers = {{"Origin", row.origin}, {"Tuma-Token", gate_token}},
                             .is_tls = row.is_tls}) == row.status);
        }
}

TEST_CASE("gate: a body that is no JSON is refused, also with the token") {
    struct Row {
        const char* type;
        const char* body;
        int status;
    };
    const Row rows[] = {
        {"application/json", "{}", 0},
        {"application/json; charset=utf-8", "{}", 0},
        {"Application/JSON", "{}", 0},
        {"text/plain", "", 0},
        {"text/plain", "{}", 415},
        {"application/x-www-form-urlencoded", "{}", 415},
        {"multipart/form-data; boundary=a", "{}", 415},
        {"application/jsonp", "{}", 415},
        {"text/plain; application/json", "{}", 415},
        {"", "{}", 415},
    };
    for (const Row& row : rows) {
        CAPTURE(row.type);
        CHECK(status_of(door_at("127.0.0.1"),
                        {.method = "POST",
                         .target = "/admin/faults",
                         .host = "localhost:9411",
                         .headers = {{"Content-Type", row.type}, {"Tuma-Token", gate_token}},
                         .body = row.body}) == row.status);
    }
    CHECK(status_of(door_at("127.0.0.1"), {.method = "POST",
                                           .target = "/admin/faults",
                                           .host = "localhost:9411",
                                           .headers = {{"Tuma-Token", gate_token}},
                                           .body = "{}"}) == 415);
}

TEST_CASE("gate: a field that decides who comes in may be there once only") {
    struct Row {
        const char* name;
        const char* value;
    };
    const Row rows[] = {
        {"Host", "localhost:9411"},
        {"Origin", "http://localhost:9411"},
        {"Content-Type", "application/json"},
        {"Tuma-Token", gate_token},
        {"Authorization", "Bearer 0123456789abcdef0123456789abcdef"},
        {"Cookie", "tuma_token=0123456789abcdef0123456789abcdef"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        http::HttpRequest request{
            .method = "POST",
            .target = "/admin/faults",
            .host = "localhost:9411",
            .headers = {{"Content-Type", "application/json"}, {"Tuma-Token", gate_token}},
            .body = "{}"};
        while (request.find(row.name) == nullptr) request.headers.emplace_back(row.name, row.value);
        CHECK(status_of(door_at("127.0.0.1"), request) == 0);
        // Of two that differ one reader takes the first and another the last.
        for (const char* second : {row.value, "evil.test"}) {
            http::HttpRequest doubled = request;
            doubled.headers.emplace_back(net::lower_case(row.name), second);
            const auto refused = net::refused_at(door_at("127.0.0.1"), doubled, net::Behind::call);
            REQUIRE(refused.has_value());
            CHECK(refused->status == 400);
            CHECK(refused->body.find(row.name) != std::string::npos);
        }
    }
}

TEST_CASE("gate: whatever changes something needs the token, and what shows secrets") {
    const std::string good = gate_token;
    struct Row {
        http::Fields headers;
        bool is_good;
    };
    const Row rows[] = {
        {{{"Authorization", "Bearer " + good}}, true},
        {{{"authorization", "bearer " + good}}, true},
        {{{"Tuma-Token", good}}, true},
        {{{"Cookie", "a=b; tuma_token=" + good + "; c=d"}}, true},
        {{}, false},
        {{{"Authorization", good}}, false},
        {{{"Authorization", "Basic " + good}}, false},
        {{{"Authorization", "Bearer"}}, false},
        {{{"Authorization", "Bearer " + good + "0"}}, false},
        {{{"Tuma-Token", good.substr(1)}}, false},
        {{{"Tuma-Token", ""}}, false},
        {{{"Cookie", "tuma_token="}}, false},
        {{{"Cookie", "xtuma_token=" + good}}, false},
        {{{"Cookie", "tuma_tokens=" + good}}, false},
    };
    const net::Door door = door_at("127.0.0.1");
    for (const Row& row : rows) {
        CAPTURE(row.headers.empty() ? "" : row.headers.front().second);
        for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"})
            CHECK(status_of(door, {.method = method,
                                   .target = "/admin/faults",
                                   .host = "localhost:9411",
                                   .headers = row.headers}) == (row.is_good ? 0 : 401));
        for (const char* method : {"GET", "HEAD"}) {
            const http::HttpRequest request{.method = method,
                                            .target = "/admin/profiles",
                                            .host = "localhost:9411",
                                            .headers = row.headers};
            CHECK(status_of(door, request) == 0);
            CHECK(status_of(door, request, net::Behind::secret) == (row.is_good ? 0 : 401));
        }
    }
    CHECK(status_of(door, {.method = "POST", .target = "/metrics", .host = "localhost"},
                    net::Behind::page) == 0);
    net::Door without_token = door;
    without_token.token.clear();
    CHECK(status_of(without_token, {.method = "POST",
                                    .target = "/",
                                    .host = "localhost",
                                    .headers = {{"Tuma-Token", ""}}}) == 401);
    const auto refused = net::refused_at(
        door, {.method = "POST", .target = "/", .host = "localhost"}, net::Behind::call);
    REQUIRE(refused.has_value());
    CHECK(refused->body.find("books/admin-token") != std::string::npos);
    CHECK(refused->body.find(gate_token) == std::string::npos);
}
