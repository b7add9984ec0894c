// Accounts: opened, also under a scheme with the bank account they are paid out to; changed; shown.
#pragma once

#include "switch/core/open_batch.h"

namespace tuma::core {

Outcome open_account(OpenBatch& batch, const Request& request, const OpenAccount& command);
Outcome change_account(OpenBatch& batch, const Request& request, const ChangeAccount& command);
Outcome query_account(OpenBatch& batch, const Request& request, const QueryAccount& command);

}  // namespace tuma::core
