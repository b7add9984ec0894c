// Each limit of the HTTP listener and what a client gets that exceeds it; stopping.
#include "tests/switch/http/http_world.h"

#include <doctest/doctest.h>

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

namespace {

constexpr std::chrono::milliseconds soon{20};

void check_refused(RawClient& client, int status, const std::string& reason) {
    const auto reply = client.receive();
    REQUIRE(reply);
    CHECK(reply->status == status);
    CHECK(reply->body == reason + "\n");
    CHECK(reply->closes());
    CHECK(client.is_ended());
}

}  // namespace

TEST_CASE("http limits: a header that is not complete in time gets 408") {
    HttpWorld world({echo}, {.header_timeout = soon});
    RawClient client = world.client();
    client.send("GET / HTTP/1.1\r\nHost:");
    check_refused(client, 408, "the header came too slowly");
}

TEST_CASE("http limits: a body that is not complete in time gets 408") {
    HttpWorld world({echo}, {.body_timeout = soon});
    RawClient client = world.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nbody");
    check_refused(client, 408, "the body came too slowly");
    RawClient waiting = world.client();
    waiting.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(waiting.receive()->status == 100);
    check_refused(waiting, 408, "the body came too slowly");
}

TEST_CASE("http limits: an idle connection is closed without a word") {
    HttpWorld world({echo}, {.idle_timeout = soon});
    RawClient fresh = world.client();
    CHECK(fresh.is_ended());
    RawClient used = world.client();
    used.send(get("/"));
    CHECK(used.receive()->status == 200);
    CHECK(used.is_ended());
}

TEST_CASE("http limits: a handler that does not answer in time is answered for, once") {
    Inbox inbox;
    HttpWorld world({inbox.handler()}, {.reply_timeout = soon});
    RawClient client = world.client();
    client.send(get("/1") + get("/2"));
    Inbox::Asked first = inbox.next();
    Inbox::Asked second = inbox.next();
    check_refused(client, 503, "no answer in time; the outcome is unknown");
    first.responder.answer(text_reply("late"));
    second.responder.answer(text_reply("late"));
    RawClient other = world.client();
    other.send(get("/3"));
    inbox.next().responder.answer(text_reply("three"));
    CHECK(other.receive()->body == "three");
}

TEST_CASE("http limits: a client that does not read is disconnected") {
    HttpWorld world({[](const http::HttpRequest&, net::HttpResponder responder) {
                        responder.answer(text_reply(std::string(32U << 20U, 'x')));
                    }},
                    {.write_timeout = soon});
    RawClient client = world.client();
    client.send(get("/"));
    // The listener has no other connection, so this one's room is free once it was cut off.
    world.server.stop_accepting();
    world.server.stop_reading();
    CHECK(world.server.finish(std::chrono::minutes{5}));
    CHECK_FALSE(client.receive());
}

TEST_CASE("http limits: header and body have their longest") {
    HttpWorld world({echo}, {.message = {.header_bytes_max = 100, .body_bytes_max = 10}});
    RawClient header = world.client();
    header.send(get("/", "A: " + std::string(100, 'x')));
    check_refused(header, 431, "the header is too long");
    RawClient body = world.client();
    body.send(post("/", "01234567890"));
    check_refused(body, 413, "the body is too long");
    RawClient fits = world.client();
    fits.send(post("/", "0123456789"));
    CHECK(fits.receive()->status == 200);
}

TEST_CASE("http limits: a refused client that goes on sending still reads why") {
    HttpWorld world({echo});
    RawClient client = world.client();
    std::thread sender([&client] {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
        client.send(std::string(8'000'000, 'x'));
    });
    const auto reply = client.receive();
    sender.join();
    REQUIRE(reply);
    CHECK(reply->status == 413);
}

