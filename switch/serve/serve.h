// `tuma serve`: puts the switch together, runs it until a signal, takes it apart in order.
#pragma once

#include "switch/files/scheme_file.h"
#include "switch/ops/settings.h"

#include <string>
#include <vector>

namespace tuma {

/// Runs the switch with `schemes` in force; a `warning` about the settings goes to the log. Prints
/// one line `ready native=HOST:PORT admin=HOST:PORT` on standard output once all listeners accept.
/// SIGTERM or SIGINT: finishes what was taken, makes it durable, answers it, saves a snapshot,
/// returns 0. A second signal ends the process at once with 130. Throws what the environment does:
/// StoreError, RecoveryError, std::system_error; std::runtime_error when a scheme is refused.
int serve(const net::Settings& settings, const std::vector<SchemeFile>& schemes,
          const std::string& warning);

}  // namespace tuma
