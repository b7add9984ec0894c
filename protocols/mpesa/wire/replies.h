// Daraja's answers that many of its APIs share: errors in all their shapes, and the
// acknowledgement.
#pragma once

#include "protocols/http/message.h"
#include "protocols/kit/adapter.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/wire/call.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::mpesa {

/// The families of APIs; they differ in how they refuse tokens and paths.
enum class Product {
    oauth,
    stk,
    c2b,
    b2c,
    b2b,
    balance,
    status,
    reversal,
    qr,
    org,
    imsi,
    pull,
    express,
    ratiba,
    bill,
    other
};

/// As an app's list of products calls it; empty for what every app may ask.
std::string_view name(Product product);

/// {"requestId","errorCode","errorMessage"} under an HTTP status.
struct ApiError {
    int status = 400;
    std::string code;
    std::string message;
    std::string why{};  ///< for the log, where the message does not say it
};

/// JSON under a status.
http::HttpReply json_reply(std::string body, int status = 200);
http::HttpReply error_reply(const Call& call, const ApiError& error);
/// The reply with a note that it is about the element at this place of the call's list, from 1 on;
/// the same at 0.
http::HttpReply about(http::HttpReply reply, const Call& call, std::size_t place);
/// The gateway's own shape, not Daraja's.
http::HttpReply fault_reply(std::string_view path);
/// The gateway refuses a caller that asks more often than `allowed` times a minute.
http::HttpReply spike_reply(std::int64_t allowed);
/// The gateway's inside fails, in an envelope of SOAP.
http::HttpReply soap_reply();

/// The error with this reason for the log; see http::ReplyNote::why.
inline ApiError because(ApiError error, std::string why) {
    error.why = std::move(why);
    return error;
}
/// 400.002.02 "Bad Request - Invalid Amount"; `why` is for the log.
ApiError invalid(std::string_view field, std::string why);
/// A reason: "no business has the number in PartyB".
std::string no_business(std::string_view field);
/// 400.002.05 "Invalid Request Payload".
ApiError invalid_payload();
/// 500.001.1001 with a message of its own.
ApiError stk_error(std::string message);
/// The three shapes of an access token that is no good.
/// Source: mpesa reference, section 1.3.
ApiError invalid_token(Product product, std::string_view token);
ApiError invalid_header();
ApiError wrong_method(Product product);
ApiError not_found(Product product);
/// The app is not mapped to the API.
ApiError no_product();
/// The service takes nothing more.
ApiError unreachable_service();
/// The error that `Tuma-Fault: error:CODE` or `error:CODE:MESSAGE` names, or nothing. With a
/// message of its own any code of Daraja's shape will do ("500.001.1001"); %2C is a comma.
std::optional<ApiError> find_error(std::string_view words, const Options& options);
/// All of these codes, for messages.
std::vector<std::string_view> error_codes();

/// A new id of the style that the options choose, as requests and merchants' requests have it.
std::string new_request_id(const Call& call);

/// The answer to a request that is carried out: two ids, ResponseCode 0.
http::HttpReply acknowledgement(std::string_view originator_conversation_id,
                                std::string_view conversation_id);

}  // namespace tuma::mpesa
