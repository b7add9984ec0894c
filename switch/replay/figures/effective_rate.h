// What an advance costs a year, so that it can be compared with a loan.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tuma::replay {

/// Money given back so many days after the advance.
struct Repayment {
    std::int64_t days = 0;
    std::int64_t amount = 0;  ///< minor units

    bool operator==(const Repayment&) const = default;
};

/// Rates above are given as this one: 100,000 %.
inline constexpr std::int64_t effective_rate_ppm_max = 1'000'000'000;

/// The effective annual rate X, in millionths, half-up: the one at which the repayments are worth
/// the principal, with a year of 365 days,
///     principal = sum over repayments of amount x (1 + X)^(-days / 365).
/// At most `effective_rate_ppm_max`; nothing when less than the principal was given back.
/// Found by bisection of the daily discount factor in steps of 2^-62, in integers.
/// Requires: principal > 0; repayments above 0 with ascending days from 1 on.
/// Source: Directive 2008/48/EC, annex I, with one drawdown and without other charges.
std::optional<std::int64_t> effective_rate_ppm(std::int64_t principal,
                                               std::span<const Repayment> repayments);

}  // namespace tuma::replay
