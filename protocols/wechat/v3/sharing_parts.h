// What all APIs of profit sharing have in common: the payment, its account, the parts of a sharing.
#pragma once

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/wire/kinds.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// Parts of one sharing, at most.
inline constexpr std::size_t receivers_max = 50;

/// An order that moves so many fen at once and ends after the options' while; it fails where one of
/// the accounts is none. It has no key and no content yet.
core::OrderRequest sharing_order(const Options& options, Kind kind, AccountId from, AccountId to,
                                 std::int64_t amount);

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

/// The same by the sharing's order_id.
protocols::Answer find_parts_by_id(const CallPtr& call, const std::string& order_id,
                                   PartsFound then);
/// The sharing's order_id. Requires: at least one part.
std::string whole_id_of(const std::vector<OrderPtr>& parts);

/// Says in a part, or its return, where the merchant that it is for, or comes from, wants to be
/// told; nowhere for persons. Source: WeChat Pay API v3, profit sharing notices.
void tell_receiver(const Call& call, Content& content);
/// What such a callback says.
std::string sharing_notice_json(const ledger::Order& order, const Content& content);

/// "sub_mchid" where a service provider has shared for the merchant.
void write_sub_merchant(protocols::JsonText& json, const Content& content);
/// The sharing as replies show it. Requires: at least one part.
std::string sharing_json(const std::vector<OrderPtr>& parts);

/// "wechat/receiver/MCHID/TYPE/ACCOUNT".
inline constexpr std::string_view receiver_profile_prefix = "wechat/receiver/";
std::string receiver_profile(std::string_view mchid, std::string_view type,
                             std::string_view account);
/// The account of a receiver: a merchant's for paying persons, or a wallet.
protocols::AccountSpec receiver_account(const Call& call, std::string_view type,
                                        const std::string& account);

}  // namespace tuma::wechat
