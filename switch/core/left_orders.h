// Orders that have left memory: what a command lacks, what was found of it, what comes back.
#pragma once

#include "switch/core/open_batch.h"

#include <memory>
#include <string>

namespace tuma::core {

/// Something that the command is about is not in memory and may be on disk.
bool lacks(const ledger::Orders& orders, const OpenOrder& command);
bool lacks(const ledger::Orders& orders, const MoveOrder& command);
bool lacks(const ledger::Orders& orders, const QueryOrder& command);
bool lacks(const ledger::Orders& orders, const ListOrders& command);
bool lacks(const ledger::Orders& orders, const SendNotice& command);

/// In memory, or as it was found on disk; null if it is nowhere.
std::shared_ptr<const ledger::Order> find_order(const OpenBatch& batch, OrderId id);
std::shared_ptr<const ledger::Order> find_order(const OpenBatch& batch, const std::string& key);
/// By number, or by key when the number is 0.
std::shared_ptr<const ledger::Order> find_order(const OpenBatch& batch, OrderId id,
                                                const std::string& key);

/// Brings an order back into memory if it is not there, because something happens to it.
void recall(OpenBatch& batch, OrderId id);

}  // namespace tuma::core
