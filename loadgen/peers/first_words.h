// The first words with a peer, which show whether it is one.
#pragma once

#include "loadgen/client/socket.h"

#include <string_view>

namespace tuma::loadgen {

/// Sends `greeting` on a connection of its own, and gives the first bytes that come back. Of
/// whoever says nothing for a second a second connection asks with `line`, which those answer who
/// were waiting for the end of one. Throws ConnectionError when nothing comes within the timeout,
/// or the connection is closed without a word; `wanted` is what should be spoken there.
std::string first_words(const Endpoint& endpoint, std::string_view greeting, std::string_view line,
                        std::string_view wanted, Duration timeout);

/// Says that `bytes` are none of `wanted`, and what they are if that can be told.
ConnectionError other_words(const Endpoint& endpoint, std::string_view bytes,
                            std::string_view wanted);

}  // namespace tuma::loadgen
