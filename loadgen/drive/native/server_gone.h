// What is told of a server that went away.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/client/socket.h"

#include <cstdint>
#include <string>

namespace tuma::loadgen {

struct ServerGone {
    std::string reason;  ///< of the first connection that was lost
    Offset at{0};
    Offset until{0};  ///< answers of the others are awaited so long
    std::uint64_t requests = 0;
    std::uint64_t operations = 0;
    std::uint32_t connections = 0;

    /// One sentence, for people.
    std::string text(const Endpoint& target, std::uint32_t connections_in_all) const;
};

}  // namespace tuma::loadgen
