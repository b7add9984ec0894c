#include "loadgen/drive/native/server_gone.h"

#include <fmt/format.h>

namespace tuma::loadgen {

std::string ServerGone::text(const Endpoint& target, std::uint32_t connections_in_all) const {
    return fmt::format(
        "{}: {} after {:.3f} s; {} operations in {} requests were in flight on {} of {} "
        "connections: ask again with the same references to learn what became of them",
        target.text(), reason, static_cast<double>(at.count()) / 1e9, operations, requests,
        connections, connections_in_all);
}

}  // namespace tuma::loadgen
