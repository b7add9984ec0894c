// Which peers can be driven: one row each.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/peers/peer.h"
#include "loadgen/workload/scenario.h"

#include <memory>
#include <span>
#include <string_view>

namespace tuma::loadgen {

/// One kind of peer.
struct PeerKind {
    std::string_view name;      ///< of --target: "redis"
    std::string_view sentence;  ///< what an operation is, for people
    /// Reaches it and finds out whether it is one. Throws ConnectionError, which says what speaks
    /// there instead, and SetUpError when it refuses what is needed.
    std::unique_ptr<Peer> (*reach)(const PeerPlan& plan) = nullptr;
};
std::span<const PeerKind> peer_kinds();
/// The row of a name, or null.
const PeerKind* find_peer(std::string_view name);

/// Refuses a scenario with operations that are no single movement of money.
std::optional<InputError> not_for_peers(const Scenario& scenario);

/// Opens the scenario's accounts at a peer, numbered by role; money is given to those who would be
/// issued some at a switch. Throws SetUpError, ConnectionError.
Accounts set_up_peer(Peer& peer, const Scenario& scenario, const SetUpProgress& progress);

}  // namespace tuma::loadgen
