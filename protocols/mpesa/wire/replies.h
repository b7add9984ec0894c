// Daraja's answers that many of its APIs share: errors in all their shapes, and the
// acknowledgement.
#pragma once

#include "protocols/adapter.h"
#include "protocols/http/message.h"
#include "protocols/mpesa/call.h"
#include "protocols/mpesa/options.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// The families of APIs; they differ in how they refuse tokens and paths.
enum class Product { oauth, stk, c2b, b2c, b2b, balance, status, reversal, qr, other };

/// {"requestId","errorCode","errorMessage"} under an HTTP status.
struct ApiError {
    int status = 400;
    std::string_view code;
    std::string message;
};

/// JSON under a status.
http::HttpReply json_reply(std::string body, int status = 200);
http::HttpReply error_reply(const Call& call, const ApiError& error);
/// The gateway's own shape, not Daraja's.
http::HttpReply fault_reply(std::string_view path);

/// 400.002.02 "Bad Request - Invalid Amount".
ApiError invalid(std::string_view field);
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
/// The service takes nothing more.
ApiError unreachable_service();
/// The error with this code as `Tuma-Fault: error:CODE` names it, or nothing.
std::optional<ApiError> find_error(std::string_view code, const Options& options);
/// All of these codes, for messages.
std::vector<std::string_view> error_codes();

/// A new id of the style that the options choose, as requests and merchants' requests have it.
std::string new_request_id(const Call& call);

/// The answer to a request that is carried out: two ids, ResponseCode 0.
http::HttpReply acknowledgement(std::string_view originator_conversation_id,
                                std::string_view conversation_id);

}  // namespace tuma::mpesa
