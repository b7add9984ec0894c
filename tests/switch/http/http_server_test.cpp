// The HTTP listener over real loopback sockets: requests, replies, order.
#include "switch/http/http_server.h"

#include "tests/switch/http/http_world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

using namespace tuma;
using test::echo;
using test::get;
using test::HttpWorld;
using test::Inbox;
using test::post;
using test::RawClient;
using test::text_reply;

TEST_CASE("http server: requests go over one connection, and the metrics count them") {
    HttpWorld world({echo});
    RawClient client = world.client();
    for (int i = 0; i < 3; ++i) {
        client.send(post("/p?a=%2f", "body"));
        const auto reply = client.receive();
        REQUIRE(reply);
        CHECK(reply->status == 200);
        CHECK(reply->body == "POST /p?a=%2f host=a tls=0 [body]");
        CHECK_FALSE(reply->closes());
    }
    CHECK(world.metrics.http_connections.value() == 1);
    CHECK(world.metrics.http_requests[1].value() == 3);
    CHECK(world.metrics.http_bytes_in.value() == 3 * post("/p?a=%2f", "body").size());
    CHECK(world.metrics.http_bytes_out.value() > 3 * 30);
    std::uint64_t timed = 0;
    for (std::size_t i = 0; i <= net::DurationHistogram::bucket_count; ++i)
        timed += world.metrics.http_request.bucket(i);
    CHECK(timed == 3);
}

TEST_CASE("http server: a request that comes in two pieces, cut anywhere, is a request") {
    HttpWorld world({echo});
    const std::string bytes = post("/p", "0123456789");
    RawClient client = world.client();
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        client.send(bytes.substr(0, cut));
        client.send(bytes.substr(cut));
        const auto reply = client.receive();
        REQUIRE(reply);
        CHECK(reply->body == "POST /p host=a tls=0 [0123456789]");
    }
}

TEST_CASE("http server: raw body and target reach the handler unchanged") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    std::string body;
    for (int i = 0; i < 256; ++i) body += static_cast<char>(i);
    RawClient client = world.client();
    client.send(post("/a//b/../c?q=%7e&&=%00;\xc3\xa9", body, "X-Sign: a  b\r\n"));
    Inbox::Asked asked = inbox.next();
    CHECK(asked.request.target == "/a//b/../c?q=%7e&&=%00;\xc3\xa9");
    CHECK(asked.request.body == body);
    CHECK(*asked.request.find("x-sign") == "a  b");
    CHECK(asked.request.peer.starts_with("127.0.0.1:"));
    asked.responder.answer(text_reply("ok"));
    CHECK(client.receive()->body == "ok");
}

TEST_CASE("http server: answers given out of order from other threads leave in order") {
    Inbox inbox;
    HttpWorld world({inbox.handler()}, {.io_threads = 2});
    constexpr int count = 16;
    RawClient client = world.client();
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += get("/" + std::to_string(i));
    client.send(bytes);
    std::vector<Inbox::Asked> asked;
    asked.reserve(count);
    for (int i = 0; i < count; ++i) asked.push_back(inbox.next());
    std::reverse(asked.begin(), asked.end());
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&asked, t] {
            for (std::size_t i = static_cast<std::size_t>(t); i < asked.size(); i += 4)
                asked[i].responder.answer(text_reply(asked[i].request.target));
        });
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < count; ++i) CHECK(client.receive()->body == "/" + std::to_string(i));
}

TEST_CASE("http server: no more than the allowed requests of a connection are in flight") {
    Inbox inbox;
    HttpWorld world({inbox.handler()}, {.pipelined_max = 2});
    RawClient client = world.client();
    std::string bytes;
    for (int i = 0; i < 50; ++i) bytes += get("/" + std::to_string(i));
    client.send(bytes);
    std::deque<Inbox::Asked> asked;
    for (int i = 0; i < 50; ++i) {
        asked.push_back(inbox.next());
        if (i == 0) continue;
        CHECK(inbox.size() == 0);
        asked.front().responder.answer(text_reply(asked.front().request.target));
        asked.pop_front();
        CHECK(client.receive()->body == "/" + std::to_string(i - 1));
    }
    asked.front().responder.answer(text_reply("last"));
    CHECK(client.receive()->body == "last");
}

