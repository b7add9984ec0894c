// Takes a body's fields one after the other, in the order in which Daraja complains about them.
#pragma once

#include "protocols/mpesa/call.h"
#include "protocols/mpesa/replies.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// The first thing wrong is kept as the error to answer; what is taken after it may be empty.
/// Every field may be a string or a number; anything else is an invalid payload.
class FieldReader {
public:
    explicit FieldReader(const Call& call) : call_(call) {}

    /// Refuses what is missing or longer than `bytes_max` as "Invalid LABEL"; the label is the key
    /// unless another is given.
    std::string text(std::string_view key, std::size_t bytes_max = 256,
                     std::string_view label = {});
    /// Missing is empty. The first spelling that is there counts.
    std::string optional_text(std::initializer_list<std::string_view> keys,
                              std::size_t bytes_max = 256);
    /// 12 digits.
    std::string msisdn(std::string_view key);
    /// 5 to 7 digits.
    std::string shortcode(std::string_view key);
    /// The same, of a business for which the request's app may act; see `is_foreign`.
    std::string own_shortcode(std::string_view key);
    /// Whole shillings, in cents.
    std::int64_t amount(std::string_view key);
    std::string url(std::string_view key);
    /// One of the words.
    std::string word(std::string_view key, std::initializer_list<std::string_view> words);

    void fail(ApiError error);
    bool is_good() const { return !error_.has_value(); }
    /// Requires: something was wrong.
    http::HttpReply refusal() const { return error_reply(call_, *error_); }

private:
    const Call& call_;
    std::optional<ApiError> error_;
};

}  // namespace tuma::mpesa
