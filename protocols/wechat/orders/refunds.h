// Refunds as the switch sees them, whatever version of the API asks.
#pragma once

#include "protocols/wechat/orders/trades.h"

#include <functional>
#include <vector>

namespace tuma::wechat {

/// What became of a wish for a refund.
enum class RefundFate {
    open,             ///< there is such a refund, new or from the same request before
    differs,          ///< there is one with this number and other parameters
    payment_unknown,  ///< the merchant has no such payment
    not_paid,         ///< nothing was paid
    total_differs,    ///< `total` is not what was paid
    too_much,         ///< more than is left of the payment
    all_returned,     ///< nothing is left of the payment
    too_many,         ///< the 51st refund
    too_late,         ///< more than 365 days after the payment
    not_enough,       ///< the merchant's account has too little
    refused,          ///< the books refuse it
};
struct RefundOutcome {
    RefundFate fate = RefundFate::refused;
    OrderPtr refund{};
    OrderPtr payment{};
};

/// A refund that a merchant wants. `content` has the refund's number, total and amount; which
/// payment it is of is in `payment`.
struct RefundWish {
    Content content;
    TradeRef payment;
    Script script;
};

/// Moves the money at once and tells of it later; for good either way.
/// Source: WeChat Pay API v3, refunds.
protocols::Answer open_refund(const CallPtr& call, RefundWish wish, http::HttpReply busy,
                              std::function<protocols::Answer(const RefundOutcome&)> then);

/// All refunds of a payment, the oldest first; none if there is no such payment.
protocols::Answer list_refunds(const CallPtr& call, const TradeRef& ref,
                               const http::HttpReply& busy,
                               std::function<protocols::Answer(const std::vector<OrderPtr>&)> then);

/// The refund with this number, or what it was tried again as; null if there is none.
protocols::Answer find_refund(const CallPtr& call, const std::string& out_refund_no,
                              const http::HttpReply& busy,
                              std::function<protocols::Answer(const OrderPtr&)> then);
/// A refund that ended ABNORMAL, and where its money is to go now.
struct RetryWish {
    std::string refund_id;
    std::string out_refund_no;
    std::string received_on;    ///< as it is told
    bool is_merchants = false;  ///< to a card of the merchant's, not of the customer's
};
/// Tries it again; again and again with the same result. `then` gets null if there is no such
/// refund, and the refund as it is where it is not ABNORMAL or the books refuse it.
/// Source: WeChat Pay API v3, abnormal refunds.
protocols::Answer retry_refund(const CallPtr& call, const RetryWish& wish,
                               const http::HttpReply& busy,
                               std::function<protocols::Answer(const OrderPtr&)> then);
/// The number by which a refund is told: one that was tried again keeps its first.
std::string told_refund_id(const ledger::Order& refund, const Content& content);

/// "PROCESSING", "SUCCESS", "ABNORMAL", "CLOSED".
std::string_view refund_status(const ledger::Order& refund);

}  // namespace tuma::wechat