TEST_CASE("http server: a request that nobody answers gets 500") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    RawClient client = world.client();
    client.send(get("/1") + get("/2"));
    { const Inbox::Asked dropped = inbox.next(); }
    inbox.next().responder.answer(text_reply("second"));
    const auto first = client.receive();
    CHECK(first->status == 500);
    CHECK(first->body == "the request was left unanswered\n");
    CHECK(client.receive()->body == "second");
}

TEST_CASE("http server: a responder answers once, moved or not, and may outlive the server") {
    Inbox inbox;
    std::optional<HttpWorld> world;
    world.emplace(net::HttpServer::Parts{inbox.handler()});
    RawClient client = world->client();
    client.send(get("/1") + get("/2"));
    Inbox::Asked first = inbox.next();
    Inbox::Asked second = inbox.next();
    net::HttpResponder moved = std::move(first.responder);
    moved.answer(text_reply("one"));
    CHECK(client.receive()->body == "one");
    world.reset();
    CHECK(client.is_ended());
    second.responder.answer(text_reply("too late"));
}

TEST_CASE("http server: HEAD has the length and no body") {
    HttpWorld world({echo});
    RawClient client = world.client();
    client.send("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" + get("/g"));
    const auto reply = client.receive(true);
    CHECK(reply->head.find("Content-Length: 23\r\n") != std::string::npos);
    CHECK(client.receive()->body == "GET /g host=a tls=0 []");
}

TEST_CASE("http server: HTTP/1.0 is closed unless it asks to stay") {
    HttpWorld world({echo});
    RawClient client = world.client();
    client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto first = client.receive();
    CHECK(first->head.find("\r\nConnection: keep-alive\r\n") != std::string::npos);
    client.send("GET /2 HTTP/1.0\r\n\r\n");
    const auto second = client.receive();
    CHECK(second->body == "GET /2 host= tls=0 []");
    CHECK(second->closes());
    CHECK(client.is_ended());
}

TEST_CASE("http server: Connection: close is obeyed, and what follows is not read") {
    HttpWorld world({echo});
    RawClient client = world.client();
    client.send(get("/1", "Connection: close\r\n") + get("/2"));
    const auto reply = client.receive();
    CHECK(reply->closes());
    CHECK(client.is_ended());
    CHECK(world.metrics.http_requests[1].value() == 1);
}

TEST_CASE("http server: a client that waits for 100 Continue gets it before it sends the body") {
    HttpWorld world({echo});
    RawClient client = world.client();
    const std::string head =
        "POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    client.send(head);
    CHECK(client.receive()->head == "HTTP/1.1 100 Continue\r\n");
    client.send("body");
    CHECK(client.receive()->body == "POST /c host=a tls=0 [body]");
    client.send(head + "body");
    CHECK(client.receive()->body == "POST /c host=a tls=0 [body]");
}

TEST_CASE("http server: 100 Continue keeps its place among the replies") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    RawClient client = world.client();
    client.send(get("/1") +
                "POST /2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    inbox.next().responder.answer(text_reply("first"));
    CHECK(client.receive()->body == "first");
    CHECK(client.receive()->status == 100);
    client.send("body");
    Inbox::Asked second = inbox.next();
    CHECK(second.request.body == "body");
    second.responder.answer(text_reply("second"));
    CHECK(client.receive()->body == "second");
}

TEST_CASE("http server: a refused Expect is answered without 100 Continue") {
    HttpWorld world({echo});
    RawClient client = world.client();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
    CHECK(client.receive()->status == 413);
    CHECK(client.is_ended());
}

