#include "protocols/mpesa/wire/field_reader.h"

#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/apps.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::mpesa {

protocols::FieldValue BodyFields::find(std::string_view key) const {
    using enum protocols::FieldValue::Type;
    // Everything else is a text: the body keeps numbers as the digits that were sent.
    if (body.is_mistyped(key)) return {other, {}};
    std::optional<std::string> value = body.find(key);
    if (!value) return {};
    return {protocols::FieldValue::Type::text, *std::move(value)};
}

ApiError BodyFields::complaint(const protocols::Complaint& complaint) const {
    if (place == 0 && !call.list.empty())
        return because(invalid_payload(), "the body is an array, and this path takes one object");
    // An object where a text is wanted makes the whole payload invalid, and no field is named.
    ApiError error = complaint.issue == protocols::Issue::not_text ? invalid_payload()
                                                                   : invalid(complaint.label, {});
    error.why = protocols::complaint_words(complaint);
    if (call.is_body_ignored)
        error.why += ", because Content-Type is not application/json: the body counts as empty";
    return error;
}

std::string FieldReader::text(std::string_view key, std::size_t bytes_max, std::string_view label) {
    return RequestFields::text(key, {.most = bytes_max, .label = label});
}

std::string FieldReader::optional_text(std::initializer_list<std::string_view> keys,
                                       std::size_t bytes_max) {
    return any_text(keys, {.most = bytes_max});
}

std::string FieldReader::msisdn(std::string_view key) {
    const bool lenient = policy().call.options->lenient_msisdn;
    return read(key, [&](std::string_view text) { return read_msisdn(text, lenient); },
                {.form = "12 digits that begin with 2547 or 2541"})
        .value_or("");
}

std::string FieldReader::shortcode(std::string_view key) {
    return shaped(key, is_shortcode, {.form = "5 to 7 digits"});
}

std::string FieldReader::own_shortcode(std::string_view key) {
    std::string value = shortcode(key);
    // From memory: what Daraja says of a number that is not mapped to the app is not published.
    if (is_good() && is_foreign(policy().call, value)) fail(invalid(key, app_may_not(key)));
    return value;
}

std::int64_t FieldReader::amount(std::string_view key) {
    return read(key, read_amount, {.form = "whole shillings from 1 to 999,999,999"}).value_or(0);
}

std::string FieldReader::url(std::string_view key) {
    const Call& call = policy().call;
    std::string value = shaped(
        key, [&](std::string_view text) { return is_callback_url(text, call.options->https_only); },
        {.most = 500,
         .form =
             call.options->https_only ? "a whole https address" : "a whole http or https address"});
    // Other fields lose the blanks around them; an address with some is none.
    if (!call.options->trims_urls && policy().body.find_exact(key) != value)
        fail(invalid(key, fmt::format("{} has blanks around the address", key)));
    return value;
}

http::HttpReply FieldReader::refusal() const {
    return about(error_reply(policy().call, error()), policy().call, policy().place);
}

}  // namespace tuma::mpesa
