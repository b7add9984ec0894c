// Sockets that wait for callers: of callbacks, and of the servers that the generator itself plays.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/client/socket.h"

#include <optional>
#include <string_view>

namespace tuma::loadgen {

/// Reads "HOST:PORT" as `parse_endpoint` does, but port 0 too, for which the system finds a free
/// one.
Result<Endpoint> parse_listen_endpoint(std::string_view text);

/// A non-blocking listening socket of TCP. Throws ConnectionError, which names address and reason.
Socket listen_on(const Endpoint& endpoint);

/// The port that it got. Requires: a socket of `listen_on`.
std::uint16_t port_of(const Socket& listening);

/// The next caller, non-blocking and without Nagle's delay; nothing when none waits. Throws
/// ConnectionError when the process has no descriptor left for it.
std::optional<Socket> accept_caller(const Socket& listening);

}  // namespace tuma::loadgen
