// A small deterministic random generator and the distributions a workload draws from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tuma::loadgen {

/// One step of SplitMix64: a well mixed number for each `state`, which moves on.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
std::uint64_t splitmix64(std::uint64_t& state);

/// An exponential variate of mean 1 in fixed point: 2^32 stands for 1.
using FixedExponential = std::uint64_t;

/// xoshiro256**: equal seeds give equal numbers with every compiler and on every machine.
/// Different `stream`s of one seed are independent, e.g. one for times and one for accounts.
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators" (2018).
class Random {
public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

    std::uint64_t next();

    /// A number in [0, bound), each equally likely. Requires: bound > 0.
    std::uint64_t below(std::uint64_t bound);

    /// A number in [low, high], each equally likely. Requires: low <= high.
    std::int64_t between(std::int64_t low, std::int64_t high);

    /// A number in [0, 1) with 53 random bits.
    double unit();

    /// True in `numerator` of `denominator` cases. Requires: denominator > 0.
    bool chance(std::uint64_t numerator, std::uint64_t denominator);

    /// Mean 1, by von Neumann's comparison method: integers only, so no library's logarithm can
    /// change a schedule.
    FixedExponential exponential();

private:
    std::uint64_t state_[4];
};

/// Draws an index with a probability proportional to its weight, in O(1) on average: a table says
/// where to begin looking for each n-th part of the sum.
class WeightedChoice {
public:
    /// Requires: at least one weight above zero, fewer than 2^32 weights, a sum below 2^63.
    explicit WeightedChoice(std::span<const std::uint64_t> weights);

    std::size_t draw(Random& random) const;
    std::size_t size() const { return cumulative_.size(); }

private:
    std::vector<std::uint64_t> cumulative_;
    std::vector<std::uint32_t> begin_;  ///< by n-th part of the sum: the first index in it
};

/// Draws ranks 0..n-1 where rank k has weight 1/(k+1)^exponent, in O(log n) from a table of 8n
/// bytes. An exponent of 0 is uniform.
class Zipf {
public:
    /// Requires: 1 <= n <= 2^24 and 0 <= exponent <= 10.
    Zipf(std::size_t n, double exponent);

    std::size_t draw(Random& random) const { return choice_.draw(random); }
    std::size_t size() const { return choice_.size(); }

private:
    WeightedChoice choice_;
};

}  // namespace tuma::loadgen
