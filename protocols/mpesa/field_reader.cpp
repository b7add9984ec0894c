#include "protocols/mpesa/field_reader.h"

#include "protocols/mpesa/apps.h"
#include "protocols/mpesa/numbers.h"

#include <algorithm>
#include <utility>

namespace tuma::mpesa {

void FieldReader::fail(ApiError error) {
    if (!error_) error_ = std::move(error);
}

std::string FieldReader::text(std::string_view key, std::size_t bytes_max, std::string_view label) {
    if (call_.body.is_mistyped(key)) {
        fail(invalid_payload());
        return {};
    }
    std::optional<std::string> value = call_.body.find(key);
    if (value && value->size() <= bytes_max) return *std::move(value);
    fail(invalid(label.empty() ? key : label));
    return {};
}

std::string FieldReader::optional_text(std::initializer_list<std::string_view> keys,
                                       std::size_t bytes_max) {
    for (const std::string_view key : keys) {
        if (call_.body.is_mistyped(key)) fail(invalid_payload());
        std::optional<std::string> value = call_.body.find(key);
        if (!value) continue;
        if (value->size() > bytes_max) fail(invalid(key));
        return *std::move(value);
    }
    return {};
}

std::string FieldReader::msisdn(std::string_view key) {
    const std::string value = text(key);
    std::optional<std::string> number = read_msisdn(value, call_.options->lenient_msisdn);
    if (!number) fail(invalid(key));
    return std::move(number).value_or(std::string{});
}

std::string FieldReader::shortcode(std::string_view key) {
    std::string value = text(key);
    if (!is_shortcode(value)) fail(invalid(key));
    return value;
}

std::string FieldReader::own_shortcode(std::string_view key) {
    std::string value = shortcode(key);
    // From memory: what Daraja says of a number that is not mapped to the app is not published.
    if (is_good() && is_foreign(call_, value)) fail(invalid(key));
    return value;
}

std::int64_t FieldReader::amount(std::string_view key) {
    const std::optional<std::int64_t> cents = read_amount(text(key));
    if (!cents) fail(invalid(key));
    return cents.value_or(0);
}

std::string FieldReader::url(std::string_view key) {
    std::string value = text(key, 500);
    if (!is_callback_url(value, call_.options->https_only)) fail(invalid(key));
    return value;
}

std::string FieldReader::word(std::string_view key, std::initializer_list<std::string_view> words) {
    std::string value = text(key);
    if (std::find(words.begin(), words.end(), value) == words.end()) fail(invalid(key));
    return value;
}

}  // namespace tuma::mpesa
