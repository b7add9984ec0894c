#include "protocols/mpesa/orders/results.h"

#include "protocols/kit/json_text.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/kinds.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <algorithm>

namespace tuma::mpesa {
namespace {

using ledger::Order;

void put_list(protocols::JsonText& json, std::string_view name, std::string_view item,
              const Parameters& parameters) {
    // A list of one is an object, so that clients have to take both: mpesa reference, section 1.10.
    const bool is_array = parameters.size() != 1;
    json.begin_object(name);
    if (is_array) json.begin_array(item);
    for (const Parameter& parameter : parameters) {
        json.begin_object(is_array ? std::string_view{} : item).text("Key", parameter.key);
        // A key without a value is sent like that; null would be another thing to clients.
        if (parameter.json) json.json("Value", *parameter.json);
        json.end_object();
    }
    if (is_array) json.end_array();
    json.end_object();
}

std::string_view submit_path(const Order& order) {
    switch (static_cast<Kind>(order.terms.kind)) {
        case Kind::b2b:
            return "b2bresults";
        case Kind::balance:
            return "abresults";
        case Kind::status:
            return "transactionstatusresults";
        case Kind::reversal:
            return "reversalresults";
        case Kind::b2c:
        case Kind::stk_push:
        case Kind::c2b:
        case Kind::express:
        case Kind::standing_order:
        case Kind::standing_payment:
        case Kind::invoice:
        case Kind::reminder:
            break;
    }
    return "b2cresults";
}

// A reference that is a number was captured as one. What would lose zeros or not be exact stays a
// text (assumed).
bool is_number(std::string_view text) {
    constexpr std::size_t digits_max = 15;
    return !text.empty() && text.size() <= digits_max && (text == "0" || text.front() != '0') &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Parameters references_of(const Order& order, const Content& content, bool has_succeeded,
                         bool is_documented) {
    Parameters references;
    const auto text = [](const std::string& value) {
        return value.empty() ? std::nullopt : std::optional(protocols::quoted(value));
    };
    const bool is_b2b = is_kind(order, Kind::b2b);
    if (is_b2b && has_succeeded)
        references.push_back({"BillReferenceNumber", !is_documented && is_number(content.reference)
                                                         ? std::optional(content.reference)
                                                         : text(content.reference)});
    // A status tells the occasion in place of the address.
    if (is_kind(order, Kind::status)) {
        references.push_back({"Occasion", text(content.occasion)});
        return references;
    }
    references.push_back(
        {"QueueTimeoutURL", protocols::quoted("https://internalsandbox.safaricom.co.ke/mpesa/" +
                                              std::string(submit_path(order)) + "/v1/submit")});
    // Spelled as in the capture.
    if (is_b2b && has_succeeded)
        references.push_back({is_documented ? "Occasion" : "Occassion", text(content.occasion)});
    return references;
}

// The portal's older samples tell success of B2B, taxes and reversals in strings. Source: mpesa
// reference, section 1.10.
bool tells_strings(const Order& order, bool has_succeeded) {
    return has_succeeded && (is_kind(order, Kind::b2b) || is_kind(order, Kind::reversal));
}

// Failures of this kind still say when they came about, as their only parameter.
bool dates_failures(const Order& order, bool is_documented) {
    return is_kind(order, is_documented ? Kind::b2b : Kind::balance);
}

}  // namespace

std::string public_name(const protocols::Directory& directory, std::string_view party) {
    if (is_msisdn(party))
        return std::string(party) + " - " + full_name(customer_of(directory, party));
    const auto business = find_shortcode(directory, party);
    return std::string(party) + " - " + (business ? business->name : std::string{});
}

protocols::Callback result_callback(const Order& order, const Content& content,
                                    const protocols::Directory& directory, const Options& options) {
    const ResultRow& row = result_row(code_of(order));
    const bool has_succeeded = row.number == result::success;
    const bool is_documented = options.result_shape == "documented";
    const bool is_text = is_documented && tells_strings(order, has_succeeded);
    protocols::JsonText json;
    json.begin_object().begin_object("Result");
    json.json("ResultType", is_text ? "\"0\"" : "0");
    // Codes with letters are texts always, numbers only where this API says so.
    if (row.is_word || is_text)
        json.text("ResultCode", row.wire);
    else
        json.digits("ResultCode", row.wire);
    json.text("ResultDesc", row.number == result::internal_failure
                                ? std::string_view{options.internal_failure_text}
                                : row.sentence)
        .text("OriginatorConversationID", content.originator)
        .text("ConversationID", content.conversation)
        .text("TransactionID", receipt_of(order, content));
    if (has_succeeded)
        put_list(json, "ResultParameters", "ResultParameter",
                 parameters_of(order, content, directory, options));
    // The one parameter, which put_list() writes as an object.
    else if (dates_failures(order, is_documented))
        put_list(json, "ResultParameters", "ResultParameter",
                 {{"BOCompletedTime", compact_time(order.moved_at)}});
    put_list(json, "ReferenceData", "ReferenceItem",
             references_of(order, content, has_succeeded, is_documented));
    return {.url = content.url,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
            .body = json.end_object().end_object().take()};
}

protocols::Callback timeout_callback(const Content& content, const Options& options) {
    protocols::JsonText json;
    // No body is published. This is what SDKs expect.
    json.begin_object()
        .begin_object("Result")
        .number("ResultType", options.queue_timeout_result_type)
        .text("ResultCode", "1")
        .text("ResultDesc", "The service request timed out.")
        .text("OriginatorConversationID", content.originator)
        .text("ConversationID", content.conversation)
        .end_object()
        .end_object();
    return {.url = content.timeout_url,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
            .body = json.take()};
}

}  // namespace tuma::mpesa
