// Who asks: what the field Authorization brings, and tokens that need not be stored.
#pragma once

#include "protocols/http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::protocols {

/// What follows a scheme of Authorization ("Bearer"), in letters of any case; empty if the field is
/// not there or has another scheme.
std::string_view authorization(const http::HttpRequest& request, std::string_view scheme);

/// User and password of the scheme Basic; nothing if there are none. Source: RFC 7617.
std::optional<std::pair<std::string, std::string>> basic_credentials(
    const http::HttpRequest& request);

/// What `json` says, as a text that only who knows the secret can make: a JSON Web Token with HMAC
/// SHA-256, which is not hidden but cannot be altered. Source: RFC 7515, section 3.
std::string signed_claims(std::string_view secret, std::string_view json);
/// The inverse; nothing for what was not made with this secret, or is longer than 4,096 characters.
std::optional<std::string> read_claims(std::string_view secret, std::string_view token);

}  // namespace tuma::protocols
