// The HTTP listener under TLS, and tunnels that end in it.
#include "switch/http/byte_stream.h"
#include "tests/switch/http/certificate.h"
#include "tests/switch/http/http_world.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <string>
#include <vector>

using namespace tuma;
using test::echo;
using test::get;
using test::HttpWorld;
using test::post;
using test::RawClient;

namespace {

const test::Certificate& certificate() {
    static const test::Certificate made = test::make_certificate();
    return made;
}

net::HttpServer::Parts tls_parts() {
    auto tls = net::TlsContext::server(certificate().certificate_pem, certificate().key_pem);
    REQUIRE(tls);
    return {echo, *tls};
}

/// A client of Asio's own TLS, which verifies the server.
struct TlsClient {
    explicit TlsClient(boost::asio::ip::tcp::socket& socket, int version = TLS1_3_VERSION)
        : context(boost::asio::ssl::context::tls_client), stream(socket, setup(context, version)) {}

    static boost::asio::ssl::context& setup(boost::asio::ssl::context& context, int version) {
        context.add_certificate_authority(boost::asio::buffer(certificate().certificate_pem));
        context.set_verify_mode(boost::asio::ssl::verify_peer);
        SSL_CTX_set_max_proto_version(context.native_handle(), version);
        return context;
    }

    std::string exchange(const std::string& bytes) {
        boost::asio::write(stream, boost::asio::buffer(bytes));
        std::string answer;
        boost::system::error_code error;
        while (answer.find(']') == std::string::npos && !error) {
            char room[4096];
            const std::size_t count = stream.read_some(boost::asio::buffer(room), error);
            answer.append(room, count);
        }
        return answer;
    }

