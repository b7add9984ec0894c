// Orders that a command is about and that have left memory, from the archive.
#pragma once

#include "ledger/archive/order_archive.h"
#include "switch/core/command.h"

#include <memory>
#include <vector>

namespace tuma::net {

/// What the archive has of the orders that the command names by key or number; for a command that
/// names none, nothing. Throws as OrderArchive::find.
std::vector<std::shared_ptr<const ledger::Order>> look_up_orders(const core::Command& command,
                                                                 ledger::OrderArchive& archive);

}  // namespace tuma::net
