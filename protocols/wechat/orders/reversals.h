// Payments by code that are taken back as if they had never been.
#pragma once

#include "protocols/wechat/orders/trades.h"

#include <functional>

namespace tuma::wechat {

enum class ReversalFate {
    reversed,     ///< the customer has not paid, or has the money back
    unknown,      ///< there is no such payment
    not_by_code,  ///< only payments by code can be reversed
    refused,      ///< the merchant's account has too little
};
struct ReversalOutcome {
    ReversalFate fate = ReversalFate::reversed;
    OrderPtr order{};
};

/// Closes a payment that is not made yet, gives back one that is; again and again with the same
/// result. Source: WeChat Pay API v2, reverse.
protocols::Answer reverse_trade(const CallPtr& call, const TradeRef& ref,
                                const http::HttpReply& busy,
                                std::function<protocols::Answer(const ReversalOutcome&)> then);

/// Finds a payment and whether it was reversed, or closed after its time; null if there is none.
protocols::Answer find_trade_and_reversal(
    const CallPtr& call, const TradeRef& ref, const http::HttpReply& busy,
    std::function<protocols::Answer(const OrderPtr&, bool is_ended)> then);

/// A payment code: 18 digits that begin with 10 to 15.
bool is_payment_code(std::string_view text);

}  // namespace tuma::wechat
