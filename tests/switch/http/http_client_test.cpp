// The HTTP client against our own listener and against servers that misbehave.
#include "switch/http/http_client.h"

#include "tests/switch/http/certificate.h"
#include "tests/switch/http/http_world.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace tuma;
using net::HttpCall;
using net::HttpClient;
using net::HttpFailureKind;
using net::HttpResult;
using test::echo;
using test::HttpWorld;
using test::Inbox;
using test::text_reply;

namespace {

HttpCall call_to(const std::string& url, std::string body = "{}") {
    HttpCall call;
    call.url = url;
    call.content.body = std::move(body);
    call.content.timeout = std::chrono::minutes{5};
    return call;
}

std::future<HttpResult> begin(HttpClient& client, HttpCall call) {
    auto promise = std::make_shared<std::promise<HttpResult>>();
    std::future<HttpResult> future = promise->get_future();
    client.send(std::move(call),
                [promise](HttpResult result) { promise->set_value(std::move(result)); });
    return future;
}

std::string url_of(const net::Endpoint& endpoint, const std::string& target = "/cb") {
    return "http://" + endpoint.text() + target;
}

/// Accepts one connection after the other, reads until an empty line, says its words and closes.
class Misbehaving {
public:
    explicit Misbehaving(std::string words)
        : words_(std::move(words)),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
          thread_([this] { serve(); }) {}
    ~Misbehaving() {
        ends_ = true;
        boost::asio::io_context context;
        boost::asio::ip::tcp::socket(context).connect(acceptor_.local_endpoint());
        thread_.join();
    }

    net::Endpoint endpoint() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

private:
    void serve() {
        while (true) {
            boost::asio::ip::tcp::socket socket = acceptor_.accept();
            if (ends_) return;
            std::string request;
            boost::system::error_code ignored;
            boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n{}",
                                    ignored);
            boost::asio::write(socket, boost::asio::buffer(words_), ignored);
        }
    }

    std::string words_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> ends_ = false;
    std::thread thread_;
};

}  // namespace

TEST_CASE("http client: POST and GET reach the server as they were given") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    HttpClient client({});
    HttpCall call = call_to(url_of(world.endpoint, "/cb?a=%7e&b"), "{\"a\":1}");
    call.content.headers = {{"Content-Type", "application/json"}, {"X-B", "1"}, {"x-a", "2"}};
    auto posted = begin(client, call);
    Inbox::Asked asked = inbox.next();
    CHECK(asked.request.method == "POST");
    CHECK(asked.request.target == "/cb?a=%7e&b");
    CHECK(asked.request.body == "{\"a\":1}");
    CHECK(asked.request.headers == http::Fields{{"Host", world.endpoint.text()},
                                                {"Content-Type", "application/json"},
                                                {"X-B", "1"},
                                                {"x-a", "2"},
                                                {"Content-Length", "7"}});
    http::HttpReply reply = text_reply("thanks");
    reply.status = 302;
    reply.headers = {{"Location", "/elsewhere"}};
    asked.responder.answer(reply);
    const HttpResult answer = posted.get();
    REQUIRE(answer);
    CHECK(answer->status == 302);
    CHECK(answer->body == "thanks");
    CHECK(*http::find(answer->headers, "location") == "/elsewhere");

    HttpCall get = call_to("http://localhost:" + std::to_string(world.endpoint.port) + "/g", "");
    get.content.method = "GET";
    auto got = begin(client, get);
    asked = inbox.next();
    CHECK(asked.request.method == "GET");
    CHECK(asked.request.find("Content-Length") == nullptr);
    asked.responder.answer(text_reply("got"));
    CHECK(got.get()->body == "got");
}

