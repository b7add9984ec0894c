// API v2: several orders that a customer pays at once. The service offers it no more.
#pragma once

#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/v2/v2_call.h"
#include "protocols/wechat/wire/body_reader.h"

namespace tuma::wechat {

/// POST /pay/combinedorder, /pay/querycombinedorder, /pay/closecombinedorder.
/// Source: WeChat Pay API v2, combined orders.
protocols::Answer v2_combine(const V2CallPtr& v2);
protocols::Answer v2_query_combined(const V2CallPtr& v2);
protocols::Answer v2_close_combined(const V2CallPtr& v2);

/// The fields that tell of a whole that was paid.
V2List v2_combined_fields(const ledger::Order& order, const Content& content);

}  // namespace tuma::wechat
