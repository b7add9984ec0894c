// GET /oauth/v1/generate: an app's key and secret for an access token.
#pragma once

#include "protocols/mpesa/access_token.h"
#include "protocols/mpesa/call.h"

#include <optional>
#include <string>

namespace tuma::mpesa {

/// The token, or one of the errors: an empty body for a key or secret that is wrong.
/// Source: mpesa reference, section 1.2.
http::HttpReply generate_token(const Call& call);

/// The token of "Authorization: Bearer TOKEN", or nothing.
std::optional<std::string> bearer_token(const http::HttpRequest& request);
/// Whose it is, if it was made here and is still good.
std::optional<AppMark> app_of(const Call& call, const std::string& token);

}  // namespace tuma::mpesa
