// API v3: a merchant pays a person, who has to confirm it.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/call.h"

#include <string>

namespace tuma::wechat {

protocols::Answer create_transfer(const CallPtr& call);
/// By out_bill_no and by transfer_bill_no.
protocols::Answer query_transfer_by_number(const CallPtr& call);
protocols::Answer query_transfer_by_id(const CallPtr& call);
protocols::Answer cancel_transfer(const CallPtr& call);

/// What a callback says of a transfer that has ended.
std::string transfer_notice_json(const ledger::Order& order, const Content& content);

}  // namespace tuma::wechat
