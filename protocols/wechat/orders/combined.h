// Several payments that a customer makes at once, whatever version of the API asks.
#pragma once

#include "protocols/wechat/orders/trades.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// How many payments a whole has; a service provider combines those of its merchants.
struct MemberBounds {
    std::size_t least = 2;
    std::size_t most = 10;
};
MemberBounds member_bounds(const Call& call);

/// One of the payments, with its merchant.
struct Member {
    Content content;
    MerchantPtr merchant;
};
enum class SellerFate {
    known,
    nobody,    ///< there is no such merchant
    not_ours,  ///< who has signed does not act for it
};
/// Looks for the merchant of a payment, which need not be who asks.
SellerFate find_seller(const Call& call, Member& member);

/// The payments that a merchant wants to be made at once.
struct CombinedWish {
    Content content;
    std::vector<Member> members;
    Script script{};
    Timestamp expires{};
};
enum class CombinedFate {
    open,         ///< there is such a whole, new or from the same request before
    differs,      ///< there is one with this number and other parameters
    paid,         ///< it is paid already
    closed,       ///< it is closed or expired already
    number_used,  ///< another payment has the number of one of them
    no_customer,  ///< nobody has the openid
    refused,      ///< the switch does not open it
};
struct CombinedOutcome {
    CombinedFate fate = CombinedFate::refused;
    OrderPtr order{};
    Refusal refusal = Refusal::none;
};
/// Opens the whole with its payments. Requires: each has its merchant.
protocols::Answer open_combined(const CallPtr& call, CombinedWish wish, const http::HttpReply& busy,
                                std::function<protocols::Answer(const CombinedOutcome&)> then);

/// A whole and its payments, or null. `is_ended`: it was closed after its time.
using CombinedFound = std::function<protocols::Answer(
    const OrderPtr& whole, const std::vector<OrderPtr>& members, bool is_ended)>;
protocols::Answer find_combined(const std::string& mchid, const std::string& combine_number,
                                const http::HttpReply& busy, CombinedFound then);

enum class CombinedClosing {
    closed,   ///< nobody can pay it, now or later
    unknown,  ///< there is none
    differs,  ///< the list does not name all of its payments
    paid,     ///< too late
};
/// Closes a whole whose payments the list names, none more and none less; again and again with the
/// same result.
protocols::Answer close_whole(const std::string& mchid, const std::string& combine_number,
                              const std::vector<MemberContent>& listed, const http::HttpReply& busy,
                              std::function<protocols::Answer(CombinedClosing)> then);

}  // namespace tuma::wechat
