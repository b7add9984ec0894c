// Whose turn it is with the HTTP client: bounds a host, receivers that are slow, stopping.
#include "switch/http/http_client.h"
#include "tests/switch/http/http_world.h"
#include "tests/switch/http/slow_receiver.h"

#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace tuma;
using net::HttpCall;
using net::HttpClient;
using net::HttpContent;
using net::HttpFailureKind;
using net::HttpResult;
using test::SlowReceiver;

namespace {

using Futures = std::vector<std::future<HttpResult>>;

HttpCall callback_to(const std::string& url) {
    HttpCall call;
    call.url = url;
    call.content.body = "{}";
    call.content.timeout = std::chrono::minutes{5};
    return call;
}

std::future<HttpResult> sent(HttpClient& client, HttpCall call) {
    auto promise = std::make_shared<std::promise<HttpResult>>();
    std::future<HttpResult> future = promise->get_future();
    client.send(std::move(call),
                [promise](HttpResult result) { promise->set_value(std::move(result)); });
    return future;
}

std::size_t answered(Futures& futures) {
    std::size_t count = 0;
    for (auto& future : futures) count += future.get().has_value() ? 1U : 0U;
    return count;
}

/// Serves one connection until the client ends it, then the next, as small servers do; answers at
/// once.
class OneConnectionServer {
public:
    OneConnectionServer()
        : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
          thread_([this] { serve(); }) {}
    ~OneConnectionServer() {
        ends_ = true;
        boost::asio::io_context context;
        boost::asio::ip::tcp::socket(context).connect(acceptor_.local_endpoint());
        thread_.join();
    }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/cb";
    }

private:
    void serve() {
        while (true) {
            boost::asio::ip::tcp::socket socket = acceptor_.accept();
            if (ends_) return;
            std::string bytes;
            boost::system::error_code error;
            while (!error) {
                const std::size_t size = boost::asio::read_until(
                    socket, boost::asio::dynamic_buffer(bytes), "\r\n\r\n{}", error);
                if (error) break;
                bytes.erase(0, size);
                boost::asio::write(socket,
                                   boost::asio::buffer(
                                       std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
                                   error);
            }
        }
    }

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> ends_ = false;
    std::thread thread_;
};

}  // namespace

TEST_CASE("http client: 500 calls to a receiver that takes one at a time all get through") {
    for (const bool closes : {false, true}) {
        CAPTURE(closes);
        SlowReceiver receiver(closes);
        HttpClient client({});
        Futures calls;
        for (int i = 0; i < 500; ++i) calls.push_back(sent(client, callback_to(receiver.url())));
        receiver.answer_many(500);
        CHECK(answered(calls) == 500);
        CHECK(receiver.requests() == 500);
        CHECK(receiver.most_open() <= 16);
    }
}

TEST_CASE("http client: several names of one host share its connections") {
    SlowReceiver receiver(true);
    HttpClient client({.calls_per_host_max = 3}, nullptr, {}, [](const std::string& name) {
        return std::vector<std::string>{name == "b.test" ? "::ffff:127.0.0.1" : "127.0.0.1"};
    });
    const char* const hosts[] = {"127.0.0.1", "localhost", "A.localhost",
                                 "a.test",    "b.test",    "0.0.0.0"};
    Futures calls;
    for (int i = 0; i < 60; ++i) {
        HttpCall call = callback_to(receiver.url(hosts[i % 6]));
        call.goes_first = i % 7 == 0;
        calls.push_back(sent(client, std::move(call)));
    }
    receiver.answer_many(60);
    CHECK(answered(calls) == 60);
    CHECK(receiver.most_open() <= 3);
}

TEST_CASE("http client: a kept connection of another name gives way at the bound") {
    SlowReceiver receiver;
    HttpClient client({.calls_per_host_max = 1, .idle_timeout = std::chrono::minutes{5}});
    for (const char* host : {"127.0.0.1", "localhost", "127.0.0.1"}) {
        auto call = sent(client, callback_to(receiver.url(host)));
        receiver.answer_one();
        CHECK(call.get().has_value());
    }
    CHECK(receiver.most_open() == 1);
}

TEST_CASE("http client: a server of one connection at a time is not kept from the others") {
    OneConnectionServer server;
    HttpClient client({.idle_timeout = std::chrono::minutes{5}});
    Futures calls;
    for (int i = 0; i < 300; ++i) calls.push_back(sent(client, callback_to(server.url())));
    CHECK(answered(calls) == 300);
}

