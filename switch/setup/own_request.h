// Requests of the server to itself, before its threads run.
#pragma once

#include "switch/core/command.h"
#include "switch/core/outcome.h"
#include "switch/engine/engine.h"

#include <vector>

namespace tuma {

/// Decides one request and makes it durable by taking the engine's steps; what it caused outside
/// leaves too. Throws std::runtime_error when the engine takes nothing or the journal fails.
/// Requires: the engine has not been started.
core::Outcome ask(net::Engine& engine, core::Request request);
/// The same for requests that are decided together and in order, in one batch.
std::vector<core::Outcome> ask(net::Engine& engine, std::vector<core::Request> requests);

}  // namespace tuma
