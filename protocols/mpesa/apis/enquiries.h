// What businesses ask: their balances, and what became of a transaction.
#pragma once

#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /mpesa/accountbalance/v1/query.
protocols::Answer query_balance(const CallPtr& call);
/// POST /mpesa/transactionstatus/v1/query.
protocols::Answer query_status(const CallPtr& call);

}  // namespace tuma::mpesa
