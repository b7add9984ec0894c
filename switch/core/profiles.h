// Profiles: named pieces of a dialect's configuration.
#pragma once

#include "switch/core/open_batch.h"

namespace tuma::core {

Outcome store_profile(OpenBatch& batch, const Request& request, const StoreProfile& command);

}  // namespace tuma::core
