// What a year of days adds up to: the measures of one variant, and of the fees.
#pragma once

#include "switch/replay/run/result.h"

#include <cstdint>
#include <optional>
#include <span>

namespace tuma::replay {

/// half_up(amount x numerator / denominator). Requires: it fits into 64 bits.
std::int64_t scaled(std::int64_t amount, std::int64_t numerator, std::int64_t denominator);

/// Interest of one day on a negative closing balance: half_up(-closing x rate / (10,000 x 365));
/// 0 when it is not negative.
std::int64_t interest_of(std::int64_t closing, std::int64_t rate_bp);

/// Gross of the window div its days; 0 when that is negative.
std::int64_t average_day(std::int64_t gross, const MerchantPlan& merchant);

/// The plan's advance in figures.
struct AdvanceTerms {
    core::LocalDay day{};
    std::int64_t principal = 0;
    std::int64_t due = 0;  ///< half_up(principal x factor)
    std::int64_t holdback_bp = 0;

    /// What is repaid on a later day on which `settled_gross` settled: half_up of the holdback, at
    /// most what is owed, nothing when it is negative.
    std::int64_t repayment(std::int64_t settled_gross, std::int64_t owed) const;
};
AdvanceTerms advance_terms(const AdvancePlan& plan, const MerchantPlan& merchant,
                           std::int64_t average_day);

/// `advance` for the variant with one. Requires: at least one day.
Measures measure(std::span<const DayRow> days, std::int64_t opening,
                 const std::optional<AdvanceTerms>& advance);

/// fees / gross in millionths, half-up; 0 when gross is not positive.
std::int64_t fee_share_micro(std::int64_t fees, std::int64_t gross);

}  // namespace tuma::replay
