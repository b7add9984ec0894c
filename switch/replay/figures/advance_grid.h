// Advances of several sizes, prices and holdbacks against one rail's days.
#pragma once

#include "switch/replay/run/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tuma::replay {

/// One advance on offer.
struct AdvanceOffer {
    std::int64_t average_days = 0;  ///< principal in average days of gross sales
    std::int64_t factor_bp = 0;     ///< due = half_up(principal x factor)
    std::int64_t holdback_bp = 0;   ///< of each day's settled gross

    bool operator==(const AdvanceOffer&) const = default;
};

inline constexpr std::size_t offers_max = 100;

/// The offers to compare and what the money does meanwhile.
struct GridPlan {
    std::int64_t day = 60;  ///< of the advance; index in the window
    /// What the advance earns a day, basis points of the principal: from the day after the advance
    /// up to and with the day it is repaid, each day half-up. 0: it is only left in the account.
    std::int64_t yield_bp = 0;
    std::vector<AdvanceOffer> offers;
};

/// Every combination, the holdback changing fastest.
std::vector<AdvanceOffer> combine(std::span<const std::int64_t> average_days,
                                  std::span<const std::int64_t> factors_bp,
                                  std::span<const std::int64_t> holdbacks_bp);

/// What one offer did to the merchant; minor units, days.
struct OfferOutcome {
    AdvanceOffer offer;
    std::int64_t principal = 0;
    std::int64_t due = 0;
    std::int64_t repaid = 0;
    std::optional<core::LocalDay> repaid_on;    ///< nothing: something is owed at the end
    std::optional<std::int64_t> days_to_repay;  ///< from the day of the advance
    std::int64_t days_short = 0;                ///< closing balance below 0, of all days
    std::int64_t peak_financing = 0;            ///< deepest closing balance below 0
    std::int64_t closing_end = 0;
    std::int64_t earned = 0;  ///< by the yield
    /// The rate at which the repayments are worth the principal, see `effective_rate_ppm`; nothing
    /// when something is owed at the end.
    std::optional<std::int64_t> effective_rate_ppm;
    /// What the money would have to earn a day, millionths of the principal, for the advance to
    /// pay for itself: half_up(10^6 x (due - principal) / (principal x days_to_repay)).
    std::optional<std::int64_t> break_even_ppm;

    std::int64_t cost() const { return due - principal; }
    bool operator==(const OfferOutcome&) const = default;
};

/// Plays every offer against the days of a rail that was played without an advance. Each offer is a
/// bank account of its own in books of their own: it gets the opening cash and each day's money
/// from the rail, the advance and what it earns, and pays outgoings and the holdback, all of it
/// postings that the switch decides. The holdback takes effect from the day after the advance:
/// min(owed, half_up(settled gross x holdback)). Refuses no offers or more than `offers_max`
/// offers, a day that is not in the window, a principal of 0, what the switch refuses, amounts
/// beyond `ledger::amount_max`.
Result<std::vector<OfferOutcome>> play_offers(const MerchantPlan& merchant, const GridPlan& grid,
                                              std::span<const DayRow> days, std::int64_t opening,
                                              std::int64_t average_day);

}  // namespace tuma::replay
