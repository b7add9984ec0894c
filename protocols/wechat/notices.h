// What is told to merchants: which callback an effect is, and what their answer means.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/profiles/known_keys.h"

#include <optional>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// What a callback of API v3 says.
struct Event {
    std::string_view type;           ///< "TRANSACTION.SUCCESS"
    std::string_view original_type;  ///< also what is authenticated with the ciphertext
    std::string_view summary;
    std::string plaintext;
};

/// Whose callback an order's is: with its keys it is encrypted.
std::string told_merchant(const ledger::Order& order, const Content& content);

/// The callback that this attempt sends; nothing if there is no address, no key to encrypt with, or
/// nothing to be told. Source: WeChat Pay API v3, callbacks.
std::optional<protocols::Callback> notice_of(const core::Effect& effect,
                                             const protocols::Context& context,
                                             const MerchantPtr& merchant,
                                             const PlatformPtr& platform);

/// 200 and 204 acknowledge in v3, return_code SUCCESS in v2; whoever takes a signature probe is
/// told again.
protocols::Verdict verdict_on(const core::Effect& effect, const protocols::CallbackResult& result);

}  // namespace tuma::wechat
