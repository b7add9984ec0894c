// What is there at once, without a provisioning file.
#pragma once

#include "protocols/wechat/profiles/profiles.h"

#include <string_view>

namespace tuma::wechat {

/// One merchant in `auto` mode with the appid of the platform's own examples. Its certificate and
/// private key are for the caller to draw.
Merchant default_merchant();

/// The id of the platform's public key in the sandbox.
inline constexpr std::string_view sandbox_public_key_id =
    "PUB_KEY_ID_0119000001092025010100291100000001";

}  // namespace tuma::wechat
