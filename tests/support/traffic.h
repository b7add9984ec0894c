// Random requests of every kind, most of them sensible, drawn from a seed.
#pragma once

#include "switch/core/command.h"

#include <cstdint>
#include <random>
#include <vector>

namespace tuma::testing {

struct Errand;

/// The requests of a small town: a bank, three wallets, a till, an agent, and the fees account; and
/// if wished a scheme with a wallet, a till, a shop that is paid out at once, one that is paid out
/// the day after, and one that keeps a reserve, each with a bank account.
class Traffic {
public:
    enum class Schemes : std::uint8_t { none, one };
    explicit Traffic(std::uint64_t seed, Schemes schemes = Schemes::none)
        : random_(seed), has_scheme_(schemes == Schemes::one) {}

    /// Opens the town's accounts and gives most of them money; to be executed in this order.
    std::vector<core::Request> opening();

    /// A request under a new key. `transfers` is about how many transfers there are, `now` a time
    /// that deadlines may be close to. A reversal comes without its original's records.
    core::Request next(std::uint64_t transfers, Timestamp now);

    /// Another wish under the same key, as a buggy or dishonest client would send it.
    core::Request modified(const core::Request& request, std::uint64_t transfers, Timestamp now);

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool chance(std::uint64_t percent) { return below(100) < percent; }

private:
    core::Request wrap(core::Command command);
    core::Command command(std::uint64_t transfers);
    core::Command move();
    core::Command linked();
    core::Command reserve();
    core::Command open();
    core::Command change();
    void open_under_scheme(std::vector<core::Request>& requests);
    AccountId any_account() {
        return AccountId{static_cast<std::uint32_t>(below(has_scheme_ ? 22 : 9))};
    }
    /// A usual reason to move money, and between which accounts.
    const Errand& any_errand();
    std::int64_t any_amount();
    TransferId any_transfer(std::uint64_t transfers);

    std::mt19937_64 random_;
    bool has_scheme_;
    std::uint64_t requests_ = 0;
};

}  // namespace tuma::testing
