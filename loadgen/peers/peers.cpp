#include "loadgen/peers/peers.h"

#include "loadgen/peers/pg_peer.h"
#include "loadgen/peers/redis_peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr std::array kinds_of_peer{PeerKind{"redis", "transfers as a Lua script", reach_redis},
                                   PeerKind{pg_protocol, "transfers as transactions", reach_pg}};

/// Numbers accounts as they are asked for.
class Numbering {
public:
    AccountId one(std::int64_t balance) { return many(1, balance).front(); }

    std::vector<AccountId> many(std::uint32_t count, std::int64_t balance) {
        if (count > 0) ranges_.push_back({AccountId{next_}, count, balance});
        std::vector<AccountId> accounts(count);
        for (AccountId& account : accounts) account = AccountId{next_++};
        return accounts;
    }

    const std::vector<AccountRange>& ranges() const { return ranges_; }

private:
    std::uint32_t next_ = 1;
    std::vector<AccountRange> ranges_;
};

}  // namespace

std::span<const PeerKind> peer_kinds() {
    return kinds_of_peer;
}

const PeerKind* find_peer(std::string_view name) {
    const auto* const found = std::find_if(kinds_of_peer.begin(), kinds_of_peer.end(),
                                           [&](const PeerKind& row) { return row.name == name; });
    return found == kinds_of_peer.end() ? nullptr : &*found;
}

std::optional<InputError> not_for_peers(const Scenario& scenario) {
    // All others move an amount from one account to another, whatever they are called.
    if (scenario.weight(Action::reserve) == 0) return std::nullopt;
    return InputError{"--scenario",
                      fmt::format("{} has {}, which only a switch knows; choose one with deposit, "
                                  "withdraw, pay_merchant, transfer or redeem alone, as p2p",
                                  scenario.name, name(Action::reserve))};
}

Accounts set_up_peer(Peer& peer, const Scenario& scenario, const SetUpProgress& progress) {
    const std::int64_t funds = opening_balance(scenario);
    Numbering numbers;
    Accounts accounts;
    accounts.trust = numbers.one(0);
    accounts.wallets = numbers.many(scenario.customers, funds);
    accounts.tills = numbers.many(scenario.merchants, 0);
    accounts.agents = numbers.many(scenario.agents, funds);
    peer.set_up(numbers.ranges(), progress);
    return accounts;
}

}  // namespace tuma::loadgen
