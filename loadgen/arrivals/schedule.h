// When operations are meant to be sent: absolute times, fixed before the run by rate and seed.
#pragma once

#include "loadgen/arrivals/random.h"
#include "loadgen/arrivals/rate_profile.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

enum class Arrival : std::uint8_t {
    constant,  ///< equal gaps
    poisson,   ///< exponential gaps, as independent customers arrive
};
std::string_view name(Arrival arrival);

/// The k-th time of a constant rate: floor(k / rate), without drift for any k.
/// Requires: a rate above zero and a result below 2^63 ns.
Offset constant_time(std::uint64_t k, Rate rate);

/// Which part of a whole is whose: number `index` of `count` that share it equally.
struct Division {
    std::uint32_t index = 0;
    std::uint32_t count = 1;
};
/// That part: as equal as whole numbers can be, and all of them together are the whole.
std::uint64_t share_of_whole(std::uint64_t whole, Division division);

/// When operations are meant to be sent, in order, one at a time.
class Arrivals {
public:
    Arrivals() = default;
    Arrivals(const Arrivals&) = default;
    Arrivals& operator=(const Arrivals&) = default;
    virtual ~Arrivals() = default;

    /// The next time without taking it; nothing while there is none.
    virtual std::optional<Offset> peek() const = 0;
    /// Takes the next time. Requires: peek() has one.
    virtual Offset take() = 0;
    /// An operation was answered or given up, which may bring on another one.
    virtual void ended(Offset /*now*/) {}
};

/// The intended send times of an open-loop run: the operations of an even or a Poisson stream, one
/// a unit on average, at the times at which the profile has let so many pass.
class Schedule final : public Arrivals {
public:
    /// Nothing at or after `duration`. A share of a constant stream is every `count`-th operation
    /// from number `index` on, so that all shares together are the whole to the nanosecond. Shares
    /// of a Poisson stream need seeds of their own; together they are one of the whole rate.
    /// Requires: index < count. `seed` is only used by Arrival::poisson.
    Schedule(const RateProfile& profile, Arrival arrival, std::uint64_t seed, Offset duration,
             Division division = {});
    /// Requires: a rate above zero.
    Schedule(Rate rate, Arrival arrival, std::uint64_t seed, Offset duration,
             Division division = {})
        : Schedule(RateProfile(rate), arrival, seed, duration, division) {}

    std::optional<Offset> peek() const override;
    Offset take() override;
    /// Takes every time up to and including `now`, at most `limit`, appends them to `times` and
    /// returns how many.
    std::size_t take_due(Offset now, std::size_t limit, std::vector<Offset>& times);

    std::uint64_t taken() const { return taken_; }
    /// What the share of the profile has in that time: exact when constant, the mean when Poisson.
    std::uint64_t expected_total() const { return expected_total_; }

private:
    void advance();

    RateWalk walk_;
    Arrival arrival_;
    Offset duration_;
    Division division_;
    std::uint64_t expected_total_;
    Random random_;
    std::uint64_t taken_ = 0;
    Uint128 poisson_sum_ = 0;  ///< operations × 2^32
    Offset next_{0};
};

/// So many operations of one kind in one hour of a trace.
struct TraceCell {
    std::uint32_t hour = 0;  ///< hours since the start of the trace
    std::uint32_t kind = 0;  ///< meaning given by the caller, e.g. an action's index
    std::uint64_t count = 0;
};

/// One operation of a trace and when it is meant to be sent.
struct TraceOperation {
    Offset intended{0};
    std::uint32_t hour = 0;
    std::uint32_t kind = 0;
};

/// Exactly as many operations of each kind in each hour as the trace counts, the kinds of an hour
/// in random order, hours compressed by `speed`.
/// Within an hour times are equally spaced, or (Poisson) those of a Poisson process that has
/// exactly that count: sorted independent uniform times.
class TraceSchedule {
public:
    /// A speed of 0 means as fast as possible: every time is 0.
    /// Requires: fewer than 2^32 operations in one hour.
    TraceSchedule(std::span<const TraceCell> cells, std::uint64_t speed, Arrival arrival,
                  std::uint64_t seed);

    std::optional<TraceOperation> peek() const;
    /// Takes the next operation. Requires: peek() has one.
    TraceOperation take();

    std::uint64_t total() const { return total_; }
    std::uint64_t taken() const { return taken_; }
    /// The end of the last hour that holds operations.
    Offset duration() const;

private:
    void enter_hour();
    void advance();

    std::vector<TraceCell> cells_;  ///< sorted by hour, without zero counts
    std::size_t first_ = 0;         ///< cells of the present hour: [first_, last_)
    std::size_t last_ = 0;
    std::vector<std::uint64_t> remaining_;  ///< per cell of the present hour
    std::uint64_t hour_total_ = 0;
    std::uint64_t hour_left_ = 0;
    Uint128 gap_total_ = 0;  ///< Poisson: sum of the hour's count + 1 gaps
    Uint128 gap_sum_ = 0;
    std::uint64_t speed_;
    Arrival arrival_;
    Random times_;
    Random kinds_;
    std::uint64_t total_ = 0;
    std::uint64_t taken_ = 0;
    std::optional<TraceOperation> next_;
};

}  // namespace tuma::loadgen
