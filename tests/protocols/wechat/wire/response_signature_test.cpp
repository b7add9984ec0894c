// Signed replies and callbacks: the headers, every altered byte, probes.
#include "protocols/wechat/wire/response_signature.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::wechat;

namespace {

const Timestamp now{std::chrono::milliseconds(1'700'000'000'999)};
constexpr std::string_view body = "{\"code_url\":\"weixin://wxpay\"}";

ResponseSignature signed_reply(std::string_view text = body) {
    return sign_response({"PUB_KEY_ID_01", test::first_key()}, now, "nonce", text);
}

}  // namespace

TEST_CASE("response_signature: five headers, in whole seconds, with the serial as it is") {
    const ResponseSignature reply = signed_reply();
    const auto headers = reply.headers();
    CHECK(headers[0] ==
          std::pair<std::string_view, std::string_view>("Wechatpay-Timestamp", "1700000000"));
    CHECK(headers[1] == std::pair<std::string_view, std::string_view>("Wechatpay-Nonce", "nonce"));
    CHECK(headers[2].first == "Wechatpay-Signature");
    CHECK(headers[2].second.size() == 344);
    CHECK(headers[3] ==
          std::pair<std::string_view, std::string_view>("Wechatpay-Serial", "PUB_KEY_ID_01"));
    CHECK(headers[4] == std::pair<std::string_view, std::string_view>("Wechatpay-Signature-Type",
                                                                      "WECHATPAY2-SHA256-RSA2048"));
}

TEST_CASE("response_signature: three lines are signed, of a 204 the last is empty") {
    CHECK(response_message("17", "n", "{}") == "17\nn\n{}\n");
    CHECK(response_message("17", "n", "") == "17\nn\n\n");
    CHECK(verify_response(test::first_key().public_key(), signed_reply(""), ""));
}

TEST_CASE("response_signature: every altered byte of what is signed, and another key, is noticed") {
    const crypto::PublicKey key = test::first_key().public_key();
    const ResponseSignature reply = signed_reply();
    REQUIRE(verify_response(key, reply, body));
    CHECK(!verify_response(test::second_key().public_key(), reply, body));
    for (std::size_t i = 0; i < body.size(); ++i)
        CHECK(!verify_response(key, reply, test::with_flipped_bit(std::string(body), 8 * i)));
    for (std::string ResponseSignature::*field :
         {&ResponseSignature::timestamp, &ResponseSignature::nonce,
          &ResponseSignature::signature}) {
        for (std::size_t i = 0; i < (reply.*field).size(); ++i) {
            ResponseSignature altered = reply;
            altered.*field = test::with_flipped_bit(reply.*field, 8 * i);
            CHECK(!verify_response(key, altered, body));
        }
    }
    CHECK(!verify_response(key, reply, std::string(body) + " "));
}

TEST_CASE("response_signature: a probe begins as the platform's and is not even base64") {
    const ResponseSignature probe = signature_probe(signed_reply());
    CHECK(probe.signature.starts_with("WECHATPAY/SIGNTEST/"));
    CHECK(probe.signature.size() % 4 != 0);
    CHECK(probe.nonce == "nonce");
    CHECK(!verify_response(test::first_key().public_key(), probe, body));
}