TEST_CASE("http client: receivers that never answer hold nobody else's calls up") {
    SlowReceiver quick;
    std::vector<std::unique_ptr<SlowReceiver>> dead;
    HttpClient client({});
    Futures unanswered;
    for (int i = 0; i < 20; ++i) {
        dead.push_back(std::make_unique<SlowReceiver>());
        for (int j = 0; j < 50; ++j)
            unanswered.push_back(sent(client, callback_to(dead.back()->url())));
    }
    for (const auto& receiver : dead) receiver->wait_for(2);
    Futures calls;
    for (int i = 0; i < 50; ++i) calls.push_back(sent(client, callback_to(quick.url())));
    quick.answer_many(50);
    CHECK(answered(calls) == 50);
    client.stop();
    CHECK(answered(unanswered) == 0);
}

TEST_CASE("http client: a full line for one host refuses its calls, not those of others") {
    SlowReceiver full;
    SlowReceiver other;
    HttpClient client({.calls_per_host_max = 1, .queued_per_host_max = 3});
    Futures calls;
    for (int i = 0; i < 5; ++i) {
        calls.push_back(sent(client, callback_to(full.url())));
        if (i == 0) full.wait_for(1);
    }
    const HttpResult refused = calls.back().get();
    calls.pop_back();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == HttpFailureKind::overloaded);
    CHECK(refused.error().reason == "3 calls wait for this host already");
    auto elsewhere = sent(client, callback_to(other.url()));
    other.answer_one();
    CHECK(elsewhere.get().has_value());
    full.answer_many(4);
    CHECK(answered(calls) == 4);
}

TEST_CASE("http client: a name that is looked up for long holds up only itself") {
    SlowReceiver receiver;
    std::promise<void> found;
    auto wait = found.get_future().share();
    HttpClient client({}, nullptr, {}, [wait](const std::string& name) {
        if (name == "slow.test") wait.wait();
        if (name == "none.test") return std::vector<std::string>{};
        return std::vector<std::string>{"127.0.0.1"};
    });
    auto slow = sent(client, callback_to(receiver.url("slow.test")));
    auto quick = sent(client, callback_to(receiver.url("quick.test")));
    receiver.answer_one();
    CHECK(quick.get().has_value());
    const HttpResult none = sent(client, callback_to(receiver.url("none.test"))).get();
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == HttpFailureKind::unresolved);
    found.set_value();
    receiver.answer_one();
    CHECK(slow.get().has_value());
}

TEST_CASE("http client: what is asked goes before what is told, and not when it is too late") {
    SlowReceiver receiver;
    HttpClient client({.calls_per_host_max = 1, .queued_per_host_max = 3});
    auto begun = sent(client, callback_to(receiver.url()));
    receiver.wait_for(1);
    std::vector<std::string> made;
    std::mutex mutex;
    const auto noting = [&](const char* word, bool goes_first) {
        HttpCall call = callback_to(receiver.url());
        call.goes_first = goes_first;
        call.at_turn = [&, word](const net::HttpContentReady& ready) {
            const std::lock_guard lock(mutex);
            made.emplace_back(word);
            ready(HttpContent{.body = "{}"});
        };
        return call;
    };
    Futures calls;
    calls.push_back(sent(client, noting("told", false)));
    calls.push_back(sent(client, noting("asked", true)));
    HttpCall late = noting("late", true);
    late.useless_at = net::Steady::now();
    auto too_late = sent(client, late);
    // One more has no place, which is said once the others stand in line.
    CHECK(sent(client, callback_to(receiver.url())).get().error().kind ==
          HttpFailureKind::overloaded);
    receiver.answer_many(3);
    CHECK(begun.get().has_value());
    CHECK(answered(calls) == 2);
    const HttpResult refused = too_late.get();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == HttpFailureKind::too_late);
    CHECK(fmt::format("{}", fmt::join(made, " ")) == "asked told");
}

TEST_CASE("http client: content is made at its turn, and may be withdrawn") {
    SlowReceiver receiver;
    HttpClient client({});
    HttpCall call = callback_to(receiver.url());
    call.at_turn = [](const net::HttpContentReady& ready) { ready(std::nullopt); };
    const HttpResult result = sent(client, call).get();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == HttpFailureKind::withdrawn);
    CHECK(receiver.requests() == 0);
}

