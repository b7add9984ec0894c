// The Password of M-Pesa Express: base64 of shortcode, passkey and timestamp.
#pragma once

#include "protocols/mpesa/profiles/profiles.h"

#include <string>
#include <string_view>

namespace tuma::mpesa {

/// What a request says of itself, as it was sent.
struct Passed {
    std::string_view password;
    std::string_view timestamp;
};

/// Source: mpesa reference, section 1.5.
std::string password_of(const Shortcode& business, std::string_view timestamp);
/// Why the password is not that of the business, for the log: which of its three parts is another.
std::string password_words(const Shortcode& business, const Passed& passed);

}  // namespace tuma::mpesa
