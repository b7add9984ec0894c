// Pull: a business reads what it was paid, where a confirmation did not reach it.
#pragma once

#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /pulltransactions/v1/register. Source: mpesa reference, section 1.14.
protocols::Answer register_pull(const CallPtr& call);
/// POST /pulltransactions/v1/query: a hundred payments of at most 48 hours. All orders are looked
/// through, a thousand at a time.
protocols::Answer query_pull(const CallPtr& call);

}  // namespace tuma::mpesa