TEST_CASE("http server: absolute-form targets and chunked bodies") {
    HttpWorld world({echo});
    RawClient client = world.client();
    client.send(
        "POST https://sandbox.example.com/v1_0/apiuser HTTP/1.1\r\nhost: sandbox.example.com\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK(client.receive()->body == "POST /v1_0/apiuser host=sandbox.example.com tls=0 [abcde]");
}

TEST_CASE("http server: bad requests get 400 and the connection's end, after earlier answers") {
    HttpWorld world({echo});
    const std::string rows[] = {
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/3.0\r\n\r\n",
        "\x16\x03\x01",
        "hello\r\n",
    };
    for (const std::string& row : rows) {
        CAPTURE(row);
        RawClient client = world.client();
        client.send(get("/good") + row);
        CHECK(client.receive()->status == 200);
        const auto bad = client.receive();
        REQUIRE(bad);
        CHECK(bad->status == 400);
        CHECK(bad->closes());
        CHECK(client.is_ended());
    }
    CHECK(world.metrics.http_requests[3].value() == 5);
}

TEST_CASE("http server: a body longer than its Content-Length is not executed") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    RawClient client = world.client();
    // A real client counts UTF-16 units, and so names a length that is too small.
    client.send(
        "POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{\"a\":\"\xc3\xa4\"}\"}");
    const auto reply = client.receive();
    REQUIRE(reply);
    CHECK(reply->status == 400);
    CHECK(reply->closes());
    CHECK(client.is_ended());
    CHECK(inbox.size() == 0);
}

TEST_CASE("http server: stray bytes that come later are refused in their place") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    RawClient client = world.client();
    client.send(post("/pay", "body"));
    Inbox::Asked asked = inbox.next();
    client.send("\"}");
    asked.responder.answer(text_reply("paid"));
    CHECK(client.receive()->body == "paid");
    CHECK(client.receive()->status == 400);
    CHECK(client.is_ended());
}

TEST_CASE("http server: a client that ends its side still gets its answers") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    RawClient client = world.client();
    client.send(get("/1"));
    client.end_sending();
    inbox.next().responder.answer(text_reply("one"));
    const auto reply = client.receive();
    CHECK(reply->body == "one");
    CHECK(client.is_ended());
    RawClient early = world.client();
    early.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
    early.end_sending();
    CHECK(early.receive()->status == 400);
}

TEST_CASE("http server: an answer may be dropped, held back, or be the last") {
    HttpWorld world({[](const http::HttpRequest& request, net::HttpResponder responder) {
        http::HttpReply reply = text_reply(request.target);
        reply.drop = request.target == "/drop";
        reply.close = request.target == "/close";
        if (request.target == "/late") reply.delay = std::chrono::milliseconds{20};
        responder.answer(std::move(reply));
    }});
    RawClient late = world.client();
    late.send(get("/late") + get("/next"));
    CHECK(late.receive()->body == "/late");
    CHECK(late.receive()->body == "/next");
    RawClient closed = world.client();
    closed.send(get("/1") + get("/close") + get("/2"));
    CHECK(closed.receive()->body == "/1");
    CHECK(closed.receive()->closes());
    CHECK(closed.is_ended());
    RawClient dropped = world.client();
    dropped.send(get("/1") + get("/drop") + get("/2"));
    CHECK(dropped.receive()->body == "/1");
    CHECK(dropped.is_ended());
}

TEST_CASE("http server: long bodies pass in both directions, pipelined") {
    HttpWorld world({[](http::HttpRequest request, net::HttpResponder responder) {
        responder.answer(text_reply(std::move(request.body)));
    }});
    RawClient client = world.client();
    const std::string body(1U << 20U, 'x');
    std::thread sender([&] {
        for (int i = 0; i < 20; ++i) client.send(post("/", body));
    });
    for (int i = 0; i < 20; ++i) {
        const auto reply = client.receive();
        REQUIRE(reply);
        CHECK(reply->body == body);
    }
    sender.join();
}

TEST_CASE("http server: transport errors are rendered as the gateway wants") {
    HttpWorld world({echo, nullptr, [](int status, std::string_view reason) {
                         http::HttpReply reply;
                         reply.status = status == 400 ? 418 : status;
                         reply.headers = {{"Content-Type", "application/json"}};
                         reply.body = "{\"message\":\"" + std::string(reason) + "\"}";
                         return reply;
                     }});
    RawClient client = world.client();
    client.send("GET / HTTP/1.1\r\n\r\n");
    const auto reply = client.receive();
    CHECK(reply->status == 418);
    CHECK(reply->body == R"({"message":"a request in HTTP/1.1 has exactly one Host"})");
}
