// Draws what happens next in a scenario: who pays whom how much.
#pragma once

#include "ledger/words/id.h"
#include "loadgen/arrivals/random.h"
#include "loadgen/workload/accounts.h"
#include "loadgen/workload/scenario.h"
#include "protocols/native/frame.h"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace tuma::loadgen {

/// One operation before it is a command on the wire.
struct Operation {
    native::FrameType type = native::FrameType::transfer;
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;  ///< minor units; 0 for settle and release
    TransferId reservation;   ///< settle and release only
};

/// How many different frame types a workload sends.
inline constexpr std::size_t operation_kind_count = 8;
/// The position of `type` among them. Requires: a type that `Operation` can have.
std::size_t kind_index(native::FrameType type);
/// The inverse of `kind_index`.
native::FrameType kind_type(std::size_t index);

/// Draws operations. Equal scenario, accounts and seed give equal operations, and equal fates of
/// reservations in the order in which they are told; when they are told changes neither.
class Workload {
public:
    /// Requires: a accounts that was set up for this scenario, with at least two wallets.
    Workload(const Scenario& scenario, const Accounts& accounts, std::uint64_t seed);

    /// An action by the mix. Settling and releasing come first as soon as there is something to
    /// settle or release, so each reservation that is due for it gets it once.
    Operation draw();
    /// An operation of this action with an amount around `mean` minor units.
    Operation draw(Action action, std::int64_t mean);
    Action draw_action();

    /// A reservation was accepted; its fate is drawn now.
    void reserved(TransferId reservation);
    /// A settle or release waits to be drawn.
    bool has_follow_up() const { return !follow_ups_.empty(); }

private:
    std::int64_t draw_amount(std::int64_t mean);
    AccountId wallet();
    AccountId wallet_other_than(AccountId payer);
    AccountId agent();
    AccountId till();

    const std::vector<AccountId>& wallets_;
    const std::vector<AccountId>& agents_;
    const std::vector<AccountId>& tills_;
    AccountId trust_;
    AmountShape shape_;
    std::array<std::int64_t, action_count> means_{};
    std::uint32_t hot_merchant_permille_;
    std::uint32_t settle_percent_;
    std::uint32_t release_percent_;
    Random random_;
    Random fates_;  ///< of their own, since answers come at any time
    WeightedChoice actions_;
    std::optional<Action> only_action_;
    std::optional<Zipf> popularity_;          ///< of tills
    std::optional<Zipf> wallet_popularity_;   ///< nothing: all alike
    std::vector<std::uint32_t> exponential_;  ///< equally likely quantiles, in 2^-16 of the mean
    std::deque<Operation> follow_ups_;
};

}  // namespace tuma::loadgen