TEST_CASE("http client: a connection is used again, unless the server has closed it") {
    std::atomic<bool> closes = false;
    HttpWorld world({[&closes](const http::HttpRequest& request, net::HttpResponder responder) {
        http::HttpReply reply = text_reply(request.peer);
        reply.close = closes;
        responder.answer(std::move(reply));
    }});
    HttpClient client({.idle_timeout = std::chrono::minutes{5}});
    const std::string first = begin(client, call_to(url_of(world.endpoint))).get()->body;
    closes = true;
    const std::string second = begin(client, call_to(url_of(world.endpoint))).get()->body;
    const std::string third = begin(client, call_to(url_of(world.endpoint))).get()->body;
    CHECK(first == second);
    CHECK(second != third);
}

TEST_CASE("http client: under TLS, verified or not") {
    const test::Certificate certificate = test::make_certificate();
    const auto tls = net::TlsContext::server(certificate.certificate_pem, certificate.key_pem);
    REQUIRE(tls);
    HttpWorld world({echo, *tls});
    const std::string port = std::to_string(world.tls_endpoint.port);
    const auto trust = net::TlsContext::client(true, certificate.certificate_pem);
    REQUIRE(trust);
    HttpClient trusting({}, *trust);
    HttpClient strict({});
    struct Row {
        HttpClient& client;
        std::string host;
        bool verifies;
        bool works;
    };
    const Row rows[] = {
        {trusting, "127.0.0.1", true, true},  {trusting, "localhost", true, true},
        {trusting, "127.0.0.1", false, true}, {trusting, "x.localhost", true, false},
        {strict, "127.0.0.1", true, false},   {strict, "127.0.0.1", false, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        CAPTURE(row.verifies);
        for (int i = 0; i < 2; ++i) {
            HttpCall call = call_to("https://" + row.host + ":" + port + "/t");
            call.verify_tls = row.verifies;
            const HttpResult answer = begin(row.client, call).get();
            REQUIRE(answer.has_value() == row.works);
            if (row.works)
                CHECK(answer->body == "POST /t host=" + row.host + ":" + port + " tls=1 [{}]");
            else
                CHECK(answer.error().kind == HttpFailureKind::tls);
        }
    }
}

TEST_CASE("http client: what cannot be called fails with its kind") {
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    const std::uint16_t closed_port = acceptor.local_endpoint().port();
    acceptor.close();
    HttpClient client({});
    struct Row {
        std::string url;
        HttpFailureKind kind;
    };
    const Row rows[] = {
        {"ftp://a/", HttpFailureKind::bad_url},
        {"http://a b/", HttpFailureKind::bad_url},
        {"http://127.0.0.1:" + std::to_string(closed_port) + "/", HttpFailureKind::unreachable},
        {"http://localhost:" + std::to_string(closed_port) + "/", HttpFailureKind::unreachable},
        {"https://127.0.0.1:" + std::to_string(closed_port) + "/", HttpFailureKind::unreachable},
        // A label of more than 63 letters is refused before anybody is asked.
        {"http://" + std::string(64, 'a') + "/", HttpFailureKind::unresolved},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const HttpResult result = begin(client, call_to(row.url)).get();
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == row.kind);
    }
}

