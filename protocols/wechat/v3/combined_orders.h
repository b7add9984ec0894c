// API v3: several orders, also of several merchants, that a customer pays at once.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/call.h"

#include <string>

namespace tuma::wechat {

protocols::Answer combine_jsapi(const CallPtr& call);
protocols::Answer combine_native(const CallPtr& call);
protocols::Answer combine_app(const CallPtr& call);
protocols::Answer combine_h5(const CallPtr& call);
/// By combine_out_trade_no, and by the transaction_id of one of the payments.
protocols::Answer query_combined_by_number(const CallPtr& call);
protocols::Answer query_combined_by_id(const CallPtr& call);
/// Only as a whole: the list has to name all payments.
protocols::Answer close_combined(const CallPtr& call);

/// What a callback says of combined payments that were made.
std::string combined_notice_json(const ledger::Order& order, const Content& content);

}  // namespace tuma::wechat
