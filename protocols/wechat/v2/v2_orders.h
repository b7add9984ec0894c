// API v2: orders that wait for a customer; asked for, closed.
#pragma once

#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/v2/v2_call.h"
#include "protocols/wechat/v2/v2_reader.h"

namespace tuma::wechat {

protocols::Answer v2_unified_order(const V2CallPtr& v2);
protocols::Answer v2_query_order(const V2CallPtr& v2);
protocols::Answer v2_close_order(const V2CallPtr& v2);

/// What an order by any way to pay has in common. `expires` is time_expire, the zero time without.
void read_v2_order(V2Reader& reader, const V2Call& v2, Content& content, Timestamp& expires);
/// time_expire, checked; the zero time without it.
Timestamp read_v2_expiry(V2Reader& reader, const V2Call& v2, Content& content);
/// What an order that was opened is answered with.
http::HttpReply v2_prepay_reply(const V2Call& v2, const ledger::Order& order);
/// Why there is no order, or not this one.
V2Error v2_trade_error(const TradeOutcome& outcome);
/// What is told of a payment that was made: by replies and by the notice.
V2List v2_paid_fields(const ledger::Order& order, const Content& content);

}  // namespace tuma::wechat
