// Rank statistics from their definitions.
#include "loadgen/measure/statistics.h"

#include "ledger/words/ensure.h"
#include "loadgen/arrivals/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace tuma::loadgen {
namespace {

/// Drawn comparisons; the quantile of so many is good to about two percent.
constexpr std::size_t rounds = 4000;
constexpr double power = 0.8;

/// In how many orders of m and n distinct values each U comes about: the largest value is taken
/// away, which belongs to one side or the other.
std::vector<double> arrangements(std::size_t m, std::size_t n) {
    const std::size_t size = m * n + 1;
    std::vector<std::vector<double>> ways(n + 1, std::vector<double>(size, 0));
    for (std::size_t j = 0; j <= n; ++j) ways[j][0] = 1;
    for (std::size_t i = 1; i <= m; ++i) {
        // ways[j] still holds i - 1 values of the first side until it is replaced.
        for (std::size_t j = 1; j <= n; ++j) {
            std::vector<double> next(size, 0);
            for (std::size_t k = 0; k < size; ++k)
                next[k] = ways[j - 1][k] + (k >= j ? ways[j][k - j] : 0);
            ways[j] = std::move(next);
        }
    }
    return std::move(ways[n]);
}

std::vector<double> as_chances(std::vector<double> counts) {
    double total = 0;
    for (const double count : counts) total += count;
    for (double& count : counts) count /= total;
    return counts;
}

/// The chances of a sum of two.
std::vector<double> sum_of(const std::vector<double>& one, const std::vector<double>& other) {
    std::vector<double> out(one.size() + other.size() - 1, 0);
    for (std::size_t i = 0; i < one.size(); ++i)
        for (std::size_t j = 0; j < other.size(); ++j) out[i + j] += one[i] * other[j];
    return out;
}

double normal(Random& random) {
    // Box and Muller. Never the logarithm of zero.
    const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
    return radius * std::cos(2 * std::numbers::pi * random.unit());
}

/// Of the values of one side around their own mean, as sum of squares and degrees of freedom.
std::pair<double, std::size_t> squares(const std::vector<double>& values) {
    double mean = 0;
    for (const double value : values) mean += std::log(value);
    mean /= static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) sum += (std::log(value) - mean) * (std::log(value) - mean);
    return {sum, values.size() - 1};
}

double spread_of(std::span<const RunBlock> blocks) {
    double sum = 0;
    std::size_t freedom = 0;
    for (const RunBlock& block : blocks) {
        for (const auto* side : {&block.a, &block.b}) {
            const auto [part, free] = squares(*side);
            sum += part;
            freedom += free;
        }
    }
    // Single runs tell nothing of how runs differ.
    return freedom == 0 ? 0 : std::sqrt(sum / static_cast<double>(freedom));
}

}  // namespace

double median(std::span<const double> values) {
    ensure(!values.empty(), "nothing has no median");
    std::vector<double> copy(values.begin(), values.end());
    std::sort(copy.begin(), copy.end());
    const std::size_t middle = copy.size() / 2;
    return copy.size() % 2 == 1 ? copy[middle] : (copy[middle - 1] + copy[middle]) / 2;
}

std::vector<RunBlock> one_block(std::span<const double> a, std::span<const double> b) {
    return {{.a = {a.begin(), a.end()}, .b = {b.begin(), b.end()}}};
}

std::vector<RunBlock> blocks_in_turns(std::span<const double> a, std::span<const double> b) {
    ensure(a.size() == b.size(), "runs in turns are pairs");
    std::vector<RunBlock> blocks;
    for (std::size_t i = 0; i < a.size(); ++i) {
        // A single pair left over would be a block that can say next to nothing.
        const bool is_first = i % 2 == 0 && (i + 1 < a.size() || blocks.empty());
        if (is_first) blocks.emplace_back();
        blocks.back().a.push_back(a[i]);
        blocks.back().b.push_back(b[i]);
    }
    return blocks;
}

std::vector<BlockSize> sizes_of(std::span<const RunBlock> blocks) {
    std::vector<BlockSize> sizes;
    for (const RunBlock& block : blocks) sizes.push_back({block.a.size(), block.b.size()});
    return sizes;
}

std::vector<double> rank_sum_chances(std::span<const BlockSize> blocks) {
    std::vector<double> chances{1};
    for (const BlockSize& size : blocks)
        chances = sum_of(chances, as_chances(arrangements(size.a, size.b)));
    return chances;
}

std::optional<std::size_t> critical_rank(std::span<const double> chances, double chance) {
    std::optional<std::size_t> rank;
    double at_most = 0;
    for (std::size_t u = 0; u < chances.size(); ++u) {
        at_most += chances[u];
        // The same number of pairs at the other end is as unlikely.
        if (2 * at_most > chance) break;
        rank = u;
    }
    return rank;
}

double detectable_difference(std::span<const BlockSize> blocks, double chance, double spread) {
    const auto rank = critical_rank(rank_sum_chances(blocks), chance);
    if (!rank) return std::numeric_limits<double>::infinity();
    Random random(1);
    std::vector<double> needed(rounds);
    std::vector<double> apart;
    for (double& least : needed) {
        apart.clear();
        for (const BlockSize& size : blocks) {
            std::vector<double> a(size.a);
            for (double& value : a) value = normal(random);
            for (std::size_t i = 0; i < size.b; ++i) {
                const double b = normal(random);
                for (const double value : a) apart.push_back(b - value);
            }
        }
        const auto end = apart.begin() + static_cast<std::ptrdiff_t>(*rank);
        std::nth_element(apart.begin(), end, apart.end());
        // The interval begins there; moved by this much it would lie above zero.
        least = -*end;
    }
    const auto end = needed.begin() + static_cast<std::ptrdiff_t>(power * rounds);
    std::nth_element(needed.begin(), end, needed.end());
    // Of logarithms, in standard deviations.
    return std::expm1(*end * spread);
}

Ratio ratio_of(std::span<const RunBlock> blocks, double chance) {
    std::vector<double> apart;
    for (const RunBlock& block : blocks) {
        ensure(!block.a.empty() && !block.b.empty(), "a ratio needs both sides in each block");
        for (const double a : block.a) {
            for (const double b : block.b) {
                ensure(a > 0 && b > 0, "only what is above zero has a ratio");
                apart.push_back(std::log(b / a));
            }
        }
    }
    ensure(!apart.empty(), "a ratio needs runs");
    std::sort(apart.begin(), apart.end());
    const std::vector<double> chances = rank_sum_chances(sizes_of(blocks));

    Ratio ratio{.value = std::exp(median(apart)), .spread = spread_of(blocks)};
    // Equal values count against a difference on either side, so that ties make no verdict.
    const auto below = std::upper_bound(apart.begin(), apart.end(), 0.0) - apart.begin();
    const auto above = apart.end() - std::lower_bound(apart.begin(), apart.end(), 0.0);
    double at_most = 0;
    for (std::ptrdiff_t u = 0; u <= std::min(below, above); ++u)
        at_most += chances[static_cast<std::size_t>(u)];
    ratio.p = std::min(1.0, 2 * at_most);
    if (const auto rank = critical_rank(chances, chance)) {
        ratio.low = std::exp(apart[*rank]);
        ratio.high = std::exp(apart[apart.size() - 1 - *rank]);
    }
    return ratio;
}

}  // namespace tuma::loadgen