    boost::asio::ssl::context context;
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> stream;
};

std::string after_head(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("http tls: requests over TLS 1.2 and 1.3, on one connection, with long bodies") {
    HttpWorld world(tls_parts());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        RawClient raw(world.tls_endpoint);
        TlsClient client(raw.socket(), version);
        client.stream.handshake(boost::asio::ssl::stream_base::client);
        CHECK(SSL_version(client.stream.native_handle()) == version);
        for (const std::size_t size : {std::size_t{4}, std::size_t{500'000}}) {
            const std::string body(size, 'b');
            CHECK(after_head(client.exchange(post("/t", body))) ==
                  "POST /t host=a tls=1 [" + body + "]");
        }
    }
}

TEST_CASE("http tls: a session is resumed") {
    HttpWorld world(tls_parts());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        RawClient first_raw(world.tls_endpoint);
        TlsClient first(first_raw.socket(), version);
        first.stream.handshake(boost::asio::ssl::stream_base::client);
        first.exchange(get("/1"));  // with it come the tickets of TLS 1.3
        SSL_SESSION* session = SSL_get1_session(first.stream.native_handle());
        RawClient second_raw(world.tls_endpoint);
        TlsClient second(second_raw.socket(), version);
        SSL_set_session(second.stream.native_handle(), session);
        second.stream.handshake(boost::asio::ssl::stream_base::client);
        CHECK(SSL_session_reused(second.stream.native_handle()) == 1);
        CHECK(after_head(second.exchange(get("/2"))) == "GET /2 host=a tls=1 []");
        SSL_SESSION_free(session);
    }
}

TEST_CASE("http tls: a client's certificate is taken, whoever signed it, and http/1.1 is chosen") {
    HttpWorld world(tls_parts());
    const test::Certificate own = test::make_certificate();
    RawClient raw(world.tls_endpoint);
    TlsClient client(raw.socket());
    client.context.use_certificate(boost::asio::buffer(own.certificate_pem),
                                   boost::asio::ssl::context::pem);
    client.context.use_private_key(boost::asio::buffer(own.key_pem),
                                   boost::asio::ssl::context::pem);
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> stream(raw.socket(), client.context);
    const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(stream.native_handle(), protocols, sizeof(protocols) - 1);
    stream.handshake(boost::asio::ssl::stream_base::client);
    boost::asio::write(stream, boost::asio::buffer(get("/c", "Connection: close\r\n")));
    std::string answer;
    boost::system::error_code error;
    boost::asio::read(stream, boost::asio::dynamic_buffer(answer), error);
    CHECK(after_head(answer) == "GET /c host=a tls=1 []");
    CHECK(error == boost::asio::error::eof);
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(stream.native_handle(), &chosen, &length);
    CHECK(length == 8);
}

TEST_CASE("http tls: a client that speaks in the clear is told so") {
    HttpWorld world(tls_parts());
    RawClient client(world.tls_endpoint);
    client.send(get("/"));
    const auto reply = client.receive();
    REQUIRE(reply);
    CHECK(reply->status == 400);
    CHECK(reply->body == "this port speaks HTTP under TLS only\n");
    CHECK(client.is_ended());
}

TEST_CASE("http tls: what is neither, or comes too slowly, is disconnected") {
    HttpWorld world(tls_parts(), {.handshake_timeout = std::chrono::milliseconds{20}});
    RawClient nonsense(world.tls_endpoint);
    nonsense.send("nonsense\r\n\r\n");
    CHECK_FALSE(nonsense.receive());
    RawClient slow(world.tls_endpoint);
    slow.send("\x16\x03\x01");
    CHECK(slow.is_ended());
}

TEST_CASE("http tls: handshakes wait their turn") {
    HttpWorld world(tls_parts(), {.handshakes_max = 1});
    RawClient holder(world.tls_endpoint);
    holder.send("\x16\x03\x01");
    std::vector<std::unique_ptr<RawClient>> raws;
    std::vector<std::thread> threads;
    raws.reserve(4);
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) raws.push_back(std::make_unique<RawClient>(world.tls_endpoint));
    for (const auto& raw : raws)
        threads.emplace_back([&raw] {
            TlsClient client(raw->socket());
            client.stream.handshake(boost::asio::ssl::stream_base::client);
            CHECK(after_head(client.exchange(get("/"))) == "GET / host=a tls=1 []");
        });
    holder.socket().close();
    for (std::thread& thread : threads) thread.join();
}

TEST_CASE("http tls: CONNECT leads to this server under TLS") {
    HttpWorld world(tls_parts());
    RawClient raw = world.client();
    raw.send(get("/before") + "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
    CHECK(raw.receive()->body == "GET /before host=a tls=0 []");
    const auto connected = raw.receive();
    REQUIRE(connected);
    CHECK(connected->head == "HTTP/1.1 200 Connection established\r\n");
    TlsClient client(raw.socket());
    client.stream.handshake(boost::asio::ssl::stream_base::client);
    CHECK(after_head(client.exchange(post("/1", "a"))) == "POST /1 host=a tls=1 [a]");
    CHECK(after_head(client.exchange(post("/2", "b"))) == "POST /2 host=a tls=1 [b]");
    const std::string inside = client.exchange("CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n");
    CHECK(inside.starts_with("HTTP/1.1 501 "));
}

TEST_CASE("http tls: bytes sent right behind CONNECT belong to the tunnel") {
    HttpWorld world(tls_parts());
    RawClient client = world.client();
    client.send("CONNECT api.example:80 HTTP/1.1\r\nHost: api.example:80\r\n\r\n" + get("/in"));
    CHECK(client.receive()->status == 200);
    CHECK(client.receive()->body == "GET /in host=a tls=0 []");
    client.send(get("/more"));
    CHECK(client.receive()->body == "GET /more host=a tls=0 []");
}

TEST_CASE("http tls: CONNECT without a certificate gets 501 and the reason") {
    HttpWorld world({echo});
    RawClient client = world.client();
    client.send("CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
    const auto reply = client.receive();
    CHECK(reply->status == 501);
    CHECK(reply->body == "CONNECT needs a certificate, and this server was given none\n");
    CHECK(client.is_ended());
}

TEST_CASE("tls context: certificate, key and their match are checked") {
    const test::Certificate other = test::make_certificate();
    struct Row {
        std::string certificate;
        std::string key;
        const char* error;
    };
    const Row rows[] = {
        {"", "", "certificate: is no certificate in PEM"},
        {certificate().key_pem, certificate().key_pem, "certificate: is no certificate in PEM"},
        {certificate().certificate_pem, "x", "key: is no private key in PEM without a password"},
        {certificate().certificate_pem, other.key_pem, "key: does not belong to the certificate"},
    };
    for (const Row& row : rows) {
        const auto context = net::TlsContext::server(row.certificate, row.key);
        REQUIRE_FALSE(context);
        CHECK(context.error().text() == row.error);
    }
    CHECK(net::TlsContext::server(certificate().certificate_pem + other.certificate_pem,
                                  certificate().key_pem));
    CHECK(net::TlsContext::client(true, certificate().certificate_pem));
    CHECK_FALSE(net::TlsContext::client(true, "x"));
}
