// Daraja's access tokens: 28 letters and digits that say for themselves until when they are good.
#pragma once

#include "ledger/words/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// A token of the app that is good until `expires_at` (whole seconds count). The same arguments
/// make the same token. Nobody without `secret` can make one or tell what is in it.
std::string make_token(std::string_view secret, std::string_view consumer_key,
                       Timestamp expires_at);

/// What a token says of its app: the first four bytes of the SHA-256 of the consumer key.
using AppMark = std::uint32_t;
AppMark app_mark(std::string_view consumer_key);

/// Whose token it is, if it was made with this secret and is still good at `now`.
std::optional<AppMark> app_of_token(std::string_view secret, std::string_view token, Timestamp now);

}  // namespace tuma::mpesa
