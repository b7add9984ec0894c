// API v3: parts of a payment for others, and the end of what waits to be shared.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/wire/call.h"

namespace tuma::wechat {

/// POST /v3/profitsharing/orders: from the payment's own account to receivers that were added
/// before. Each receiver's part is an order of its own, told as PENDING until it is final.
protocols::Answer share_profit(const CallPtr& call);
/// GET /v3/profitsharing/orders/{out_order_no}?transaction_id=
protocols::Answer query_sharing(const CallPtr& call);
/// POST /v3/profitsharing/orders/unfreeze: the rest is the merchant's, paid out like its sales.
protocols::Answer unfreeze(const CallPtr& call);
/// GET /v3/profitsharing/transactions/{transaction_id}/amounts: what waits still.
protocols::Answer query_unsplit(const CallPtr& call);

}  // namespace tuma::wechat
