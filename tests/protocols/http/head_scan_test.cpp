// Where a header ends, and what is refused before anybody parses it.
#include "protocols/http/head_scan.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;

TEST_CASE("head scan: the head ends at its empty line, in whatever pieces it comes") {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: \tb c\r\n\r\n";
    const std::string bytes = head + "rest";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        CAPTURE(cut);
        http::HeadScan scan;
        CHECK(scan.feed(bytes.substr(0, cut)) == cut);
        CHECK_FALSE(scan.is_complete());
        CHECK(scan.feed(bytes.substr(cut)) == head.size() - cut);
        CHECK(scan.is_complete());
        CHECK_FALSE(scan.problem());
    }
}

TEST_CASE("head scan: what two parsers could read differently is refused at its byte") {
    using namespace std::string_literals;
    struct Row {
        std::string bytes;
        std::size_t used;
        const char* problem;
    };
    const Row rows[] = {
        {"GET / HTTP/1.1\nHost: a\n\n", 15, "an LF without CR in the header"},
        {"GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", 22, "a CR without LF in the header"},
        {"GET / HTTP/1.1\r\nA: b\r\r\n\r\n", 22, "a CR without LF in the header"},
        {"GET / HTTP/1.1\r\nA: \0\r\n\r\n"s, 20, "a NUL in the header"},
        {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 23, "a folded header field"},
        {"GET / HTTP/1.1\r\n\tA: b\r\n\r\n", 17, "a folded header field"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        http::HeadScan scan;
        CHECK(scan.feed(row.bytes) == row.used);
        CHECK_FALSE(scan.is_complete());
        REQUIRE(scan.problem());
        CHECK(*scan.problem() == row.problem);
    }
}
