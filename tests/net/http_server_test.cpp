// The HTTP listener against raw bytes: pieces, pipelines, bounds, smuggling, TLS, tunnels.
#include "switch/net/http_server.h"

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"
#include "switch/net/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <future>
#include <mutex>
#include <thread>
#include <vector>

using namespace tuma;
using boost::asio::ip::tcp;

namespace {

// Answers "METHOD TARGET BODY"; targets may ask to wait for others or to be forgotten.
struct Site {
    explicit Site(net::HttpLimits limits = {}, const net::TlsIdentity& tls = {})
        : server(metrics, limits, tls, [this](http::HttpRequest request, net::HttpRespond respond) {
              handle(std::move(request), std::move(respond));
          }) {
        plain = server.listen({"127.0.0.1", 0}, false);
        if (!tls.certificate_pem.empty()) secure = server.listen({"127.0.0.1", 0}, true);
        server.start();
    }
    ~Site() { server.stop(); }

    void handle(http::HttpRequest request, net::HttpRespond respond) {
        http::HttpReply reply{.headers = {{"X-Host", request.host}},
                              .body = request.method + " " + request.target + " " + request.body};
        if (request.target == "/drop") reply.drop = true;
        if (request.target == "/204") reply = {.status = 204};
        if (request.target == "/tls") reply.body = request.is_tls ? "tls" : "plain";
        const std::lock_guard lock(mutex);
        if (request.target == "/held") {
            held.push_back(std::move(respond));
            held_came.notify_all();
            return;
        }
        respond(std::move(reply));
    }
    void release() {
        std::unique_lock lock(mutex);
        held_came.wait(lock, [this] { return !held.empty(); });
        for (const auto& respond : held) respond({.body = "held"});
        held.clear();
    }

    net::Metrics metrics;
    std::mutex mutex;
    std::condition_variable held_came;
    std::vector<net::HttpRespond> held;
    net::HttpServer server;
    net::Endpoint plain;
    net::Endpoint secure;
};

struct Wire {
    explicit Wire(const net::Endpoint& endpoint) : socket(context) {
        socket.connect({boost::asio::ip::make_address(endpoint.address), endpoint.port});
    }
    void send(std::string_view bytes) {
        boost::system::error_code ignored;
        boost::asio::write(socket, boost::asio::buffer(bytes), ignored);
    }
    // Everything until the other side closes.
    std::string rest() {
        std::string all;
        boost::system::error_code error;
        boost::asio::read(socket, boost::asio::dynamic_buffer(all), error);
        return all;
    }
    std::string read(std::size_t size) {
        std::string bytes(size, '\0');
        boost::system::error_code error;
        bytes.resize(boost::asio::read(socket, boost::asio::buffer(bytes), error));
        return bytes;
    }

