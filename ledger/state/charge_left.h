// What is left of what was charged, more exactly than in minor units: so that many small parts of
// it add up.
#pragma once

#include <cstdint>
#include <optional>

namespace tuma::ledger {

/// An amount in 2^-56 minor units.
__extension__ using ExactAmount = __int128;

inline constexpr int exact_amount_bits = 56;
inline constexpr ExactAmount exact_unit = ExactAmount{1} << exact_amount_bits;

/// exact × part / whole, to the nearest 2^-56 minor unit; nothing from 2^64 minor units on.
/// Requires: 0 <= exact < 2^64 minor units, part >= 0, whole > 0.
std::optional<ExactAmount> scaled(ExactAmount exact, std::int64_t part, std::int64_t whole);

/// To the minor unit, at most 2^63 - 1. A half goes down, so that what was given back went up; so
/// does what is a half but for 2^-32, because thirds and the like are kept to 2^-56 only.
/// Requires: 0 <= exact < 2^64 minor units.
std::int64_t rounded(ExactAmount exact);

/// Charges of one kind as far as they have not come back.
struct ChargeLeft {
    std::int64_t amount = 0;  ///< as the records say: minor units, never below zero
    /// What would be left if nothing were rounded, less `amount`: 2^-56 minor units, less than
    /// `off_limit` either way. More than one minor unit only where refunds were taken back.
    std::int64_t off = 0;

    static constexpr std::int64_t off_limit = std::int64_t{1} << 62U;  ///< 64 minor units

    bool operator==(const ChargeLeft&) const = default;

    /// What would be left if nothing were rounded; never below zero.
    ExactAmount exact() const;
    /// That once of what was sold for `whole` only `part` is left; 0 when `part` is 0.
    /// Requires: 0 <= part, and less than `whole` unless it is 0.
    ExactAmount exact_after(std::int64_t part, std::int64_t whole) const;
    /// From here on that is `exact`. Where it is `bound` or more from `amount`, what the records
    /// say holds, and nothing is off. Requires: bound <= off_limit.
    void count_from(ExactAmount exact, ExactAmount bound);
};

/// What comes back so that `exact` is left, rounded. Never below zero, never more than there is.
std::int64_t due_back(const ChargeLeft& left, ExactAmount exact);

/// Takes `wanted`, or what there is, off the amount, and says what was not there.
std::int64_t take(ChargeLeft& left, std::int64_t wanted);

}  // namespace tuma::ledger
