// The answer to a request whose signature does not hold.
#pragma once

#include "protocols/wechat/wire/authorization.h"

#include <string>

namespace tuma::wechat {

/// The body of the HTTP 401: code SIGN_ERROR, the platform's own Chinese sentence for the failure,
/// and in `detail` the field at fault. When the signature does not match it also shows what the
/// platform has verified, so that the integrator can compare: method, url, the signed text with the
/// body cut to its first eight bytes, and the whole text's length in bytes. Bytes that are not
/// ASCII are shown as '?'. `authorization` is null when it could not be read. Source: WeChat Pay
/// API v3, "How to locate SIGN_ERROR" and its list of messages; where the body is cut, and the
/// layout: replies of the real platform in issue 58 of TheNorthMemory/wechatpay-axios-plugin and
/// issue 76 of hpyer/node-easywechat.
std::string sign_error_body(const AuthorizationError& error, const SignedRequest& request,
                            const Authorization* authorization);

/// The same failure for the log: what was compared with what. `is_known` says that the merchant is,
/// `now` is the clock that the timestamp was compared with; nothing where it was not.
std::string sign_error_words(const AuthorizationError& error, const Authorization* authorization,
                             bool is_known, std::optional<Timestamp> now);

}  // namespace tuma::wechat
