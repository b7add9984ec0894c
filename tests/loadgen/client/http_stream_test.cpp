// The generator's end of a connection: answers and requests out of what a socket gives.
#include "loadgen/client/http_stream.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

/// A stream and what is at the other end of it.
struct Wire {
    Wire() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        stream = HttpStream(Socket(ends[0]));
        far_end = Socket(ends[1]);
    }

    /// The stream has got these bytes.
    void bring(std::string_view bytes) {
        REQUIRE(::write(far_end.descriptor(), bytes.data(), bytes.size()) ==
                static_cast<ssize_t>(bytes.size()));
        std::string reason;
        while (stream.receive(reason) == HttpStream::Reading::got) {
        }
        CHECK(reason.empty());
    }

    HttpStream stream;
    Socket far_end;
};

}  // namespace

TEST_CASE("http stream: an answer is the same in any two pieces, and the next one is read anew") {
    const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: \t a b \r\n\r\nhello";
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        Wire wire;
        wire.bring(std::string_view(bytes).substr(0, cut));
        CHECK(!wire.stream.take_answer().has_value());
        wire.bring(std::string_view(bytes).substr(cut));
        const auto answer = wire.stream.take_answer();

        REQUIRE(answer.has_value());
        CHECK(answer->status == 200);
        CHECK(answer->body == "hello");
        CHECK(*http::find(answer->headers, "x-two") == "a b");
        CHECK(wire.stream.keeps_open());

        wire.bring("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        REQUIRE(wire.stream.take_answer().value().status == 404);
    }
}

TEST_CASE("http stream: who may be asked again") {
    struct Row {
        const char* bytes;
        bool keeps_open;
    };
    const Row rows[] = {
        {"HTTP/1.1 204 No Content\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200", false}};
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        Wire wire;
        wire.bring(row.bytes);
        REQUIRE(wire.stream.take_answer().has_value());
        CHECK(wire.stream.keeps_open() == row.keeps_open);
    }
}

TEST_CASE("http stream: requests come one by one, however they arrive") {
    const std::string bytes =
        "POST /callback HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok"
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
        CAPTURE(cut);
        Wire wire;
        std::vector<http::HttpRequest> requests;
        for (const std::string_view piece :
             {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
            wire.bring(piece);
            while (auto request = wire.stream.take_request())
                requests.push_back(std::move(*request));
        }

        REQUIRE(requests.size() == 2);
        CHECK(requests[0].body == "ok");
        CHECK(requests[1].method == "GET");
    }
}

TEST_CASE("http stream: what cannot be read is refused at once, with a reason") {
    for (const char* bytes :
         {"mumble\n", "HTTP/2", "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
        CAPTURE(bytes);
        Wire wire;
        wire.bring(bytes);
        CHECK(!wire.stream.take_answer().has_value());
        CHECK(!wire.stream.problem().empty());
    }
    Wire server;
    server.bring("mumble");
    CHECK(!server.stream.take_request().has_value());
    CHECK(server.stream.problem() == "what was sent does not begin with a method");
}

TEST_CASE("http stream: the end of a connection has a reason") {
    Wire wire;
    wire.far_end.close();
    std::string reason;
    CHECK(wire.stream.receive(reason) == HttpStream::Reading::ended);
    CHECK(reason == "the server closed the connection");
}
