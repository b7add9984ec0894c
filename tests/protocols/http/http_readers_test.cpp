// Requests and answers read from bytes in every split; what is refused, with its status.
#include "protocols/http/http_readers.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using net::HttpReadState;
using net::RequestReader;
using net::ResponseReader;

namespace {

const net::HttpMessageLimits usual;

const std::string chunked_post =
    "POST /a?b=%7E&c=%e4%00 HTTP/1.1\r\nhost: shop.example:81\r\nX-One: 1\r\nTransfer-Encoding: "
    "chunked\r\nx-two:  2 \r\nX-One: again\r\n\r\n"
    "3;why=\"x\"\r\na\r\n\r\nA\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n";
const std::string sized_post =
    "POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n{\"\xc3\xa4\"}";

struct ReadResult {
    HttpReadState state;
    std::size_t used = 0;
    int status = 0;
};

ReadResult read(RequestReader& reader, const std::vector<std::string_view>& pieces) {
    ReadResult result{HttpReadState::idle};
    for (const std::string_view piece : pieces) {
        if (piece.empty()) continue;
        const std::size_t used = reader.feed(piece);
        result.used += used;
        result.state = reader.state();
        if (result.state == HttpReadState::refused) result.status = reader.refusal().status;
        if (result.state == HttpReadState::refused || result.state == HttpReadState::complete)
            break;
        CHECK(used == piece.size());
    }
    return result;
}

ReadResult read_whole(const std::string& bytes) {
    RequestReader reader(usual);
    return read(reader, {bytes});
}

ReadResult read_bytewise(const std::string& bytes) {
    RequestReader reader(usual);
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        pieces.push_back(std::string_view(bytes).substr(i, 1));
    return read(reader, pieces);
}

http::HttpRequest request_of(const std::string& bytes) {
    RequestReader reader(usual);
    REQUIRE(read(reader, {bytes}).state == HttpReadState::complete);
    return reader.take();
}

}  // namespace

TEST_CASE("request reader: a request is the same in every split, and what follows it stays") {
    for (const std::string& request : {chunked_post, sized_post}) {
        const http::HttpRequest whole = request_of(request);
        const std::string bytes = request + "GET";
        for (std::size_t first = 0; first <= request.size(); ++first) {
            for (const std::size_t second : {first, (first + bytes.size()) / 2}) {
                CAPTURE(first);
                CAPTURE(second);
                RequestReader reader(usual);
                const std::string_view view = bytes;
                const ReadResult result =
                    read(reader, {view.substr(0, first), view.substr(first, second - first),
                                  view.substr(second)});
                REQUIRE(result.state == HttpReadState::complete);
                CHECK(result.used == request.size());
                const http::HttpRequest split = reader.take();
                CHECK(split.target == whole.target);
                CHECK(split.headers == whole.headers);
                CHECK(split.body == whole.body);
            }
        }
        CHECK(read_bytewise(request).state == HttpReadState::complete);
    }
}

TEST_CASE("request reader: target, fields and body are kept as they were sent") {
    const http::HttpRequest chunked = request_of(chunked_post);
    CHECK(chunked.method == "POST");
    CHECK(chunked.target == "/a?b=%7E&c=%e4%00");
    CHECK(chunked.host == "shop.example:81");
    CHECK(chunked.headers == http::Fields{{"host", "shop.example:81"},
                                          {"X-One", "1"},
                                          {"Transfer-Encoding", "chunked"},
                                          {"x-two", "2"},
                                          {"X-One", "again"}});
    CHECK(chunked.body == "a\r\n0123456789");
    CHECK(request_of(sized_post).body == "{\"\xc3\xa4\"}");
}

TEST_CASE("request reader: an incomplete request is not complete") {
    for (const std::string& request : {chunked_post, sized_post})
        for (std::size_t length = 0; length < request.size(); ++length) {
            const ReadResult result = read_whole(request.substr(0, length));
            CHECK(result.state != HttpReadState::complete);
            CHECK(result.state != HttpReadState::refused);
        }
}

