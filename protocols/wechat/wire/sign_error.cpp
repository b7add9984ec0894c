// SIGN_ERROR as JSON.
#include "protocols/wechat/wire/sign_error.h"

#include "protocols/kit/request_fields.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tuma::wechat {
namespace {

namespace json = boost::json;

constexpr std::size_t shown_body_bytes = 8;

std::string_view message(SignFailure failure) {
    switch (failure) {
        case SignFailure::authorization_malformed:
            return "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
        case SignFailure::scheme_unsupported:
            return "Http头Authorization认证类型不正确";
        case SignFailure::timestamp_too_far:
            return "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
        case SignFailure::serial_unknown:
            return "商户证书序列号有误。请使用签名私钥匹配的证书序列号";
        case SignFailure::signature_mismatch:
            return "错误的签名，验签失败";
    }
    unreachable("a failure that is not in the enumeration");
}

/// JSON is UTF-8, and a target or the beginning of a body may be anything.
std::string ascii(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
    return text;
}

json::object sign_information(const SignedRequest& request, const Authorization& authorization) {
    SignedRequest shown = request;
    // Cut where published replies are cut. The whole length is told beside it.
    shown.body = shown.body.substr(0, shown_body_bytes);
    const std::string truncated =
        request_message(shown, authorization.timestamp, authorization.nonce_str);
    return {
        {"method", ascii(std::string(request.method))},
        {"url", ascii(std::string(request.target))},
        {"truncated_sign_message", ascii(truncated)},
        {"sign_message_length", truncated.size() - shown.body.size() + request.body.size()},
    };
}

}  // namespace

std::string sign_error_body(const AuthorizationError& error, const SignedRequest& request,
                            const Authorization* authorization) {
    json::object detail{
        {"detail", json::object{{"issue", error.reason.reason}}},
        {"field", error.reason.field},
        {"location", "authorization"},
    };
    // Only here it helps: in the other cases nothing was compared.
    if (error.failure == SignFailure::signature_mismatch && authorization != nullptr)
        detail.emplace("sign_information", sign_information(request, *authorization));
    return json::serialize(json::object{
        {"code", "SIGN_ERROR"},
        {"message", message(error.failure)},
        {"detail", std::move(detail)},
    });
}

std::string sign_error_words(const AuthorizationError& error, const Authorization* authorization,
                             bool is_known, std::optional<Timestamp> now) {
    // What is compared first is told first; the platform's own sentence does not say it.
    switch (error.failure) {
        case SignFailure::timestamp_too_far:
            if (authorization == nullptr || !now) break;
            return fmt::format(
                "the timestamp in Authorization is {} s {} the switch's clock; 300 s are allowed",
                protocols::bound_text(std::chrono::abs(std::chrono::floor<std::chrono::seconds>(
                                                           *now - authorization->time()))
                                          .count()),
                authorization->time() < *now ? "behind" : "ahead of");
        case SignFailure::serial_unknown:
            return is_known ? "the serial_no in Authorization is that of no certificate of the "
                              "merchant"
                            : "no merchant has the mchid in Authorization";
        case SignFailure::signature_mismatch:
            return "the signature in Authorization differs from one by the merchant's key over "
                   "method, target, timestamp, nonce_str and body as they came: another key, or "
                   "other bytes were signed than sent";
        case SignFailure::authorization_malformed:
        case SignFailure::scheme_unsupported:
            break;
    }
    return fmt::format("{}: {}", error.reason.field, error.reason.reason);
}

}  // namespace tuma::wechat
