// What is shown of texts from outside.
#include "switch/ops/masked_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;

TEST_CASE("masked text: long numbers are not shown, ports, addresses and amounts are") {
    CHECK(net::masked_numbers("/mpesa/254708374149/x") == "/mpesa/***/x");
    CHECK(net::masked_numbers("127.0.0.1:65535 174379") == "127.0.0.1:65535 174379");
    CHECK(net::masked_numbers("1234567") == "***");
    CHECK(net::masked_numbers("") == "");
}

TEST_CASE("masked text: secrets in JSON, XML and forms are not shown, whole or cut off") {
    struct Row {
        const char* message;
        const char* shown;
    };
    const Row rows[] = {
        {R"({"Password":"MTc0","Amount":10})", R"({"Password":***,"Amount":10})"},
        {R"({"SecurityCredential" : "a\"b", "x":"Password"})",
         R"({"SecurityCredential" : ***, "x":"Password"})"},
        {R"({"access_token":"abc","expires_in":"3599"})",
         R"({"access_token":***,"expires_in":"3599"})"},
        {R"({"apiKey":17,"b":2})", R"({"apiKey":***,"b":2})"},
        {R"({"Password":"MTc0)", R"({"Password":***)"},
        {R"({"PhoneNumber":254708374149})", R"({"PhoneNumber":***})"},
        {"<xml><sign><![CDATA[AB]]></sign><fee>1</fee></xml>",
         "<xml><sign>***</sign><fee>1</fee></xml>"},
        {"<xml><sign>AB", "<xml><sign>***"},
        {"/a?token=abc&n=1", "/a?token=***&n=1"},
        {R"({"Key":"Amount","Value":10})", R"({"Key":"Amount","Value":10})"},
        {"grant_type=client_credentials", "grant_type=client_credentials"},
        {"\xFF{\"", "\xFF{\""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        CHECK(net::masked_message(row.message) == row.shown);
    }
}

TEST_CASE("masked text: no message makes it fail, whatever its bytes are") {
    const std::string marks = "\"<>=:\\{}a/ ";
    for (std::size_t seed = 0; seed < 20'000; ++seed) {
        std::string text = "pin";
        for (std::size_t rest = seed; rest != 0; rest /= marks.size())
            text += marks[rest % marks.size()];
        CHECK(net::masked_message(text).size() <= text.size() * 2 + 6);
    }
}
