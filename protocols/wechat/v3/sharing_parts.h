// What all APIs of profit sharing have in common: the payment, its account, the parts of a sharing.
#pragma once

#include "protocols/wechat/trades.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// Parts of one sharing, at most.
inline constexpr std::size_t receivers_max = 50;

/// The key of part `place` of a sharing; the first is there for each.
std::string part_key(std::string_view mchid, std::string_view out_order_no, std::size_t place);
/// The key of what gives a payment's rest to the merchant along with a sharing, or by itself.
std::string unfreezing_key(std::string_view mchid, std::string_view out_order_no);

/// A payment that can be shared now, or the reply that says why not.
using PaymentFound = std::function<protocols::Answer(const OrderPtr& payment)>;
protocols::Answer with_shared_payment(const CallPtr& call, const std::string& transaction_id,
                                      PaymentFound then);

/// What is left on the payment's account and what was shared from it before, fen.
struct Unsplit {
    std::int64_t left = 0;
    std::int64_t shared = 0;
};
protocols::Answer with_unsplit(const CallPtr& call, const OrderPtr& payment,
                               std::function<protocols::Answer(const Unsplit&)> then);

/// All parts of a sharing in their order, empty if there is none.
using PartsFound = std::function<protocols::Answer(const std::vector<OrderPtr>& parts)>;
protocols::Answer find_parts(const CallPtr& call, const std::string& out_order_no, PartsFound then);

/// The sharing as replies show it. Requires: at least one part.
std::string sharing_json(const std::vector<OrderPtr>& parts);

/// "wechat/receiver/MCHID/TYPE/ACCOUNT".
inline constexpr std::string_view receiver_profile_prefix = "wechat/receiver/";
std::string receiver_profile(std::string_view mchid, std::string_view type,
                             std::string_view account);
/// The account of a receiver: a merchant's for paying persons, or a wallet.
protocols::Party receiver_party(const Call& call, std::string_view type,
                                const std::string& account);

}  // namespace tuma::wechat