TEST_CASE("http client: held, it ends what was sent and begins nothing more") {
    SlowReceiver receiver;
    HttpClient client({});
    Futures calls;
    for (int i = 0; i < 40; ++i) calls.push_back(sent(client, callback_to(receiver.url())));
    receiver.answer_many(10);
    receiver.wait_for(4);
    client.hold();
    CHECK(sent(client, callback_to(receiver.url())).get().error().kind ==
          HttpFailureKind::not_begun);
    std::atomic<bool> is_over = false;
    std::thread finishing([&] {
        CHECK(client.finish(std::chrono::minutes{5}));
        is_over = true;
    });
    while (!is_over)
        if (receiver.waiting() > 0) receiver.answer_one();
    finishing.join();
    std::size_t begun = 0;
    for (auto& call : calls) {
        const HttpResult result = call.get();
        if (result)
            ++begun;
        else
            CHECK(result.error().kind == HttpFailureKind::not_begun);
    }
    CHECK(begun >= 14);
    CHECK(begun < 40);
    CHECK(receiver.requests() == begun);
}

TEST_CASE("http client: an answer that comes byte by byte runs out of time like none") {
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    std::thread server([&] {
        boost::asio::ip::tcp::socket socket = acceptor.accept();
        boost::system::error_code error;
        std::string rest = "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n";
        while (!error) {
            boost::asio::write(socket, boost::asio::buffer(rest, 1), error);
            rest = rest.size() > 1 ? rest.substr(1) : "x";
            boost::asio::steady_timer(context, std::chrono::milliseconds{5}).wait();
        }
    });
    HttpClient client({});
    HttpCall call =
        callback_to("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/cb");
    call.content.timeout = std::chrono::milliseconds{300};
    const HttpResult result = sent(client, call).get();
    server.join();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == HttpFailureKind::timed_out);
    CHECK(result.error().reason == "there was no complete answer within 300ms");
}

TEST_CASE("http client: why there is no answer is said in words") {
    SlowReceiver silent;
    test::HttpWorld plain({test::echo});
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor gone(context, {boost::asio::ip::address_v4::loopback(), 0});
    const std::string closed_port = std::to_string(gone.local_endpoint().port());
    gone.close();
    struct Row {
        std::string url;
        HttpFailureKind kind;
        std::string reason;
    };
    const Row rows[] = {
        {"http://127.0.0.1:" + closed_port + "/", HttpFailureKind::unreachable,
         "there is no connection: Connection refused"},
        {"http://nowhere.test/", HttpFailureKind::unresolved, "the host's name has no address"},
        {"https://" + plain.endpoint.text() + "/", HttpFailureKind::tls,
         "the TLS handshake failed: wrong version number"},
        {"https://127.0.0.1:" + std::to_string(silent.port()) + "/", HttpFailureKind::tls,
         "the TLS handshake was not over within 300ms"},
        {"http://127.0.0.1:" + std::to_string(silent.port()) + "/", HttpFailureKind::timed_out,
         "there was no complete answer within 300ms"},
    };
    HttpClient client({}, nullptr, {},
                      [](const std::string&) { return std::vector<std::string>{}; });
    for (const Row& row : rows) {
        CAPTURE(row.url);
        HttpCall call = callback_to(row.url);
        call.verify_tls = false;
        call.content.timeout = std::chrono::milliseconds{300};
        const HttpResult result = sent(client, call).get();
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == row.kind);
        CHECK(result.error().reason == row.reason);
    }
}

TEST_CASE("http client: a request that meets the end of a kept connection is not sent twice") {
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    std::atomic<int> requests = 0;
    std::thread server([&] {
        boost::asio::ip::tcp::socket socket = acceptor.accept();
        std::string bytes;
        boost::system::error_code error;
        boost::asio::read_until(socket, boost::asio::dynamic_buffer(bytes), "\r\n\r\n{}", error);
        ++requests;
        const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        boost::asio::write(socket, boost::asio::buffer(answer), error);
        bytes.clear();
        boost::asio::read_until(socket, boost::asio::dynamic_buffer(bytes), "\r\n\r\n{}", error);
        ++requests;
    });
    HttpClient client({.idle_timeout = std::chrono::minutes{5}});
    const std::string url =
        "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/cb";
    CHECK(sent(client, callback_to(url)).get().has_value());
    const HttpResult second = sent(client, callback_to(url)).get();
    server.join();
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == HttpFailureKind::closed);
    CHECK(requests == 2);
}
