// What is told to merchants of API v2: XML, signed or encrypted under their v2 key.
#pragma once

#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/profiles/known_keys.h"

#include <optional>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// The body of a notice about a payment or a refund; nothing about what v2 does not know, or when
/// the merchant has no v2 key. Source: WeChat Pay API v2, "payment result notice", "refund result
/// notice".
std::optional<std::string> v2_notice(const ledger::Order& order, const Content& content,
                                     const Merchant& merchant, std::string_view nonce);

/// True if a merchant's answer says return_code SUCCESS.
bool is_v2_taken(std::string_view body);

}  // namespace tuma::wechat
