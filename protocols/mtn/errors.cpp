#include "protocols/mtn/errors.h"

#include "ledger/words/ensure.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuma::mtn {
namespace {

// Source: mtn reference, errors.
constexpr std::array<ErrorRow, 19> errors{
    {{1, 500, "INTERNAL_PROCESSING_ERROR", "An internal error occurred while processing."},
     {2, 500, "APPROVAL_REJECTED", "The payer rejected the request."},
     {3, 500, "EXPIRED", "The request expired before it was approved."},
     {4, 500, "PAYER_NOT_FOUND", "Payer not found. Account holder is not registered."},
     {5, 500, "PAYEE_NOT_FOUND", "Payee does not exist."},
     {6, 500, "PAYEE_NOT_ALLOWED_TO_RECEIVE", "Payee cannot receive funds."},
     {7, 500, "NOT_ALLOWED", "Authorization failed. User does not have permission."},
     {8, 500, "NOT_ALLOWED_TARGET_ENVIRONMENT", "Access to target environment is forbidden."},
     {9, 500, "INVALID_CALLBACK_URL_HOST",
      "Callback URL with different host name to configured for API User."},
     {10, 500, "INVALID_CURRENCY", "Currency not supported."},
     {11, 503, "SERVICE_UNAVAILABLE", "Service temporary unavailable, try again later."},
     {12, 500, "COULD_NOT_PERFORM_TRANSACTION", "The transaction could not be performed."},
     {13, 500, "NOT_ENOUGH_FUNDS", "Not enough funds on payer account."},
     {14, 500, "PAYER_LIMIT_REACHED", "The payer's limit has been reached."},
     {15, 500, "TRANSACTION_CANCELED", "The transaction was cancelled."},
     {16, 404, "TRANSACTION_NOT_FOUND", "The transaction to give back does not exist."},
     {17, 404, "RESOURCE_NOT_FOUND", "Requested resource was not found."},
     {18, 409, "RESOURCE_ALREADY_EXIST", "Duplicated reference id. Creation of resource failed."},
     {19, 400, "BAD_REQUEST", "The request does not follow the specification."}}};

std::string_view code_of(Refusal refusal, ledger::Purpose purpose) {
    if (refusal >= Refusal::transaction_limit_exceeded &&
        refusal <= Refusal::lifetime_limit_exceeded)
        return "PAYER_LIMIT_REACHED";
    // It is the receiver who would hold too much.
    if (refusal == Refusal::ceiling_exceeded) return "PAYEE_NOT_ALLOWED_TO_RECEIVE";
    if (refusal == Refusal::exceeds_original) return "NOT_ALLOWED";
    // Whatever else the books say has no code of its own in MTN's list.
    if (refusal != Refusal::insufficient_funds) return "COULD_NOT_PERFORM_TRANSACTION";
    // What a customer has is nobody's business. Source: mtn reference, errors.
    return purpose == ledger::Purpose::pay_merchant ? "INTERNAL_PROCESSING_ERROR"
                                                    : "NOT_ENOUGH_FUNDS";
}

// A refusal with what the log says of it.
http::HttpReply told(http::HttpReply reply, std::string_view code, std::string_view why) {
    reply.note.code = code;
    reply.note.why = why;
    return reply;
}

http::HttpReply coded_reply(const ErrorRow& row, std::string_view message) {
    return told(json_reply({{"message", message}, {"code", row.code}}, row.status), row.code,
                message);
}

}  // namespace

std::span<const ErrorRow> error_table() {
    return errors;
}

const ErrorRow* find_error(std::string_view code) {
    const auto* const found = std::find_if(errors.begin(), errors.end(),
                                           [&](const ErrorRow& row) { return row.code == code; });
    return found == errors.end() ? nullptr : found;
}

const ErrorRow& reason_of(const ledger::Order& order) {
    // These two ends say everything by their state.
    if (order.state == ledger::OrderState::expired) return *find_error("EXPIRED");
    if (order.state == ledger::OrderState::closed) return *find_error("TRANSACTION_CANCELED");
    if (order.refusal != Refusal::none)
        return *find_error(code_of(order.refusal, order.terms.purpose));
    ensure(order.code >= 1 && order.code <= errors.size(), "a request fails for a code of ours");
    // Codes are the rows' own numbers, counted from 1, because orders in the journal hold them.
    return errors[order.code - 1U];
}

http::HttpReply json_reply(const boost::json::value& value, int status) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json;charset=utf-8"}},
            .body = boost::json::serialize(value)};
}

http::HttpReply error_reply(std::string_view code) {
    const ErrorRow* const row = find_error(code);
    ensure(row != nullptr, "an error that is answered stands in the table");
    return coded_reply(*row, row->message);
}

http::HttpReply accepted(std::uint16_t early_code, const ledger::Order& order) {
    http::HttpReply reply{.status = 202};
    const bool is_refused = order.refusal != Refusal::none;
    if (early_code == 0 && !is_refused) return reply;
    const ErrorRow& row = is_refused ? reason_of(order) : errors.at(early_code - 1U);
    return told(
        std::move(reply), row.code,
        fmt::format("it was accepted, and will fail with {} ({}){}{}", row.code, row.message,
                    is_refused ? ": " : "", is_refused ? sentence(order.refusal) : ""));
}

http::HttpReply busy() {
    return error_reply("SERVICE_UNAVAILABLE");
}

http::HttpReply bad_request(std::string_view what) {
    // The last row is BAD_REQUEST, whose message says what is wrong in our own words.
    return coded_reply(errors.back(), what);
}

http::HttpReply gateway_error(int status, std::string_view message, std::string_view why) {
    return told(json_reply({{"statusCode", status}, {"message", message}}, status),
                std::to_string(status), why.empty() ? message : why);
}

http::HttpReply token_error(std::string_view error, std::string_view why) {
    return told(json_reply({{"error", error}}, 401), error, why);
}

http::HttpReply length_required() {
    return {.status = 411,
            .headers = {{"Content-Type", "text/html; charset=us-ascii"}},
            .body =
                "<HTML><HEAD><TITLE>Length Required</TITLE></HEAD><BODY><h2>Length Required"
                "</h2><hr><p>HTTP Error 411. The request must be chunked or have a content "
                "length.</p></BODY></HTML>\r\n",
            .note = {.code = "411", .why = "a POST without a body says no Content-Length"}};
}

}  // namespace tuma::mtn