TEST_CASE("http client: servers that misbehave are told apart") {
    struct Row {
        std::string words;
        HttpFailureKind kind;
    };
    const Row rows[] = {
        {"", HttpFailureKind::closed},
        {"HTTP/1.1 200 OK\r\nContent-Len", HttpFailureKind::closed},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", HttpFailureKind::bad_answer},
        {"SSH-2.0-OpenSSH_9.2\r\n", HttpFailureKind::bad_answer},
        {"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", HttpFailureKind::too_long},
        {"HTTP/1.1 200 OK\r\n\r\n" + std::string(65'537, 'x'), HttpFailureKind::too_long},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'x'), HttpFailureKind::too_long},
    };
    HttpClient client({});
    for (const Row& row : rows) {
        CAPTURE(row.words.substr(0, 60));
        Misbehaving server(row.words);
        const HttpResult result = begin(client, call_to(url_of(server.endpoint()))).get();
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == row.kind);
    }
    Misbehaving closing("HTTP/1.0 200 OK\r\n\r\nto the end");
    CHECK(begin(client, call_to(url_of(closing.endpoint()))).get()->body == "to the end");
}

TEST_CASE("http client: the time runs out for a silent server, not for a call that waits") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    HttpClient client({.calls_max = 1});
    std::vector<std::future<HttpResult>> silent;
    for (int i = 0; i < 5; ++i) {
        HttpCall call = call_to(url_of(world.endpoint, "/silent"));
        call.content.timeout = std::chrono::milliseconds{300};
        silent.push_back(begin(client, call));
    }
    // It waits as long as it may take for its own answer.
    HttpCall last = call_to(url_of(world.endpoint, "/last"));
    last.content.timeout = std::chrono::milliseconds{1'500};
    auto waiting = begin(client, last);
    for (auto& call : silent) {
        const HttpResult result = call.get();
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == HttpFailureKind::timed_out);
        CHECK(result.error().reason == "there was no complete answer within 300ms");
    }
    Inbox::Asked asked = inbox.next();
    while (asked.request.target == "/silent") asked = inbox.next();
    asked.responder.answer(text_reply("at last"));
    CHECK(waiting.get()->body == "at last");
}

TEST_CASE("http client: calls to a host and in all are bounded, the rest waits or is refused") {
    Inbox busy;
    Inbox other;
    HttpWorld busy_world({busy.handler()});
    HttpWorld other_world({other.handler()});
    HttpClient client({.calls_max = 3, .calls_per_host_max = 2, .queued_max = 5});
    std::vector<std::future<HttpResult>> calls;
    std::vector<Inbox::Asked> asked;
    for (int i = 0; i < 2; ++i) {
        calls.push_back(begin(client, call_to(url_of(busy_world.endpoint))));
        asked.push_back(busy.next());
    }
    for (int i = 0; i < 4; ++i)
        calls.push_back(begin(client, call_to(url_of(busy_world.endpoint))));
    // Four wait for the busy host; the other host's is not held up by them.
    calls.push_back(begin(client, call_to(url_of(other_world.endpoint))));
    asked.push_back(other.next());
    calls.push_back(begin(client, call_to(url_of(other_world.endpoint))));
    const HttpResult refused = begin(client, call_to(url_of(other_world.endpoint))).get();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == HttpFailureKind::overloaded);
    CHECK(busy.size() == 0);
    CHECK(other.size() == 0);
    for (Inbox::Asked& one : asked) one.responder.answer(text_reply("ok"));
    for (int i = 0; i < 4; ++i) busy.next().responder.answer(text_reply("ok"));
    other.next().responder.answer(text_reply("ok"));
    for (auto& call : calls) CHECK(call.get()->body == "ok");
}

TEST_CASE("http client: many calls from many threads, each completed once") {
    HttpWorld world({echo}, {.io_threads = 2});
    HttpClient client({.calls_max = 8});
    std::vector<std::thread> threads;
    threads.reserve(4);
    std::atomic<int> right = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const std::string body = std::to_string(t) + "-" + std::to_string(i);
                const HttpResult answer =
                    begin(client, call_to(url_of(world.endpoint), body)).get();
                if (answer && answer->body.ends_with("[" + body + "]")) ++right;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(right == 200);
}

TEST_CASE("http client: stopping ends what is under way and what waits, and refuses the rest") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    HttpClient client({.calls_max = 1});
    auto begun = begin(client, call_to(url_of(world.endpoint)));
    const Inbox::Asked asked = inbox.next();
    auto waiting = begin(client, call_to(url_of(world.endpoint)));
    client.stop();
    auto late = begin(client, call_to(url_of(world.endpoint)));
    CHECK(begun.get().error().kind == HttpFailureKind::stopped);
    CHECK(waiting.get().error().kind == HttpFailureKind::not_begun);
    CHECK(late.get().error().kind == HttpFailureKind::not_begun);
}