TEST_CASE("http limits: a connection too many gets 503, and then there is room again") {
    HttpWorld world({echo}, {.connections_max = 2});
    RawClient first = world.client();
    RawClient second = world.client();
    for (RawClient* client : {&first, &second}) {
        client->send(get("/"));
        CHECK(client->receive()->status == 200);
    }
    RawClient third = world.client();
    check_refused(third, 503, "too many connections are open");
    first.send(get("/", "Connection: close\r\n"));
    CHECK(first.receive()->status == 200);
    first.socket().close();
    while (true) {
        RawClient next = world.client();
        next.send(get("/"));
        const auto reply = next.receive();
        if (reply && reply->status == 200) break;
    }
}

TEST_CASE("http limits: bodies that do not fit into the memory get 503 and are not executed") {
    Inbox inbox;
    HttpWorld world({inbox.handler()}, {.memory_bytes_max = 1'000});
    RawClient holder = world.client();
    holder.send(post("/1", std::string(1'000, 'x')));
    Inbox::Asked held = inbox.next();
    RawClient client = world.client();
    client.send(post("/2", "body"));
    check_refused(client, 503, "too many requests are under way; this one was not executed");
    CHECK(inbox.size() == 0);
    RawClient bodiless = world.client();
    bodiless.send(get("/3"));
    inbox.next().responder.answer(text_reply("three"));
    CHECK(bodiless.receive()->status == 200);
    held.responder.answer(text_reply("one"));
    CHECK(holder.receive()->body == "one");
    holder.send(post("/4", "body"));
    inbox.next().responder.answer(text_reply("four"));
    CHECK(holder.receive()->body == "four");
}

TEST_CASE("http limits: a connection with work under way is read further when there is memory") {
    Inbox inbox;
    HttpWorld world({inbox.handler()}, {.memory_bytes_max = 1'000});
    RawClient holder = world.client();
    holder.send(post("/1", std::string(1'000, 'x')) + get("/2"));
    Inbox::Asked held = inbox.next();
    RawClient other = world.client();
    other.send(get("/3"));
    Inbox::Asked next = inbox.next();
    CHECK(next.request.target == "/3");
    next.responder.answer(text_reply("three"));
    CHECK(other.receive()->body == "three");
    CHECK(world.server.memory_bytes() >= 1'000);
    held.responder.answer(text_reply("one"));
    CHECK(holder.receive()->body == "one");
    inbox.next().responder.answer(text_reply("two"));
    CHECK(holder.receive()->body == "two");
}

TEST_CASE("http server: stopping answers what is in flight and refuses what was begun") {
    Inbox inbox;
    HttpWorld world({inbox.handler()}, {.io_threads = 2});
    RawClient waiting = world.client();
    RawClient begun = world.client();
    RawClient idle = world.client();
    waiting.send(get("/1"));
    Inbox::Asked asked = inbox.next();
    idle.send(get("/2"));
    inbox.next().responder.answer(text_reply("two"));
    CHECK(idle.receive()->status == 200);
    begun.send(post("/3", "3") + "POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
    inbox.next().responder.answer(text_reply("three"));
    CHECK(begun.receive()->status == 200);

    world.server.stop_accepting();
    world.server.stop_reading();
    CHECK(idle.is_ended());
    check_refused(begun, 503, "the server is shutting down; the request was not executed");
    asked.responder.answer(text_reply("one"));
    CHECK(world.server.finish(std::chrono::minutes{5}));
    const auto reply = waiting.receive();
    REQUIRE(reply);
    CHECK(reply->body == "one");
    CHECK(reply->closes());
}

TEST_CASE("http server: finishing does not wait for ever for an answer") {
    Inbox inbox;
    HttpWorld world({inbox.handler()});
    RawClient client = world.client();
    client.send(get("/1"));
    const Inbox::Asked asked = inbox.next();
    world.server.stop_accepting();
    world.server.stop_reading();
    CHECK_FALSE(world.server.finish(soon));
    CHECK(client.is_ended());
}
