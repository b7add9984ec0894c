// API v2: refunds, asked for by any of four numbers.
#pragma once

#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/v2/v2_call.h"

#include <string_view>

namespace tuma::wechat {

protocols::Answer v2_refund(const V2CallPtr& v2);
protocols::Answer v2_query_refund(const V2CallPtr& v2);

/// "PROCESSING", "SUCCESS", "CHANGE" (it cannot arrive), "REFUNDCLOSE".
std::string_view v2_refund_status(const ledger::Order& refund);
/// "REFUND_SOURCE_UNSETTLED_FUNDS" or "REFUND_SOURCE_RECHARGE_FUNDS".
std::string_view v2_refund_account(const Content& content);
/// Where a refund goes to.
inline constexpr std::string_view v2_refund_receiver = "支付用户零钱";

}  // namespace tuma::wechat
