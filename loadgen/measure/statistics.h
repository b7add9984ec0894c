// The statistics that comparing runs needs: exact rank intervals within blocks of runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace tuma::loadgen {

/// The middle value, or the mean of the two in the middle. Requires: not empty.
double median(std::span<const double> values);

/// Runs of both sides that can be set against each other. Runs that were made at different times
/// stand in different blocks, so that what changed on the machine meanwhile is in no comparison.
struct RunBlock {
    std::vector<double> a;
    std::vector<double> b;
};

/// How many runs of each side a block has.
struct BlockSize {
    std::size_t a = 0;
    std::size_t b = 0;
};

/// One block of everything: runs in no particular order.
std::vector<RunBlock> one_block(std::span<const double> a, std::span<const double> b);

/// Runs that were made in turns (ABBA): the n-th of A goes with the n-th of B, and two pairs are a
/// block (the last three, when the number is odd). A drift within a block weighs on both sides
/// alike. Requires: equal lengths.
std::vector<RunBlock> blocks_in_turns(std::span<const double> a, std::span<const double> b);

std::vector<BlockSize> sizes_of(std::span<const RunBlock> blocks);

/// The chance of each U from 0 to the number of pairs when both sides are one distribution, where
/// U counts the pairs of one block in which B is the larger. Exact, by counting arrangements.
/// Source: Mann, Whitney (1947); sums over blocks: van Elteren (1960).
std::vector<double> rank_sum_chances(std::span<const BlockSize> blocks);

/// The largest U that counts as a difference when both tails together may have `chance`; nothing
/// when so few runs can never show one.
std::optional<std::size_t> critical_rank(std::span<const double> chances, double chance);

/// B's values divided by A's. All intervals come from differences of logarithms within blocks.
struct Ratio {
    /// The median of all quotients within blocks (Hodges-Lehmann); 1 means no difference.
    double value = 1;
    /// An interval that holds the true ratio with at least the chance asked for, whatever the
    /// distribution; from 0 to infinity when there are too few runs for one.
    double low = 0;
    double high = std::numeric_limits<double>::infinity();
    double p = 1;       ///< two-sided chance of such a difference between equal sides
    double spread = 0;  ///< standard deviation of a side's logarithms within blocks
};

/// Requires: at least one block, none with an empty side, values above zero, 0 < chance < 1.
Ratio ratio_of(std::span<const RunBlock> blocks, double chance);

/// The least difference (0.05 is 5 %) that four of five comparisons show of runs with this spread,
/// by drawing normal runs from a fixed seed (some milliseconds); infinity when none is enough.
double detectable_difference(std::span<const BlockSize> blocks, double chance, double spread);

}  // namespace tuma::loadgen
