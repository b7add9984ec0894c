// Redis as a peer: accounts are keys, a transfer is one call of a script that checks and moves.
#pragma once

#include "loadgen/peers/peer.h"

#include <memory>
#include <string_view>

namespace tuma::loadgen {

/// All keys that this program touches begin so.
inline constexpr std::string_view redis_prefix = "tuma_load:";

/// Reaches a Redis. Throws ConnectionError: nobody there, no Redis, or one that wants a password;
/// SetUpError when it refuses what is needed.
std::unique_ptr<Peer> reach_redis(const PeerPlan& plan);

}  // namespace tuma::loadgen
