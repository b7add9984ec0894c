// Daraja's access tokens: 28 letters and digits that say for themselves until when they are good.
#pragma once

#include "ledger/time.h"

#include <string>
#include <string_view>

namespace tuma::mpesa {

/// A token of the app that is good until `expires_at` (whole seconds count). The same arguments
/// make the same token. Nobody without `secret` can make one or tell what is in it.
std::string make_token(std::string_view secret, std::string_view consumer_key,
                       Timestamp expires_at);

/// Whether `token` was made with this secret and is still good at `now`.
bool is_token(std::string_view secret, std::string_view token, Timestamp now);

}  // namespace tuma::mpesa
