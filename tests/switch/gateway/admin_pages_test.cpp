// The admin server over real loopback sockets.
#include "switch/gateway/admin_pages.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

using namespace tuma;
using boost::asio::ip::tcp;

namespace {

constexpr const char* token = "0123456789abcdef0123456789abcdef";

struct Admin {
    Admin()
        : server({.handler = net::admin_handler(
                      {metrics, [this] { return is_ready.load(); }, door,
                       [](const http::HttpRequest& request, const net::Respond& respond) {
                           respond({.status = 202, .body = request.method + " " + request.target});
                       }})},
                 own_metrics, net::admin_limits()) {
        endpoint = server.listen({"127.0.0.1", 0});
        door.endpoints.push_back(endpoint);
        server.start();
    }

    tcp::socket connect() {
        tcp::socket socket(context);
        socket.connect({boost::asio::ip::make_address(endpoint.address), endpoint.port});
        return socket;
    }

    /// All that the server sends until it closes.
    std::string exchange(const std::string& bytes) {
        tcp::socket socket = connect();
        boost::system::error_code error;
        boost::asio::write(socket, boost::asio::buffer(bytes), error);
        std::string answer;
        boost::asio::read(socket, boost::asio::dynamic_buffer(answer), error);
        return answer;
    }
    std::string request(const std::string& method, const std::string& target) {
        return exchange(method + " " + target +
                        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }

    net::Metrics metrics;
    std::atomic<bool> is_ready = true;
    net::Door door{.token = token, .token_file = "admin-token"};
    net::Metrics own_metrics;
    net::HttpServer server;
    net::Endpoint endpoint;
    boost::asio::io_context context;
};

std::string status(const std::string& answer) {
    return answer.substr(9, 3);
}

std::string body(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("admin server: a clock that is apart is said, and the switch stays ready") {
    Admin admin;
    admin.metrics.clock_offset_us.set(-691'200'000'000);
    admin.metrics.clock_jumps.add();
    CHECK(body(admin.request("GET", "/readyz")) == "ok\n");
    admin.metrics.clock_is_apart.set(1);
    const std::string ready = admin.request("GET", "/readyz");
    CHECK(status(ready) == "200");
    CHECK(body(ready) ==
          "ok\nclock: the machine's clock is 8d behind switch time and not followed; the log says "
          "what to do\n");
    CHECK(body(admin.request("GET", "/readyz?verbose"))
              .find(R"("clock_offset_ms":-691200000,"clock_is_followed":false)") !=
          std::string::npos);
    const std::string metrics = admin.request("GET", "/metrics");
    CHECK(metrics.find("\ntuma_switch_clock_offset_seconds -691200.000000\n") != std::string::npos);
    CHECK(metrics.find("\ntuma_switch_clock_apart 1\n") != std::string::npos);
    CHECK(metrics.find("\ntuma_switch_clock_jumps_total 1\n") != std::string::npos);
    admin.is_ready = false;
    CHECK(status(admin.request("GET", "/readyz")) == "503");
}

TEST_CASE("admin server: each page has its status and content") {
    Admin admin;
    admin.metrics.accounts.set(12);
    struct Row {
        const char* method;
        const char* target;
        const char* status;
        const char* part;
    };
    const Row rows[] = {
        {"GET", "/healthz", "200", "ok"},
        {"GET", "/livez", "200", "ok"},
        {"GET", "/readyz", "200", "ok"},
        {"GET", "/readyz?verbose", "200", "\"ready\":true,\"accounts\":12"},
        {"GET", "/version", "200", "\"version\":\""},
        {"GET", "/metrics", "200", "\ntuma_accounts 12\n"},
        {"GET", "/", "404", "no such page"},
        {"GET", "/metrics/", "404", "no such page"},
        {"POST", "/metrics", "405", "only GET and HEAD"},
        {"DELETE", "/healthz", "405", "only GET and HEAD"},
        {"GET", "/admin/orders/1", "202", "GET /admin/orders/1"},
        {"POST", "/admin/faults", "401", "the token is missing"},
        {"GET", "/admin/profiles", "401", "the token is missing"},
        {"GET", "/admin/%70rofiles?prefix=a", "401", "the token is missing"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.target);
        const std::string answer = admin.request(row.method, row.target);
        REQUIRE(answer.starts_with("HTTP/1.1 "));
        CHECK(status(answer) == row.status);
        CHECK(body(answer).find(row.part) != std::string::npos);
    }
}

TEST_CASE("admin server: every request passes the gate, with the names of where it listens") {
    Admin admin;
    const auto ask = [&](const std::string& method, const std::string& target,
                         const std::string& fields) {
        return status(admin.exchange(method + " " + target + " HTTP/1.1\r\n" + fields +
                                     "Connection: close\r\n\r\n"));
    };
    const std::string port = std::to_string(admin.endpoint.port);
    const std::string host = "Host: 127.0.0.1:" + port + "\r\n";
    const std::string good = "Tuma-Token: " + std::string(token) + "\r\n";
    for (const char* target : {"/metrics", "/readyz", "/admin/help", "/admin/faults", "/nothing"}) {
        CAPTURE(target);
        CHECK(ask("GET", target, "Host: evil.test:" + port + "\r\n") == "421");
        CHECK(ask("GET", target, host + "Origin: http://evil.test\r\n") == "403");
        CHECK(ask("POST", target, "Host: evil.test\r\n" + good) == "421");
    }
    CHECK(ask("POST", "/admin/faults", host) == "401");
    CHECK(ask("POST", "/admin/faults", host + good) == "202");
    CHECK(ask("POST", "/metrics", host + good) == "405");
    CHECK(ask("GET", "/admin/profiles", host + good) == "202");
}

TEST_CASE("admin server: readiness follows the server") {
    Admin admin;
    admin.is_ready = false;
    CHECK(status(admin.request("GET", "/readyz")) == "503");
    CHECK(body(admin.request("GET", "/readyz?verbose")).find("\"ready\":false") !=
          std::string::npos);
    CHECK(status(admin.request("GET", "/healthz")) == "200");
    admin.is_ready = true;
    CHECK(status(admin.request("GET", "/readyz")) == "200");
}

TEST_CASE("admin server: HEAD has the length and no body") {
    Admin admin;
    const std::string answer = admin.request("HEAD", "/healthz");
    CHECK(status(answer) == "200");
    CHECK(answer.find("Content-Length: 3\r\n") != std::string::npos);
    CHECK(body(answer).empty());
}

TEST_CASE("admin server: several requests go over one connection") {
    Admin admin;
    const std::string get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const std::string last = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const std::string answer = admin.exchange(get + get + last);
    std::size_t count = 0;
    for (auto at = answer.find("HTTP/1.1 200"); at != std::string::npos;
         at = answer.find("HTTP/1.1 200", at + 1))
        ++count;
    CHECK(count == 3);
}

TEST_CASE("admin server: what is no request, or too long, is refused") {
    Admin admin;
    CHECK(status(admin.exchange("this is not HTTP\r\n\r\n")) == "400");
    CHECK(status(admin.exchange("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " +
                                std::string(9'000, 'x') + "\r\n\r\n")) == "431");
    CHECK(status(admin.exchange(
              "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\nhello")) ==
          "413");
    CHECK(status(admin.request("GET", "/healthz")) == "200");
}

TEST_CASE("admin server: a connection beyond the sixty-fourth is refused") {
    Admin admin;
    std::vector<tcp::socket> idle;
    const std::string get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (int i = 0; i < 64; ++i) {
        idle.push_back(admin.connect());
        boost::asio::write(idle.back(), boost::asio::buffer(get));
        std::string answer;
        boost::asio::read(idle.back(), boost::asio::dynamic_buffer(answer, 15));
        REQUIRE(answer == "HTTP/1.1 200 OK");
    }
    CHECK(status(admin.request("GET", "/healthz")) == "503");
}

TEST_CASE("admin server: stopping closes open connections") {
    Admin admin;
    tcp::socket socket = admin.connect();
    admin.server.stop();
    std::string rest;
    boost::system::error_code error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(rest), error);
    CHECK(error);
    CHECK(rest.empty());
}
