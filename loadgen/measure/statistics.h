// The little statistics that comparing runs needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tuma::loadgen {

/// The middle value, or the mean of the two in the middle. Requires: not empty.
double median(std::span<const double> values);

/// Two-sided Mann–Whitney U test: the chance of a difference in rank at least this large between
/// samples of one distribution. Exact by counting arrangements when both sides have at most 20
/// samples and none are equal; otherwise the normal approximation with correction for ties and
/// continuity. A chance of 1 when a side is empty. Source: Mann, Whitney (1947).
struct MannWhitney {
    double u = 0;  ///< pairs in which the first side is the larger, ties as half
    double p = 1;
    bool exact = false;
};
MannWhitney mann_whitney(std::span<const double> first, std::span<const double> second);

/// Side B's median divided by side A's with a 95 % bootstrap interval; 1 means no difference.
struct Ratio {
    double value = 1;
    double low = 1;
    double high = 1;
};

/// Percentile bootstrap: both sides drawn anew with replacement `rounds` times, the middle 95 % of
/// the ratios. A median of zero on either side gives 1.
/// Requires: neither side empty, at least 40 rounds.
Ratio bootstrap_ratio(std::span<const double> a, std::span<const double> b, std::uint64_t seed,
                      std::size_t rounds = 4000);

/// How far apart the samples of one side lie: (largest - smallest) / median; 0 for fewer than two.
double spread(std::span<const double> values);

}  // namespace tuma::loadgen
