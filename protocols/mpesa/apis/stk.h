// M-Pesa Express: a customer is asked on the handset (STK push), and what became of it.
#pragma once

#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /mpesa/stkpush/v1/processrequest.
protocols::Answer push_prompt(const CallPtr& call);
/// POST /mpesa/stkpushquery/v1/query.
protocols::Answer query_prompt(const CallPtr& call);

/// The callback about a prompt that has ended.
protocols::Callback prompt_callback(const ledger::Order& order, const Content& content,
                                    const Options& options);

}  // namespace tuma::mpesa
