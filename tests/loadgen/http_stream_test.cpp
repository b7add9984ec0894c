// Bytes → HTTP messages: any pieces, and what is not read.
#include "loadgen/http_stream.h"

#include <doctest/doctest.h>

using namespace tuma::loadgen;

TEST_CASE("http stream: a message is the same in any two pieces, and the next one follows") {
    const std::string bytes =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: \t a b \r\n\r\nhello"
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        CAPTURE(cut);
        HttpMessageReader reader;
        std::vector<HttpMessage> messages;
        for (const std::string_view piece :
             {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
            reader.feed(piece);
            while (auto message = reader.take()) messages.push_back(std::move(*message));
        }

        REQUIRE(messages.size() == 2);
        CHECK(messages[0].status() == 200);
        CHECK(messages[0].body == "hello");
        CHECK(*messages[0].find("x-two") == "a b");
        CHECK(messages[1].status() == 404);
        CHECK(messages[1].body.empty());
        CHECK(!reader.is_within());
    }
}

TEST_CASE("http stream: a request without a length has no body, a 204 needs none") {
    HttpMessageReader reader;
    reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");

    const auto request = reader.take();
    REQUIRE(request.has_value());
    CHECK(request->status() == 0);
    CHECK(request->start_line == "GET / HTTP/1.1");
    CHECK(reader.take()->status() == 204);
}

TEST_CASE("http stream: what cannot be read is refused with a reason") {
    for (const char* bytes :
         {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
          "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
        CAPTURE(bytes);
        HttpMessageReader reader;
        reader.feed(bytes);
        CHECK(!reader.take().has_value());
        CHECK(!reader.problem().empty());
    }
    HttpMessageReader endless;
    endless.feed("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'));
    CHECK(!endless.take().has_value());
    CHECK(endless.problem() == "a head of more than 16 KiB");
}

TEST_CASE("http stream: who keeps the connection open") {
    struct Row {
        const char* start_line;
        const char* connection;
        bool keeps_open;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK", nullptr, true},      {"HTTP/1.1 200 OK", "close", false},
        {"HTTP/1.1 200 OK", "Close", false},     {"HTTP/1.0 200 OK", nullptr, false},
        {"HTTP/1.0 200 OK", "keep-alive", true}, {"POST / HTTP/1.0", nullptr, false}};
    for (const Row& row : rows) {
        CAPTURE(row.start_line);
        HttpMessage message;
        message.start_line = row.start_line;
        if (row.connection != nullptr) message.headers.emplace_back("Connection", row.connection);
        CHECK(message.keeps_open() == row.keeps_open);
    }
}
