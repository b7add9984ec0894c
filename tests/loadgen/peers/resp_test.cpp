// The Redis protocol: replies whole and in pieces, and bytes of somebody who means no good.
#include "loadgen/peers/resp.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using Type = RespReply::Type;

RespReply resp_text(std::string_view text, Type type = Type::text) {
    return {.type = type, .text = text};
}

RespReply resp_number(std::int64_t number) {
    return {.type = Type::integer, .integer = number};
}

RespReply resp_array(std::vector<RespReply> elements) {
    return {.type = Type::array, .elements = std::move(elements)};
}

std::string resp_refusal(const std::string& bytes) {
    const auto read = read_resp(bytes);
    if (!read) return "more is needed";
    return *read ? "read" : (*read).error().reason;
}

}  // namespace

TEST_CASE("resp: every kind of reply is read, at whatever byte it is cut") {
    struct Row {
        std::string bytes;
        RespReply reply;
    };
    const std::array rows{
        Row{"+PONG\r\n", resp_text("PONG")},
        Row{"-OOM command not allowed\r\n", resp_text("OOM command not allowed", Type::error)},
        Row{":-3\r\n", resp_number(-3)},
        Row{":9223372036854775807\r\n", resp_number(9223372036854775807)},
        Row{"$5\r\na\r\nb\n\r\n", resp_text("a\r\nb\n")},
        Row{"$0\r\n\r\n", resp_text("")},
        Row{"$-1\r\n", {}},
        Row{"*-1\r\n", {}},
        Row{"*0\r\n", resp_array({})},
        Row{"*2\r\n$1\r\n0\r\n*3\r\n+a\r\n-ERR b\r\n:1\r\n",
            resp_array({resp_text("0"), resp_array({resp_text("a"), resp_text("ERR b", Type::error),
                                                    resp_number(1)})})}};
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        for (std::size_t length = 0; length < row.bytes.size(); ++length) {
            CAPTURE(length);
            CHECK(!read_resp(std::string_view(row.bytes).substr(0, length)));
        }
        // What follows belongs to the next reply.
        const std::string more = row.bytes + ":7\r\n";
        const auto read = read_resp(more);
        REQUIRE((read && *read));
        CHECK((**read).reply == row.reply);
        CHECK((**read).bytes == row.bytes.size());
    }
}

TEST_CASE("resp: what is no reply is refused as soon as it shows") {
    CHECK(resp_refusal("H") == "byte 0x48 begins no reply");
    CHECK(resp_refusal("*1\r\nH") == "byte 0x48 begins no reply");
    CHECK(resp_refusal("_\r\n") == "byte 0x5f begins no reply");
    CHECK(resp_refusal("\r\n") == "byte 0x0d begins no reply");
    CHECK(resp_refusal(":1x\r\n") == "a number of other letters than digits, or too large");
    CHECK(resp_refusal(":9223372036854775808\r\n") ==
          "a number of other letters than digits, or too large");
    CHECK(resp_refusal("$-2\r\n") == "length -2 is not 0 to 1048576");
    CHECK(resp_refusal("$1048577\r\n") == "length 1048577 is not 0 to 1048576");
    CHECK(resp_refusal("*1048577\r\n") == "length 1048577 is not 0 to 1048576");
    CHECK(resp_refusal("$1\r\nab\r\n") == "a text that does not end where its length says");
    CHECK(resp_refusal("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n+a\r\n") == "arrays deeper than 4");
    CHECK(resp_refusal("*1\r\n*1\r\n*1\r\n*1\r\n+a\r\n") == "read");
}

TEST_CASE("resp: nothing grows without bound") {
    CHECK(resp_refusal("+" + std::string(resp_reply_bytes_max, 'a')) ==
          "longer than 1048576 bytes");
    // Many elements are claimed, and memory is taken only for those that come.
    CHECK(resp_refusal("*1048576\r\n+a\r\n") == "more is needed");
    std::string many = "*1048576\r\n";
    while (many.size() <= resp_reply_bytes_max) many += "+a\r\n";
    CHECK(resp_refusal(many) == "longer than 1048576 bytes");
}

TEST_CASE("resp: commands are arrays of texts") {
    std::string bytes = "x";
    append_resp_command(bytes, std::array<std::string_view, 2>{"GET", "a\r\nb"});
    CHECK(bytes == "x*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n");
    const auto read = read_resp(std::string_view(bytes).substr(1));
    REQUIRE((read && *read));
    CHECK((**read).reply == resp_array({resp_text("GET"), resp_text("a\r\nb")}));
}
