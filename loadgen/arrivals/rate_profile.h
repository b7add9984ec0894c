// Rates, and a rate that changes: when its operations are due, in whole numbers and without drift.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tuma::loadgen {

/// Time since the start of the run, on a clock that never goes back.
using Offset = std::chrono::nanoseconds;
/// In whole microseconds. Requires: not below zero.
inline std::uint64_t microseconds(Offset duration) {
    return static_cast<std::uint64_t>(duration.count()) / 1000;
}

__extension__ typedef unsigned __int128 Uint128;
/// Requires: less than 292 years, to which a rate close to zero may lead.
Offset whole_offset(Uint128 nanoseconds);

/// Operations per time in thousandths of an operation per second, so that 0.5/s is exact.
struct Rate {
    std::uint64_t millihertz = 0;

    static constexpr Rate per_second(std::uint64_t n) { return {n * 1000}; }
    double per_second() const { return static_cast<double>(millihertz) / 1000.0; }
    constexpr auto operator<=>(const Rate&) const = default;
};
/// No higher one is asked for: 100M a second.
inline constexpr Rate rate_max = Rate::per_second(100'000'000);

/// So long the rate goes in a straight line from one to the other.
struct RatePiece {
    Offset length{0};
    Rate from;
    Rate to;

    bool operator==(const RatePiece&) const = default;
    /// How many operations it has until so long after its beginning.
    double operations(Offset until) const;
};

/// The same of pieces one after the other.
double operations_until(std::span<const RatePiece> pieces, Offset until);
Offset length_of(std::span<const RatePiece> pieces);
/// As many operations in the same time, at a rate that stays the same.
Rate mean_rate(std::span<const RatePiece> pieces);

/// A rate as a function of time, from 0 on.
class RateProfile {
public:
    /// These pieces and then nothing more. Requires: at least one, each longer than 0 and together
    /// at most 366 days, rates above 0 and at most 100M a second.
    explicit RateProfile(std::span<const RatePiece> pieces);
    /// This rate for ever.
    explicit RateProfile(Rate rate);
    /// Days of 24 hours with these weights, one day like the other, with this rate on average.
    /// Requires: 24 weights of at most a million, not all zero, and a day of 24 ns to 24 h.
    RateProfile(Rate mean, std::span<const std::uint32_t> hours, Offset day_length);

    /// How many whole operations are due before `end`, where they come evenly.
    std::uint64_t operations_before(Offset end) const;

private:
    friend class RateWalk;
    /// Weights are rates in a unit of the profile's own, and doubled areas below them are what has
    /// passed: the area below a ramp has a half in it.
    struct Part {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        Offset length{0};
        Offset begin{0};
        Uint128 before = 0;  ///< doubled area before it

        Uint128 area() const;
        Uint128 area_until(Uint128 time) const;
        Offset time_of(Uint128 area, Offset from_here) const;
    };

    void append(Offset length, std::uint64_t from, std::uint64_t to);
    Uint128 whole_area() const { return parts_.back().before + parts_.back().area(); }
    Offset whole_length() const { return parts_.back().begin + parts_.back().length; }

    std::vector<Part> parts_;
    Uint128 operation_;  ///< the doubled area of one operation
    bool repeats_ = false;
};

/// Goes forwards through a profile, from operation to operation.
class RateWalk {
public:
    explicit RateWalk(RateProfile profile);

    /// The last nanosecond before which no more than this has passed, in 2^-32 of an operation;
    /// nothing where that lies behind the profile's end.
    /// Requires: not less than at the last call, fewer than 2^64 operations.
    std::optional<Offset> time_of(Uint128 operations);

private:
    bool enter_next_part();

    RateProfile profile_;
    std::size_t part_ = 0;
    Offset begin_{0};         ///< of the present part, with all repetitions before it
    Uint128 begin_area_ = 0;  ///< what has passed by then
    Uint128 end_area_ = 0;    ///< and by its end
    Offset in_part_{0};       ///< the last time, from the part's beginning
    Uint128 passed_ = 0;      ///< the area from there to that time, of a part that is level
};

}  // namespace tuma::loadgen
