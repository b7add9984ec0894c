#include "protocols/mpesa/wire/replies.h"

#include "ledger/words/text.h"
#include "ledger/words/words.h"
#include "protocols/kit/json_text.h"
#include "protocols/mpesa/wire/ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

struct ErrorRow {
    int status;
    std::string_view code;
    std::string_view message;
};

constexpr std::string_view resource_not_found = "Resource not found";

// What can be asked for by code. Source: mpesa reference, section 1.3.
constexpr std::array<ErrorRow, 20> errors{{
    {404, "404.001.03", "Invalid Access Token"},
    {401, "401.002.01", "Error Occurred - Invalid Access Token"},
    {401, "401.003.01",
     "Error Occurred - Invalid Access Token - Invalid API call as no apiproduct match found"},
    {400, "400.003.01", "Invalid Access Token"},
    {404, "404.001.04", "Invalid Authentication Header"},
    {404, "404.001.01", resource_not_found},
    {404, "404.002.01", resource_not_found},
    {404, "404.003.01", resource_not_found},
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

const ErrorRow* find_row(std::string_view code) {
    const auto row = std::find_if(errors.begin(), errors.end(),
                                  [&](const ErrorRow& one) { return one.code == code; });
    return row == errors.end() ? nullptr : &*row;
}

// The status that a code of Daraja's shape begins with: "500.001.1001".
std::optional<int> status_of(std::string_view code) {
    const std::vector<std::string_view> parts = split_words(code, '.');
    const auto is_number = [](std::string_view part) {
        return !part.empty() && part.size() <= 4 &&
               std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (parts.size() < 2 || parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), is_number))
        return std::nullopt;
    const auto status = read_number<int>(parts.front(), 400, 599);
    return status ? std::optional<int>(*status) : std::nullopt;
}

// The gateway in front of Daraja speaks a shape of its own.
http::HttpReply gateway_fault(std::string_view text, std::string_view code, int status) {
    http::HttpReply reply = json_reply(protocols::JsonText()
                                           .begin_object()
                                           .begin_object("fault")
                                           .text("faultstring", text)
                                           .begin_object("detail")
                                           .text("errorcode", code)
                                           .end_object()
                                           .end_object()
                                           .end_object()
                                           .take(),
                                       status);
    reply.note.code = code.substr(code.rfind('.') + 1);
    reply.note.why = text;
    return reply;
}

// A header's words are separated by commas, so that one inside a sentence is written as %2C.
std::string with_commas(std::string_view message) {
    constexpr std::string_view comma = "%2C";
    std::string text(message);
    for (std::size_t at = text.find(comma); at != std::string::npos; at = text.find(comma, at))
        text.replace(at, comma.size(), ",");
    return text;
}

}  // namespace

std::string_view name(Product product) {
    switch (product) {
        case Product::stk:
            return "stk";
        case Product::c2b:
            return "c2b";
        case Product::b2c:
            return "b2c";
        case Product::b2b:
            return "b2b";
        case Product::balance:
            return "balance";
        case Product::status:
            return "status";
        case Product::reversal:
            return "reversal";
        case Product::qr:
            return "qr";
        case Product::org:
            return "org";
        case Product::imsi:
            return "imsi";
        case Product::pull:
            return "pull";
        case Product::express:
            return "express";
        case Product::ratiba:
            return "ratiba";
        case Product::bill:
            return "bill";
        case Product::oauth:
        case Product::other:
            return {};
    }
    unreachable("a product outside the enumeration");
}

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
    const std::string id = new_request_id(call);
    http::HttpReply reply = json_reply(protocols::JsonText()
                                           .begin_object()
                                           .text("requestId", id)
                                           .text("errorCode", error.code)
                                           .text("errorMessage", error.message)
                                           .end_object()
                                           .take(),
                                       error.status);
    // The gateway's phrase. Source: mpesa reference, section 1.3 (observed).
    if (error.message == resource_not_found) reply.reason = resource_not_found;
    reply.note.trace = id;
    reply.note.code = error.code;
    reply.note.why = error.why.empty() ? error.message : error.why;
    return reply;
}

http::HttpReply about(http::HttpReply reply, const Call& call, std::size_t place) {
    if (place != 0)
        reply.note.why =
            fmt::format("element {} of {}: {}", place, call.list.size(), reply.note.why);
    return reply;
}

