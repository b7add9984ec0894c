// PostgreSQL as a peer: accounts and transfers in a schema of their own, a transfer is a
// transaction.
#pragma once

#include "loadgen/peers/peer.h"

#include <memory>
#include <string_view>

namespace tuma::loadgen {

/// Of --target.
inline constexpr std::string_view pg_protocol = "pg";

/// Reaches a PostgreSQL. Throws ConnectionError: nobody there, no PostgreSQL, or one that does not
/// let us in.
std::unique_ptr<Peer> reach_pg(const PeerPlan& plan);

}  // namespace tuma::loadgen
