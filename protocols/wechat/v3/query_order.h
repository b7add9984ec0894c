// API v3: what became of an order, and its end by the merchant.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/call.h"

#include <string>

namespace tuma::wechat {

/// By out_trade_no and by transaction_id.
protocols::Answer query_by_number(const CallPtr& call);
protocols::Answer query_by_id(const CallPtr& call);
protocols::Answer close_order(const CallPtr& call);
/// Takes a payment by code back: unpaid it is closed, paid it is refunded.
protocols::Answer reverse_order(const CallPtr& call);

/// "appid" and "mchid" of a payment, or those of provider and merchant.
void write_seller(protocols::JsonText& json, const Content& content);
/// The payment as queries and callbacks show it.
std::string order_json(const ledger::Order& order, const Content& content, bool is_revoked);

}  // namespace tuma::wechat
