// API v3: refunds.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/call.h"

#include <string>

namespace tuma::wechat {

protocols::Answer create_refund(const CallPtr& call);
/// By out_refund_no.
protocols::Answer query_refund(const CallPtr& call);
/// POST …/{refund_id}/apply-abnormal-refund: to another card of the customer.
protocols::Answer retry_abnormal_refund(const CallPtr& call);

/// The refund as replies show it.
std::string refund_json(const ledger::Order& refund, const Content& content);
/// The refund as callbacks show it.
std::string refund_notice_json(const ledger::Order& refund, const Content& content);

}  // namespace tuma::wechat