    boost::asio::io_context context;
    tcp::socket socket;
};

constexpr std::string_view last = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

std::string ask(const Site& site, std::string_view bytes) {
    Wire wire(site.plain);
    wire.send(bytes);
    return wire.rest();
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++found;
    return found;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

net::TlsIdentity identity() {
    const auto key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms;
    terms.use = crypto::CertificateUse::server;
    terms.common_name = "127.0.0.1";
    terms.serial = "0102";
    terms.not_before = Timestamp{std::chrono::hours{24}};
    terms.not_after = Timestamp{std::chrono::hours{24 * 365 * 200}};
    terms.ip_addresses = {"127.0.0.1"};
    return {crypto::make_self_signed(terms, key)->pem(), key.pem()};
}

}  // namespace

TEST_CASE("http server: a request is the same in whatever pieces it comes") {
    Site site;
    const std::string request =
        "POST /a?b=%7e HTTP/1.1\r\nHost: h:1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nxyz";
    for (std::size_t split = 1; split < request.size(); ++split) {
        CAPTURE(split);
        Wire wire(site.plain);
        wire.send(std::string_view{request}.substr(0, split));
        wire.send(std::string_view{request}.substr(split));
        const std::string reply = wire.rest();
        CHECK(has(reply, "200 OK"));
        CHECK(has(reply, "X-Host: h:1\r\n"));
        CHECK(reply.ends_with("\r\n\r\nPOST /a?b=%7e xyz"));
    }
}

TEST_CASE("http server: replies of a pipeline leave in the order of requests") {
    Site site;
    Wire wire(site.plain);
    wire.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\n\r\n");
    wire.send(last);
    site.release();
    const std::string all = wire.rest();
    CHECK(count(all, "HTTP/1.1 200 OK") == 3);
    CHECK(all.find("held") < all.find("GET /second"));
    CHECK(all.find("GET /second") < all.find("GET /last"));
}

TEST_CASE("http server: more requests than may wait are read once there is room") {
    Site site({.pipelined_max = 2});
    Wire wire(site.plain);
    std::string many = "GET /held HTTP/1.1\r\nHost: h\r\n\r\n";
    for (int i = 0; i < 50; ++i) many += "GET /more HTTP/1.1\r\nHost: h\r\n\r\n";
    wire.send(many);
    wire.send(last);
    site.release();
    CHECK(count(wire.rest(), "HTTP/1.1 200 OK") == 52);
}

TEST_CASE("http server: forms of targets, bodies and versions that real clients send") {
    Site site;
    CHECK(has(ask(site,
                  "GET http://api.example:80/x?y HTTP/1.1\r\nHost: other\r\nConnection: "
                  "close\r\n\r\n"),
              "X-Host: api.example:80"));
    CHECK(has(ask(site,
                  "POST /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n"),
              "POST /c abcd"));
    const std::string old = ask(site, "GET /old HTTP/1.0\r\n\r\n");
    CHECK(old.starts_with("HTTP/1.0 200 OK"));
    const std::string head = ask(site, "HEAD /h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CHECK(has(head, "Content-Length: 8\r\n"));
    CHECK(head.ends_with("\r\n\r\n"));
    const std::string empty =
        ask(site, "GET /204 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CHECK_FALSE(has(empty, "Content-Length"));
    CHECK(ask(site, "GET /drop HTTP/1.1\r\nHost: h\r\n\r\n").empty());
}

TEST_CASE("http server: a client that waits for leave to send its body gets it") {
    Site site;
    Wire wire(site.plain);
    wire.send(
        "POST /e HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n");
    CHECK(wire.read(25) == "HTTP/1.1 100 Continue\r\n\r\n");
    wire.send("ok");
    CHECK(has(wire.rest(), "POST /e ok"));
}

TEST_CASE("http server: what could be read in two ways is refused and the connection closes") {
    Site site;
    const char* const requests[] = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET /\r\nHost: h\r\n\r\n",
        "GET nothing HTTP/1.1\r\nHost: h\r\n\r\n",
        "\x16\x03\x01\x02 not HTTP\r\n\r\n",
    };
    for (const char* const request : requests) {
        CAPTURE(request);
        const std::string reply = ask(site, std::string(request) + std::string(last));
        CHECK(has(reply, " 400 Bad Request"));
        CHECK_FALSE(has(reply, "GET /last"));
    }
    const std::string zero("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 37);
    CHECK(has(ask(site, zero), " 400 Bad Request"));
}

TEST_CASE("http server: stray bytes behind a body end the connection") {
    Site site;
    const std::string reply =
        ask(site, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}\xC3\xA9}");
    CHECK(has(reply, "POST /a {}"));
    CHECK(has(reply, " 400 Bad Request"));
}

TEST_CASE("http server: each bound has its answer") {
    Site site({.head_bytes_max = 256, .body_bytes_max = 10});
    const std::string long_head = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(300, 'x');
    CHECK(has(ask(site, long_head + "\r\n\r\n"), " 431 "));
    CHECK(has(ask(site, long_head), " 431 "));
    CHECK(has(ask(site, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"), " 413 "));
    CHECK(has(ask(site,
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "b\r\n12345678901\r\n0\r\n\r\n"),
              " 413 "));
    CHECK(
        has(ask(site, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"),
            " 400 "));
}

TEST_CASE("http server: who is slow is told, who is idle is left") {
    Site site({.idle_timeout = std::chrono::milliseconds{50},
               .request_timeout = std::chrono::milliseconds{50}});
    CHECK(has(ask(site, "GET / HTTP/1.1\r\nHost:"), " 408 "));
    CHECK(has(ask(site, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"), " 408 "));
    CHECK(ask(site, "").empty());
}

TEST_CASE("http server: beyond its connections a client is turned away") {
    Site site({.connections_max = 1});
    Wire first(site.plain);
    first.send("GET /held HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    {
        std::unique_lock lock(site.mutex);
        site.held_came.wait(lock, [&] { return !site.held.empty(); });
    }
    CHECK(Wire(site.plain).rest().empty());
    site.release();
    CHECK(has(first.rest(), "held"));
}

TEST_CASE("http server: it stops after the last reply") {
    Site site;
    Wire wire(site.plain);
    wire.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n");
    {
        std::unique_lock lock(site.mutex);
        site.held_came.wait(lock, [&] { return !site.held.empty(); });
    }
    site.server.stop_accepting();
    site.server.stop_reading();
    CHECK_FALSE(site.server.finish(std::chrono::milliseconds{1}));
    site.release();
    CHECK(site.server.finish(std::chrono::seconds{30}));
    CHECK(has(wire.rest(), "held"));
}

TEST_CASE("http server: TLS, and a tunnel that ends here") {
    const net::TlsIdentity tls = identity();
    Site site({}, tls);
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
    context.add_certificate_authority(boost::asio::buffer(tls.certificate_pem));
    context.set_verify_mode(boost::asio::ssl::verify_peer);
    for (const bool through_tunnel : {false, true}) {
        CAPTURE(through_tunnel);
        Wire wire(through_tunnel ? site.plain : site.secure);
        if (through_tunnel) {
            wire.send("CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
            CHECK(wire.read(39) == "HTTP/1.1 200 Connection established\r\n\r\n");
        }
        boost::asio::ssl::stream<tcp::socket&> stream(wire.socket, context);
        stream.handshake(boost::asio::ssl::stream_base::client);
        boost::asio::write(stream,
                           boost::asio::buffer(std::string_view(
                               "GET /tls HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
        std::string reply;
        boost::system::error_code error;
        boost::asio::read(stream, boost::asio::dynamic_buffer(reply), error);
        CHECK(reply.ends_with("tls"));
    }
    Site bare;
    CHECK(has(ask(bare, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), " 501 "));
}

TEST_CASE("http client: answers, and every way of getting none") {
    const net::TlsIdentity tls = identity();
    Site site({.body_bytes_max = 1024}, tls);
    net::HttpClient client({.answer_bytes_max = 64});
    const auto call = [&](const std::string& url, std::string body = "b",
                          Duration timeout = std::chrono::seconds{30}) {
        std::promise<protocols::CallbackResult> promise;
        client.send(
            {.url = url, .headers = {{"X", "y"}}, .body = std::move(body), .timeout = timeout},
            [&](protocols::CallbackResult result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    };
    const std::string plain = "http://" + site.plain.text();
    CHECK(call(plain + "/a?b=c").body == "POST /a?b=c b");
    CHECK(call("https://" + site.secure.text() + "/tls").body == "tls");
    CHECK(call(plain + "/204").status == 204);
    CHECK(has(call(plain + "/a", std::string(100, 'x')).failure, "no answer"));
    CHECK(has(call(plain + "/drop").failure, "no answer"));
    CHECK(has(call(plain + "/held", "b", std::chrono::milliseconds{20}).failure, "in time"));
    CHECK(has(call("http://127.0.0.1:1/").failure, "cannot connect"));
    CHECK(has(call("ftp://127.0.0.1/").failure, "neither"));
    CHECK(has(call("nonsense").failure, "absolute"));
    CHECK(has(call("http:///x").failure, "host"));
    CHECK(has(call("http://127.0.0.1/" + std::string(3'000, 'x')).failure, "longer"));
    net::HttpClient strict({.verifies_tls = true});
    std::promise<protocols::CallbackResult> promise;
    strict.send({.url = "https://" + site.secure.text() + "/"},
                [&](protocols::CallbackResult result) { promise.set_value(std::move(result)); });
    CHECK(has(promise.get_future().get().failure, "no TLS"));
}

TEST_CASE("http client: a host that hangs does not hold up another, and stopping ends all") {
    Site hanging;
    Site quick;
    net::HttpClient client({.per_host_max = 1});
    std::vector<std::future<protocols::CallbackResult>> stuck;
    for (int i = 0; i < 3; ++i) {
        auto promise = std::make_shared<std::promise<protocols::CallbackResult>>();
        stuck.push_back(promise->get_future());
        client.send(
            {.url = "http://" + hanging.plain.text() + "/held"},
            [promise](protocols::CallbackResult result) { promise->set_value(std::move(result)); });
    }
    std::promise<protocols::CallbackResult> promise;
    client.send({.url = "http://" + quick.plain.text() + "/a"},
                [&](protocols::CallbackResult result) { promise.set_value(std::move(result)); });
    CHECK(promise.get_future().get().status == 200);
    client.stop();
    for (auto& one : stuck) CHECK(has(one.get().failure, "stopping"));
}
