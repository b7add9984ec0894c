// Replies of API v3: signed JSON, and the errors.
#pragma once

#include "protocols/http/message.h"
#include "protocols/wechat/wire/call.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// One of the platform's errors: what is constant about it.
struct ErrorRow {
    std::string_view code;  ///< in the new spelling: "ORDER_NOT_EXIST"
    std::string_view old_code;
    int status;
    std::uint32_t number;  ///< the platform's own, behind the dash of Request-ID
    std::string_view chinese;
    std::string_view english;
};
std::span<const ErrorRow> error_table();
/// The row of a code in either spelling, or null.
const ErrorRow* find_error(std::string_view code);

/// An error to be answered; texts that are empty are the row's own.
struct ApiError {
    std::string_view code;
    std::string message{};
    std::string detail{};      ///< JSON of the member `detail`, or empty
    std::uint32_t number = 0;  ///< 0: the row's own
    std::string why{};         ///< for the log, in English; empty: the message says it all
};

/// JSON under a status, signed; an empty body for 204.
http::HttpReply reply(const Call& call, std::string body, int status = 200);
/// {"code","message"[,"detail"]} under the code's status; signed if it is below 400 or the options
/// say so, because clients that verify first have to show it.
http::HttpReply error_reply(const Call& call, const ApiError& error);
/// 401 with a body that is made already; `why` is for the log.
http::HttpReply sign_error_reply(const Call& call, std::string body, std::string why);
/// No body and no type: paths that are no API, and methods that an API does not have.
http::HttpReply empty_reply(const Call& call, int status);
/// The switch takes nothing more.
http::HttpReply busy_reply(const Call& call);

/// The key with which this call's reply is signed: by the merchant's mode and the request's own
/// Wechatpay-Serial. Source: WeChat Pay API v3, "WeChat Pay public key".
const SigningKey& reply_key(const Call& call);

/// "pubkey" if that is the public key, else empty: what callbacks about the call's order go by.
std::string callback_keys(const Call& call);

/// Adds the five Wechatpay-* fields for this body.
void sign(http::Fields& headers, const SigningKey& key, Timestamp now, std::string_view nonce,
          std::string_view body);

}  // namespace tuma::wechat
