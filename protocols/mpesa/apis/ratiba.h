// M-Pesa Ratiba: a customer agrees to be charged again and again, and is.
//
// The customer's word is an order of its own, decided at once and told later. What is paid is
// another one, opened with it, that repeats: it falls due on each of its days until the last, and
// each payment is told.
#pragma once

#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /standingorder/v1/createStandingOrderExternal: the customer is asked, and the answer told;
/// then the customer is charged on each of the days. Source: mpesa reference, section 1.18.
protocols::Answer create_standing_order(const CallPtr& call);
/// What CallBackURL is told: of the customer's word, and of each payment.
protocols::Callback standing_callback(const ledger::Order& order, const Content& content);

}  // namespace tuma::mpesa
