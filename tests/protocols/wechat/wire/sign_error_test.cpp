// The answer to a bad signature, as the real platform writes it.
#include "protocols/wechat/wire/sign_error.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::wechat;

namespace {

const Authorization sent{.mchid = "1900000109",
                         .nonce_str = "593BEC0C930BF1AFEB40B4A08C8FB242",
                         .signature = "c2ln",
                         .timestamp = "1700000000",
                         .serial_no = "1D"};

const AuthorizationError mismatch{SignFailure::signature_mismatch, {"signature", "sign not match"}};

boost::json::value sign_information(const SignedRequest& request) {
    return boost::json::parse(sign_error_body(mismatch, request, &sent))
        .at("detail")
        .at("sign_information");
}

}  // namespace

TEST_CASE(
    "sign_error: a mismatch shows what was verified, byte for byte as the platform lays it out") {
    CHECK(sign_error_body(mismatch, {"GET", "/v3/certificates", ""}, &sent) ==
          R"({"code":"SIGN_ERROR","message":"错误的签名，验签失败",)"
          R"("detail":{"detail":{"issue":"sign not match"},"field":"signature",)"
          R"("location":"authorization","sign_information":{"method":"GET",)"
          R"("url":"/v3/certificates","truncated_sign_message":)"
          R"("GET\n/v3/certificates\n1700000000\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n",)"
          R"("sign_message_length":66}}})");
}

TEST_CASE("sign_error: of the body eight bytes are shown, its whole length is told") {
    const boost::json::value shown = sign_information({"POST", "/v3/x", "{\"appid\":\"wx\"}"});
    CHECK(shown.at("truncated_sign_message").as_string() ==
          "POST\n/v3/x\n1700000000\n593BEC0C930BF1AFEB40B4A08C8FB242\n{\"appid\"\n");
    CHECK(shown.at("sign_message_length").as_int64() == 5 + 6 + 11 + 33 + 15);
}

TEST_CASE(
    "sign_error: bytes that are no ASCII are shown as question marks, so that the answer is JSON") {
    const boost::json::value shown = sign_information({"POST", "/\xC3\xA4", "\xFF\xE6\xB5\"\\\n"});
    CHECK(shown.at("url").as_string() == "/??");
    CHECK(shown.at("truncated_sign_message").as_string() ==
          "POST\n/??\n1700000000\n593BEC0C930BF1AFEB40B4A08C8FB242\n???\"\\\n\n");
}

TEST_CASE(
    "sign_error: each failure has the platform's message, and the field and reason in its detail") {
    struct Row {
        AuthorizationError error;
        std::string message;
    };
    using enum SignFailure;
    const Row rows[] = {
        {{authorization_malformed, {"mchid", "is missing"}},
         "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"},
        {{scheme_unsupported, {"authorization", "a"}}, "Http头Authorization认证类型不正确"},
        {{timestamp_too_far, {"timestamp", "b"}},
         "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"},
        {{serial_unknown, {"serial_no", "c"}},
         "商户证书序列号有误。请使用签名私钥匹配的证书序列号"},
        {{signature_mismatch, {"signature", "d"}}, "错误的签名，验签失败"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        const boost::json::value body =
            boost::json::parse(sign_error_body(row.error, {"GET", "/", ""}, nullptr));
        CHECK(body.at("code").as_string() == "SIGN_ERROR");
        CHECK(body.at("message").as_string() == row.message);
        CHECK(body.at("detail").at("field").as_string() == row.error.reason.field);
        CHECK(body.at("detail").at("detail").at("issue").as_string() == row.error.reason.reason);
        CHECK(!body.at("detail").as_object().contains("sign_information"));
    }
}