TEST_CASE("request reader: target and host of each form of target") {
    struct Row {
        const char* start;
        const char* host;
        const char* target;
        const char* expected_host;
    };
    const Row rows[] = {
        {"GET /x?y", "a:1", "/x?y", "a:1"},
        {"POST https://sandbox.example.com/v1/api?x=1", "other", "/v1/api?x=1",
         "sandbox.example.com"},
        {"GET http://a.example:8080", "b", "/", "a.example:8080"},
        {"GET HTTP://a.example?q=/", "b", "/?q=/", "a.example"},
        {"OPTIONS *", "a", "*", "a"},
        {"CONNECT a.example:443", "a.example", "a.example:443", "a.example:443"},
        {"DELETE //x//", "a", "//x//", "a"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.start);
        const http::HttpRequest request =
            request_of(std::string(row.start) + " HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n");
        CHECK(request.target == row.target);
        CHECK(request.host == row.expected_host);
    }
}

namespace {

void check_refused(const std::vector<std::string>& rows) {
    for (const std::string& row : rows) {
        CAPTURE(row.substr(0, 200));
        const ReadResult whole = read_whole(row);
        CHECK(whole.state == HttpReadState::refused);
        CHECK(whole.status == 400);
        const ReadResult bytewise = read_bytewise(row);
        CHECK(bytewise.state == HttpReadState::refused);
        CHECK(bytewise.status == 400);
    }
}

const std::string begun_get = "GET / HTTP/1.1\r\nHost: a\r\n";
const std::string begun_post = "POST / HTTP/1.1\r\nHost: a\r\n";

}  // namespace

TEST_CASE("request reader: a body of doubtful length is refused") {
    const std::string& post = begun_post;
    check_refused({
        post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        post + "Content-Length: 3, 3\r\n\r\nabc",
        post + "Content-Length: +3\r\n\r\nabc",
        post + "Content-Length: -1\r\n\r\nabc",
        post + "Content-Length: 0x3\r\n\r\nabc",
        post + "Content-Length: 3 \t3\r\n\r\nabc",
        post + "Content-Length:\r\n\r\nabc",
        post + "Content-Length: 18446744073709551619\r\n\r\nabc",
        post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    });
}

TEST_CASE("request reader: a header that parsers read differently is refused") {
    using namespace std::string_literals;
    const std::string& get = begun_get;
    check_refused({
        get + "A: b\r\n folded\r\n\r\n",
        get + " A: b\r\n\r\n",
        get + "A : b\r\n\r\n",
        get + "A\t: b\r\n\r\n",
        get + ": b\r\n\r\n",
        get + "A\r\n\r\n",
        get + "A: b\nC: d\r\n\r\n",
        get + "A: b\rC: d\r\n\r\n",
        get + "A: \0b\r\n\r\n"s,
        get + "A\0: b\r\n\r\n"s,
        get + "A: \x01\r\n\r\n",
        get + "Host: b\r\n\r\n",
    });
}

TEST_CASE("request reader: what begins no request is refused") {
    check_refused({
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
        "get / HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02",
        "\"}",
        "}",
    });
}

