// B2B Express: a merchant is asked on the handset of its till to pay another business.
#pragma once

#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /v1/ussdpush/get-msisdn. Source: mpesa reference, section 1.10.
protocols::Answer ask_merchant(const CallPtr& call);
/// What callbackUrl is told.
protocols::Callback express_callback(const ledger::Order& order, const Content& content);

}  // namespace tuma::mpesa
