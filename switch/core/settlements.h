// Settlements: merchants are paid out to their bank accounts when what they sold falls due.
#pragma once

#include "switch/core/open_batch.h"

namespace tuma::core {

/// Closes the settlement that is due first: pays it out, and leaves its statement.
/// Requires: something is due.
void settle_next(OpenBatch& batch);

}  // namespace tuma::core