http::HttpReply fault_reply(std::string_view path) {
    http::HttpReply reply =
        gateway_fault("Unable to identify proxy for host: secure and url: " + std::string(path),
                      "messaging.adaptors.http.flow.ApplicationNotFound", 404);
    reply.note.why = "no API of M-Pesa has this path";
    return reply;
}

http::HttpReply spike_reply(std::int64_t allowed) {
    http::HttpReply reply = gateway_fault(
        fmt::format("Spike arrest violation. Allowed rate : MessageRate{{messagesPerPeriod={}, "
                    "periodInMicroseconds=60000000, maxBurstMessageCount=1.0}}",
                    allowed),
        "policies.ratelimit.SpikeArrestViolation", 429);
    reply.note.why = fmt::format("there were {} such requests within a minute already", allowed);
    return reply;
}

http::HttpReply soap_reply() {
    return json_reply(protocols::JsonText()
                          .begin_object()
                          .begin_object("Envelope")
                          .begin_object("Body")
                          .begin_object("Fault")
                          .text("faultcode", "soap:Server")
                          .text("faultstring",
                                "Execution of ServiceCallout SC-SearchURL failed. Reason: "
                                "ResponseCode 503 is treated as error")
                          .end_object()
                          .end_object()
                          .end_object()
                          .end_object()
                          .take(),
                      503);
}

ApiError invalid(std::string_view field, std::string why) {
    return {400, "400.002.02", "Bad Request - Invalid " + std::string(field), std::move(why)};
}

std::string no_business(std::string_view field) {
    return "no business has the number in " + std::string(field);
}

ApiError invalid_payload() {
    return {400, "400.002.05", "Invalid Request Payload"};
}

ApiError stk_error(std::string message) {
    return {500, "500.001.1001", std::move(message)};
}

ApiError invalid_token(Product product, std::string_view token) {
    switch (product) {
        // Each family of APIs has its own error for the same thing: mpesa reference, section 1.3.
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
        case Product::org:
        case Product::imsi:
        case Product::pull:
        case Product::express:
        case Product::ratiba:
        case Product::bill:
        case Product::other:
            return {400, "400.003.01", "Invalid Access Token"};
    }
    unreachable("a product outside the enumeration");
}

ApiError invalid_header() {
    return {404, "404.001.04", "Invalid Authentication Header"};
}

ApiError wrong_method(Product product) {
    // The others say that the header is bad, whatever the method was.
    if (product == Product::stk || product == Product::b2c || product == Product::balance)
        return {405, "405.001", "Method Not Allowed"};
    return invalid_header();
}

ApiError not_found(Product product) {
    switch (product) {
        case Product::stk:
        case Product::reversal:
        case Product::oauth:
            return {404, "404.001.01", std::string(resource_not_found)};
        case Product::b2c:
        case Product::balance:
            return {404, "404.002.01", std::string(resource_not_found)};
        case Product::c2b:
        case Product::b2b:
        case Product::status:
        case Product::qr:
        case Product::org:
        case Product::imsi:
        case Product::pull:
        case Product::express:
        case Product::ratiba:
        case Product::bill:
        case Product::other:
            return {404, "404.003.01", std::string(resource_not_found)};
    }
    unreachable("a product outside the enumeration");
}

ApiError unreachable_service() {
    return {500, "500.003.1001", "Service is currently unreachable. Please try again later."};
}

ApiError no_product() {
    const ErrorRow& row = *find_row("401.003.01");
    return {row.status, std::string(row.code), std::string(row.message)};
}

std::optional<ApiError> find_error(std::string_view words, const Options& options) {
    const std::size_t colon = words.find(':');
    const std::string_view code = words.substr(0, colon);
    const ErrorRow* const row = find_row(code);
    // Known with two statuses, 429 and 500, so that an option decides.
    if (row != nullptr && row->code == "500.003.02" && colon == std::string_view::npos)
        return ApiError{static_cast<int>(options.spike_arrest_status), std::string(row->code),
                        std::string(row->message)};
    if (colon == std::string_view::npos) {
        if (row == nullptr) return std::nullopt;
        return ApiError{row->status, std::string(row->code), std::string(row->message)};
    }
    const auto status = status_of(code);
    if (!status) return std::nullopt;
    return ApiError{*status, std::string(code), with_commas(words.substr(colon + 1))};
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
