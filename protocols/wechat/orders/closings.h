// Payments that their merchant closes, also such as can be paid no more, or never were ordered.
#pragma once

#include "protocols/wechat/orders/trades.h"

#include <functional>

namespace tuma::wechat {

enum class ClosingFate {
    closed,      ///< nobody can pay it, now or later
    was_closed,  ///< before
    unknown,     ///< there was no such payment; its number was closed if that was asked for
    paid,        ///< too late
    by_code,     ///< payments by code are reversed
};
/// Closes the payment with this number; again and again with the same result. `burns`: a number
/// that nobody has used cannot be used any more. Source: WeChat Pay API v3, close.
protocols::Answer close_trade(const CallPtr& call, const std::string& out_trade_no, bool burns,
                              const http::HttpReply& busy,
                              std::function<protocols::Answer(ClosingFate)> then);

/// Remembers under this key that what cannot be paid any more was closed.
protocols::Answer put_closing_mark(const std::string& mchid, const std::string& number,
                                   std::string key, const http::HttpReply& busy,
                                   std::function<protocols::Answer(const core::Outcome&)> then);

}  // namespace tuma::wechat
