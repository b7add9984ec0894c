// Transfers: money that moves at once, over several legs, or in two phases; and what is taken back.
#pragma once

#include "switch/core/open_batch.h"

namespace tuma::core {

Outcome move_money(OpenBatch& batch, const Request& request, const MoveMoney& command);
Outcome move_linked(OpenBatch& batch, const Request& request, const MoveLinked& command);
Outcome reserve(OpenBatch& batch, const Request& request, const Reserve& command);
Outcome settle(OpenBatch& batch, const Request& request, const Settle& command);
Outcome release(OpenBatch& batch, const Request& request, const Release& command);
Outcome reverse(OpenBatch& batch, const Request& request, const Reverse& command);

/// Gives the reservation back that expires first. Requires: there is one.
void expire_next(OpenBatch& batch);

}  // namespace tuma::core
