// Takes a body's fields one after the other, in the order in which Daraja complains about them.
#pragma once

#include "protocols/kit/request_fields.h"
#include "protocols/mpesa/wire/call.h"
#include "protocols/mpesa/wire/replies.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// How Daraja reads and complains: every field may be a string or a number, anything else is an
/// invalid payload; what is missing, too long or of the wrong shape is "Invalid LABEL".
struct BodyFields {
    using Error = ApiError;
    static constexpr bool texts_are_numbers = true;
    static constexpr bool numbers_are_texts = true;
    static constexpr bool counts_characters = false;
    static constexpr bool takes_control = true;

    protocols::FieldValue find(std::string_view key) const;
    ApiError complaint(const protocols::Complaint& complaint) const;

    const Call& call;
    const Body& body;
    std::size_t place = 0;  ///< in the call's list, from 1 on; 0: there is none
};

/// The fields that Daraja's APIs have in common.
class FieldReader : public protocols::RequestFields<BodyFields> {
public:
    explicit FieldReader(const Call& call) : RequestFields({call, call.body}) {}
    /// Of the body at this place of the call's list, from 1 on; of its only body at 0.
    FieldReader(const Call& call, std::size_t place)
        : RequestFields({call, place == 0 ? call.body : call.list.at(place - 1), place}) {}

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

    /// Requires: something was wrong. Of a list the log is told which one it is.
    http::HttpReply refusal() const;
};

}  // namespace tuma::mpesa
