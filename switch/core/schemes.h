// Schemes: loading one, and reading those that a state remembers.
#pragma once

#include "switch/core/open_batch.h"
#include "switch/core/rules/rulebook.h"

namespace tuma::core {

/// The schemes that are in force on a state that was replayed; its books are told which own funds
/// may be short. Throws ledger::StateError when a scheme cannot be read.
Rulebook read_rulebook(ledger::State& state);

Outcome load_scheme(OpenBatch& batch, const Request& request, const LoadScheme& command);

}  // namespace tuma::core
