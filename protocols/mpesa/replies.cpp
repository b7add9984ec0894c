#include "protocols/mpesa/replies.h"

#include "protocols/json_text.h"
#include "protocols/mpesa/ids.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

struct ErrorRow {
    int status;
    std::string_view code;
    std::string_view message;
};

// What can be asked for by code. Source: mpesa reference, section 1.3.
constexpr std::array<ErrorRow, 19> errors{{
    {404, "404.001.03", "Invalid Access Token"},
    {401, "401.002.01", "Error Occurred - Invalid Access Token"},
    {400, "400.003.01", "Invalid Access Token"},
    {404, "404.001.04", "Invalid Authentication Header"},
    {404, "404.001.01", "Resource not found"},
    {404, "404.002.01", "Resource not found"},
    {404, "404.003.01", "Resource not found"},
    {405, "405.001", "Method Not Allowed"},
    {400, "400.002.02", "Bad Request - Invalid Amount"},
    {400, "400.002.05", "Invalid Request Payload"},
    {400, "400.003.02", "Bad Request - Invalid ValidationURL - URL has the word MPESA"},
    {400, "400.008.01", "Invalid Authentication passed"},
    {400, "400.008.02", "Invalid grant type passed"},
    {500, "500.001.1001",
     "Unable to lock subscriber, a transaction is already in process for the "
     "current subscriber"},
    {500, "500.002.1001", "Duplicate OriginatorConversationID."},
    {500, "500.003.1001", "Internal Server Error"},
    {500, "500.003.02", "Error Occurred: Spike Arrest Violation"},
    {500, "500.003.03", "Quota Violation"},
    {503, "503.001.01", "Service is currently unreachable. Please try again later."},
}};

}  // namespace

http::HttpReply json_reply(std::string body, int status) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
            .body = std::move(body)};
}

std::string new_request_id(const Call& call) {
    const RequestIdStyle style =
        call.options->request_ids == "old" ? RequestIdStyle::old : RequestIdStyle::current;
    return request_id(style, call.context);
}

http::HttpReply error_reply(const Call& call, const ApiError& error) {
    return json_reply(protocols::JsonText()
                          .begin_object()
                          .text("requestId", new_request_id(call))
                          .text("errorCode", error.code)
                          .text("errorMessage", error.message)
                          .end_object()
                          .take(),
                      error.status);
}

http::HttpReply fault_reply(std::string_view path) {
    return json_reply(
        protocols::JsonText()
            .begin_object()
            .begin_object("fault")
            .text("faultstring",
                  "Unable to identify proxy for host: secure and url: " + std::string(path))
            .begin_object("detail")
            .text("errorcode", "messaging.adaptors.http.flow.ApplicationNotFound")
            .end_object()
            .end_object()
            .end_object()
            .take(),
        404);
}

ApiError invalid(std::string_view field) {
    return {400, "400.002.02", "Bad Request - Invalid " + std::string(field)};
}

ApiError invalid_payload() {
    return {400, "400.002.05", "Invalid Request Payload"};
}

ApiError stk_error(std::string message) {
    return {500, "500.001.1001", std::move(message)};
}

ApiError invalid_token(Product product, std::string_view token) {
    switch (product) {
        case Product::stk:
        case Product::reversal:
            return {404, "404.001.03", "Invalid Access Token"};
        case Product::b2c:
        case Product::balance:
            return {401, "401.002.01",
                    "Error Occurred - Invalid Access Token - " + std::string(token)};
        case Product::oauth:
        case Product::c2b:
        case Product::b2b:
        case Product::status:
        case Product::qr:
        case Product::other:
            return {400, "400.003.01", "Invalid Access Token"};
    }
    unreachable("a product outside the enumeration");
}

ApiError invalid_header() {
    return {404, "404.001.04", "Invalid Authentication Header"};
}

ApiError wrong_method(Product product) {
    if (product == Product::b2c || product == Product::balance)
        return {405, "405.001", "Method Not Allowed"};
    return invalid_header();
}

ApiError not_found(Product product) {
    switch (product) {
        case Product::stk:
        case Product::reversal:
        case Product::oauth:
            return {404, "404.001.01", "Resource not found"};
        case Product::b2c:
        case Product::balance:
            return {404, "404.002.01", "Resource not found"};
        case Product::c2b:
        case Product::b2b:
        case Product::status:
        case Product::qr:
        case Product::other:
            return {404, "404.003.01", "Resource not found"};
    }
    unreachable("a product outside the enumeration");
}

ApiError unreachable_service() {
    return {500, "500.003.1001", "Service is currently unreachable. Please try again later."};
}

std::optional<ApiError> find_error(std::string_view code, const Options& options) {
    const auto row = std::find_if(errors.begin(), errors.end(),
                                  [&](const ErrorRow& one) { return one.code == code; });
    if (row == errors.end()) return std::nullopt;
    const bool is_spike = row->code == "500.003.02";
    return ApiError{is_spike ? static_cast<int>(options.spike_arrest_status) : row->status,
                    row->code, std::string(row->message)};
}

std::vector<std::string_view> error_codes() {
    std::vector<std::string_view> codes;
    codes.reserve(std::size(errors));
    for (const ErrorRow& row : errors) codes.push_back(row.code);
    return codes;
}

http::HttpReply acknowledgement(std::string_view originator_conversation_id,
                                std::string_view conversation_id) {
    return json_reply(protocols::JsonText()
                          .begin_object()
                          .text("OriginatorConversationID", originator_conversation_id)
                          .text("ConversationID", conversation_id)
                          .text("ResponseCode", "0")
                          .text("ResponseDescription", "Accept the service request successfully.")
                          .end_object()
                          .take());
}

}  // namespace tuma::mpesa
