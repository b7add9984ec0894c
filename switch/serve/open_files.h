// How the file descriptors of the process are shared out: connections never take the journal's.
#pragma once

#include "ledger/words/result.h"
#include "switch/ops/settings.h"

#include <cstdint>
#include <string>

namespace tuma {

/// Raises the soft limit on open files to the hard one and returns it.
std::uint64_t raise_file_limit();

/// Calls to others at a time that go with so many connections on each listener.
std::uint64_t callbacks_beside(std::uint64_t connections);
/// The same for connections on the admin port.
std::uint64_t admin_connections_beside(std::uint64_t connections);

/// File descriptors that a switch with these settings can need at most.
std::uint64_t files_needed(const net::Settings& settings);

/// Lowers `settings.connections` to what `limit` open files allow and returns a sentence that says
/// so, or an empty one. Refuses when the number was `given` by somebody, or when not even four
/// connections are left. The error names limit, need and remedy.
Result<std::string> fit_connections(net::Settings& settings, std::uint64_t limit, bool given);

}  // namespace tuma
