// API v3: what became of an order, and its end by the merchant.
#pragma once

#include "protocols/adapter.h"
#include "protocols/wechat/call.h"
#include "protocols/wechat/content.h"

#include <string>

namespace tuma::wechat {

/// By out_trade_no and by transaction_id.
protocols::Answer query_by_number(const CallPtr& call);
protocols::Answer query_by_id(const CallPtr& call);
protocols::Answer close_order(const CallPtr& call);
/// Takes a payment by code back: unpaid it is closed, paid it is refunded.
protocols::Answer reverse_order(const CallPtr& call);

/// The payment as queries and callbacks show it.
std::string order_json(const ledger::Order& order, const Content& content, bool is_revoked);

}  // namespace tuma::wechat
