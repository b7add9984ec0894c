// Orders: opened, alone or as a group; what customers and merchants do to them, and what happens by
// itself.
#pragma once

#include "switch/core/open_batch.h"

namespace tuma::core {

Outcome open_order(OpenBatch& batch, const Request& request, const OpenOrder& command);
Outcome move_order(OpenBatch& batch, const Request& request, const MoveOrder& command);
Outcome query_order(OpenBatch& batch, const Request& request, const QueryOrder& command);
Outcome list_orders(OpenBatch& batch, const Request& request, const ListOrders& command);

/// The order that is due first acts or ends. Requires: there is one.
void act_next(OpenBatch& batch);

}  // namespace tuma::core
