// Notices: when somebody outside is told about an order, and told again.
#pragma once

#include "switch/core/open_batch.h"

#include <vector>

namespace tuma::core {

/// Opens a notice on each of the order's channels that are for this moment.
void notify(OpenBatch& batch, OrderId order, ledger::NoticeWhen moment);

/// Begins the attempt that is due first. Requires: there is one.
void begin_next_attempt(OpenBatch& batch);

/// Attempts that were begun and of which nothing is known.
std::vector<Effect> unfinished_attempts(const ledger::State& state);

Outcome end_attempt(OpenBatch& batch, const Request& request, const EndAttempt& command);
Outcome send_notice(OpenBatch& batch, const Request& request, const SendNotice& command);
Outcome list_notices(OpenBatch& batch, const Request& request, const ListNotices& command);

}  // namespace tuma::core
