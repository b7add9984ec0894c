// GET /oauth/v1/generate: an app's key and secret for an access token.
#pragma once

#include "protocols/mpesa/wire/access_token.h"
#include "protocols/mpesa/wire/call.h"

#include <optional>
#include <string>

namespace tuma::mpesa {

/// The token, or one of the errors: an empty body for a key or secret that is wrong.
/// Source: mpesa reference, section 1.2.
protocols::Answer generate_token(const CallPtr& call);

/// The token of "Authorization: Bearer TOKEN", or nothing.
std::optional<std::string> bearer_token(const http::HttpRequest& request);
/// Whose it is, if it was made here and is still good.
std::optional<AppMark> app_of(const Call& call, const std::string& token);
/// Why it stands for no app, for the log.
std::string token_words(const Call& call, const std::string& token);

}  // namespace tuma::mpesa