TEST_CASE("request reader: a chunk of doubtful size is refused") {
    const std::string chunked = begun_post + "Transfer-Encoding: chunked\r\n\r\n";
    check_refused({
        chunked + "x\r\n\r\n",
        chunked + "\r\n\r\n0",
        chunked + "-1\r\n\r\n",
        chunked + "0x1\r\na\r\n0\r\n\r\n",
        chunked + "11111111111111111\r\na\r\n",
        chunked + "1\r\nab\r\n0\r\n\r\n",
        chunked + "1 \r\na\r\n0\r\n\r\n",
        chunked + "1\na\r\n0\r\n\r\n",
        chunked + "1\r\na\n0\r\n\r\n",
        chunked + "1;=\r\na\r\n0\r\n\r\n",
        chunked + "0\r\nA : b\r\n\r\n",
        chunked + "1;" + std::string(17'000, 'x'),
    });
}

TEST_CASE("request reader: each limit has its status, and what just fits is taken") {
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    const std::string fits =
        get + "A: " + std::string(16 * 1024 - get.size() - 7, 'x') + "\r\n\r\n";
    std::string fields;
    for (int i = 0; i < 99; ++i) fields += "A: b\r\n";
    const std::string mib(1U << 20U, 'x');
    struct Row {
        std::string bytes;
        int status;  ///< 0: complete
    };
    const Row rows[] = {
        {fits, 0},
        {get + "A: x" + fits.substr(get.size() + 3), 431},
        {get + "A: " + std::string(20'000, 'x'), 431},
        {get + fields + "\r\n", 0},
        {get + fields + "A: b\r\n\r\n", 431},
        {post + "Content-Length: 1048576\r\n\r\n" + mib, 0},
        {post + "Content-Length: 1048577\r\n\r\n", 413},
        {post + "Content-Length: 999999999999999999\r\n\r\n", 413},
        {post + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + mib + "\r\n0\r\n\r\n", 0},
        {post + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + mib + "\r\n1\r\n", 413},
        {post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413},
        {post + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes.substr(0, 100));
        const ReadResult whole = read_whole(row.bytes);
        CHECK(whole.status == row.status);
        CHECK((whole.state == HttpReadState::complete) == (row.status == 0));
    }
}

TEST_CASE("request reader: empty lines before a request are skipped in every split") {
    const std::string bytes = "\r\n\r\nGET / HTTP/1.0\r\n\r\n";
    CHECK(read_whole(bytes).state == HttpReadState::complete);
    CHECK(read_bytewise(bytes).state == HttpReadState::complete);
}

TEST_CASE("request reader: keeping open and waiting for 100 Continue") {
    struct Row {
        const char* bytes;
        bool keeps_open;
        bool expects_continue;
    };
    const Row rows[] = {
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n", true,
         true},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\n", false,
         false},
        {"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", false, false},
        {"POST / HTTP/1.0\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n", true, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        RequestReader reader(usual);
        reader.feed(row.bytes);
        REQUIRE(reader.state() == HttpReadState::body);
        CHECK(reader.keeps_open() == row.keeps_open);
        CHECK(reader.expects_continue() == row.expects_continue);
        CHECK(reader.is_http_1_0() == (std::string(row.bytes).find("1.0") != std::string::npos));
    }
}

namespace {

std::string answer_text(const http::HttpAnswer& answer) {
    std::string text = std::to_string(answer.status);
    for (const auto& [name, value] : answer.headers)
        text.append(" ").append(name).append("=").append(value);
    return text + " " + answer.body;
}

}  // namespace

TEST_CASE("response reader: an answer is the same in every split") {
    const std::string rows[] = {
        "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: "
        "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n",
        "HTTP/1.0 500 \r\nContent-Length: 0\r\n\r\n",
    };
    for (const std::string& bytes : rows) {
        ResponseReader whole(usual);
        whole.feed(bytes);
        REQUIRE(whole.state() == HttpReadState::complete);
        const std::string expected = answer_text(whole.take());
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            CAPTURE(cut);
            ResponseReader reader(usual);
            reader.feed(bytes.substr(0, cut));
            REQUIRE(reader.state() != HttpReadState::complete);
            reader.feed(bytes.substr(cut));
            REQUIRE(reader.state() == HttpReadState::complete);
            CHECK(answer_text(reader.take()) == expected);
        }
    }
}

TEST_CASE("response reader: an answer without length ends with the connection") {
    ResponseReader reader(usual);
    reader.feed("HTTP/1.1 200 OK\r\n\r\nabc");
    reader.feed("def");
    CHECK(reader.state() == HttpReadState::body);
    reader.end();
    REQUIRE(reader.state() == HttpReadState::complete);
    CHECK_FALSE(reader.keeps_open());
    CHECK(reader.take().body == "abcdef");
}

TEST_CASE("response reader: keeps open what ends where it said and says nothing else") {
    struct Row {
        const char* bytes;
        bool keeps_open;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", false},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        ResponseReader reader(usual);
        reader.feed(row.bytes);
        REQUIRE(reader.state() == HttpReadState::complete);
        CHECK(reader.keeps_open() == row.keeps_open);
    }
}

TEST_CASE("response reader: what is no answer, too long or cut off is refused") {
    const net::HttpMessageLimits small{
        .header_bytes_max = 200, .fields_max = 3, .body_bytes_max = 10};
    struct Row {
        std::string bytes;
        bool ends;
        int status;
    };
    const Row rows[] = {
        {"SSH-2.0-OpenSSH\r\n", false, 400},
        {"mumble\n", false, 400},
        {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", false, 413},
        {"HTTP/1.1 200 OK\r\n\r\n01234567890", false, 413},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n", false, 413},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(300, 'x'), false, 431},
        {"HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", false, 431},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", true, 400},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", true, 400},
        {"HTTP/1.1 200", true, 400},
        {"", true, 400},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        ResponseReader reader(small);
        reader.feed(row.bytes);
        if (row.ends) reader.end();
        REQUIRE(reader.state() == HttpReadState::refused);
        CHECK(reader.refusal().status == row.status);
    }
}
