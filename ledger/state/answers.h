// Which answer to a request a record of the journal stands for.
#pragma once

#include "ledger/records/event.h"
#include "ledger/state/request_keys.h"
#include "ledger/words/time.h"

#include <optional>

namespace tuma::ledger {

/// What the client was told about the request behind this record, or nothing when the record
/// answers nobody (an expiry, a later leg of a set, what has keys of its own).
std::optional<RememberedRequest> answer_of(const Event& event, Timestamp time);

}  // namespace tuma::ledger
