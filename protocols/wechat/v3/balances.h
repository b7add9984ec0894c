// API v3: what a merchant's accounts hold, now and at the end of a day.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/wire/call.h"

namespace tuma::wechat {

/// GET /v3/merchant/fund/balance/{BASIC, OPERATION, FEES}.
protocols::Answer query_balance(const CallPtr& call);
/// GET /v3/merchant/fund/dayendbalance/{the same}?date=2026-10-02: of a day that has ended.
protocols::Answer query_day_end_balance(const CallPtr& call);

}  // namespace tuma::wechat
