#include "loadgen/workload/workload.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

using native::FrameType;

constexpr std::array<FrameType, operation_kind_count> kinds{
    FrameType::deposit, FrameType::withdraw, FrameType::transfer, FrameType::pay_merchant,
    FrameType::redeem,  FrameType::reserve,  FrameType::settle,   FrameType::release};

constexpr std::size_t quantile_count = 4096;
constexpr std::uint32_t quantile_one = 1U << 16U;

/// The medians of 4096 equal shares of the exponential distribution, scaled so that their mean is
/// exactly one.
std::vector<std::uint32_t> exponential_quantiles() {
    std::vector<double> quantiles(quantile_count);
    double sum = 0;
    for (std::size_t i = 0; i < quantile_count; ++i) {
        // The median of share i: the point at (i + 1/2) / 4096. With log1p it stays exact near 0.
        quantiles[i] = -std::log1p(-(static_cast<double>(i) + 0.5) / quantile_count);
        sum += quantiles[i];
    }
    std::vector<std::uint32_t> scaled(quantile_count);
    // The medians' mean is a little below one, because the longest tail is cut; scaling puts that
    // right.
    for (std::size_t i = 0; i < quantile_count; ++i)
        scaled[i] = static_cast<std::uint32_t>(
            std::lround(quantiles[i] * quantile_count / sum * quantile_one));
    return scaled;
}

std::optional<Action> single_action(const Scenario& scenario) {
    std::optional<Action> single;
    for (std::size_t i = 0; i < action_count; ++i) {
        if (scenario.mix[i] == 0) continue;
        // Two actions or more have to be drawn.
        if (single) return std::nullopt;
        single = static_cast<Action>(i);
    }
    return single;
}

}  // namespace

std::size_t kind_index(FrameType type) {
    // Eight entries: a search is as quick as a table by number, and cannot be out of step with
    // `kinds`.
    const auto* found = std::find(kinds.begin(), kinds.end(), type);
    ensure(found != kinds.end(), "no workload sends this type of frame");
    return static_cast<std::size_t>(found - kinds.begin());
}

FrameType kind_type(std::size_t index) {
    return kinds.at(index);
}

Workload::Workload(const Scenario& scenario, const Accounts& accounts, std::uint64_t seed)
    : wallets_(accounts.wallets),
      agents_(accounts.agents),
      tills_(accounts.tills),
      trust_(accounts.trust),
      shape_(scenario.shape),
      hot_merchant_permille_(scenario.hot_merchant_permille),
      settle_percent_(scenario.settle_percent),
      release_percent_(scenario.release_percent),
      random_(seed, 1),
      fates_(seed, 2),
      actions_(scenario.mix),
      only_action_(single_action(scenario)),
      exponential_(exponential_quantiles()) {
    ensure(wallets_.size() >= 2, "a workload needs two wallets");
    for (std::size_t i = 0; i < action_count; ++i)
        means_[i] =
            // Rounding down may give 0 for small means, and the server refuses an amount of 0.
            std::max<std::int64_t>(1, scenario.payment_mean * scenario.amount_permille[i] / 1000);
    if (scenario.zipf_permille > 0 && !tills_.empty())
        popularity_.emplace(tills_.size(), scenario.zipf_permille / 1000.0);
    if (scenario.customers_zipf_permille > 0)
        wallet_popularity_.emplace(wallets_.size(), scenario.customers_zipf_permille / 1000.0);
}

Operation Workload::draw() {
    // First come, first settled: a reservation must not run out because newer ones were drawn
    // before it.
    if (!follow_ups_.empty()) {
        const Operation next = follow_ups_.front();
        follow_ups_.pop_front();
        return next;
    }
    const Action action = draw_action();
    return draw(action, means_[static_cast<std::size_t>(action)]);
}

Action Workload::draw_action() {
    // No draw where there is nothing to choose: a random number for each operation would be wasted.
    if (only_action_) return *only_action_;
    return static_cast<Action>(actions_.draw(random_));
}

Operation Workload::draw(Action action, std::int64_t mean) {
    Operation operation;
    // The order of draws is part of what a seed means. Another order would make other operations of
    // the same seed.
    operation.amount = draw_amount(mean);
    operation.debit = wallet();
    switch (action) {
        case Action::deposit:
            operation.type = FrameType::deposit;
            // The wallet that was drawn as the payer receives here.
            operation.credit = operation.debit;
            operation.debit = agent();
            return operation;
        case Action::withdraw:
            operation.type = FrameType::withdraw;
            operation.credit = agent();
            return operation;
        case Action::pay_merchant:
            operation.type = FrameType::pay_merchant;
            operation.credit = till();
            return operation;
        case Action::transfer:
            operation.type = FrameType::transfer;
            operation.credit = wallet_other_than(operation.debit);
            return operation;
        case Action::redeem:
            operation.type = FrameType::redeem;
            operation.credit = trust_;
            return operation;
        case Action::reserve:
            operation.type = FrameType::reserve;
            operation.credit = till();
            return operation;
    }
    unreachable("an action outside the table");
}

void Workload::reserved(TransferId reservation) {
    // One draw decides among three fates, so that the two shares are of the same hundred.
    const std::uint64_t lot = fates_.below(100);
    Operation follow_up;
    follow_up.reservation = reservation;
    if (lot < settle_percent_)
        follow_up.type = FrameType::settle;
    else if (lot < settle_percent_ + release_percent_)
        follow_up.type = FrameType::release;
    else
        // It is left to run out, which is a load of its own: the switch has to meet the deadline.
        return;
    follow_ups_.push_back(follow_up);
}

std::int64_t Workload::draw_amount(std::int64_t mean) {
    switch (shape_) {
        case AmountShape::fixed:
            return mean;
        case AmountShape::uniform:
            // Half of the mean either way, so that the middle is the mean.
            return random_.between((mean + 1) / 2, mean + mean / 2);
        case AmountShape::exponential: {
            const auto quantile =
                // 4096 divides the range of next(), so the remainder favours no quantile.
                static_cast<std::int64_t>(exponential_[random_.next() % quantile_count]);
            // Quantiles near 0 round to 0, which is no amount.
            return std::max<std::int64_t>(1, (mean * quantile + quantile_one / 2) / quantile_one);
        }
    }
    unreachable("an amount shape outside the table");
}

AccountId Workload::wallet() {
    const std::size_t rank =
        wallet_popularity_ ? wallet_popularity_->draw(random_) : random_.below(wallets_.size());
    return wallets_[rank];
}

AccountId Workload::wallet_other_than(AccountId payer) {
    if (!wallet_popularity_) {
        // The last wallet stands in for the payer, so that all others are equally likely.
        const AccountId drawn = wallets_[random_.below(wallets_.size() - 1)];
        return drawn == payer ? wallets_.back() : drawn;
    }
    // Again until it is another one: the others keep their shares of each other. The steepest
    // exponent leaves one in a thousand to them, so that this ends soon.
    AccountId drawn = wallet();
    while (drawn == payer) drawn = wallet();
    return drawn;
}

AccountId Workload::agent() {
    return agents_[random_.below(agents_.size())];
}

AccountId Workload::till() {
    if (hot_merchant_permille_ > 0 && random_.chance(hot_merchant_permille_, 1000))
        // The first till is the hot one, as it is the most popular one under Zipf.
        return tills_.front();
    const std::size_t rank =
        popularity_ ? popularity_->draw(random_) : random_.below(tills_.size());
    return tills_[rank];
}

}  // namespace tuma::loadgen
