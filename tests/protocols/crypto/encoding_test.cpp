// Base64 and hexadecimal: the standards' examples, every refusal, there and back for any bytes.
#include "protocols/crypto/encoding.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace tuma;
using namespace tuma::crypto;

TEST_CASE("encoding: base64 of RFC 4648's examples") {
    struct Row {
        std::string_view bytes;
        std::string_view text;
    };
    const Row rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF\xBF", "+/+/"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(base64_encode(row.bytes) == row.text);
        CHECK(base64_decode(row.text, 100).value() == row.bytes);
    }
}

TEST_CASE("encoding: base64 refuses everything that base64_encode does not write") {
    for (const std::string_view text :
         {"Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zm9v\n", "Zm9v\nZm9", "Zm 9",
          "Zm9vYg==Zg==", "-_-_", "Zh==", "Zm9=", "Zg==Zm9v", "Z=g=", "\xC3\xA4\xC3\xA4"}) {
        CAPTURE(text);
        CHECK(!base64_decode(text, 100));
    }
    CHECK(!base64_decode(std::string_view("Zm9\0", 4), 100));
}

TEST_CASE("encoding: base64 refuses what stands for too many bytes") {
    CHECK(base64_decode("Zm9vYg==", 4).value() == "foob");
    CHECK(base64_decode("Zm9vYg==", 3).error() ==
          InputError{"base64", "stands for more than 3 bytes"});
    CHECK(base64_decode("", 0).value().empty());
}

TEST_CASE("encoding: base64 brings any bytes back and has one text for them") {
    CHECK(rc::check([](const std::string& bytes) {
        const std::string text = base64_encode(bytes);
        RC_ASSERT(base64_decode(text, bytes.size()).value() == bytes);
    }));
    CHECK(rc::check([](const std::string& bytes, std::uint16_t at, char other) {
        RC_PRE(!bytes.empty());
        std::string text = base64_encode(bytes);
        RC_PRE(text[at % text.size()] != other);
        text[at % text.size()] = other;
        const Result<std::string> decoded = base64_decode(text, bytes.size() + 2);
        if (decoded) {
            RC_ASSERT(base64_encode(*decoded) == text);
            RC_ASSERT(*decoded != bytes);
        }
    }));
}

TEST_CASE("encoding: hexadecimal has two digits a byte, in the case that was asked for") {
    CHECK(hex_upper(std::string_view("\x00\x0F\xF0\xAB", 4)) == "000FF0AB");
    CHECK(hex_lower(std::string_view("\x00\x0F\xF0\xAB", 4)) == "000ff0ab");
    CHECK(hex_lower(as_bytes("\x7F")) == "7f");
    CHECK(hex_upper("").empty());
}

TEST_CASE("encoding: constant_time_equal is equality") {
    CHECK(constant_time_equal("", ""));
    CHECK(constant_time_equal("abc", "abc"));
    CHECK(!constant_time_equal("abc", "abd"));
    CHECK(!constant_time_equal("abc", "ab"));
    CHECK(!constant_time_equal("", "a"));
}
