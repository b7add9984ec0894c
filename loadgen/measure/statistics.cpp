// Rank test and bootstrap, from their definitions.
#include "loadgen/measure/statistics.h"

#include "ledger/words/ensure.h"
#include "loadgen/measure/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr std::size_t exact_size_max = 20;

/// Orders `values` in part only, which is what makes thousands of bootstrap rounds cheap.
double median_in_place(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    // Only the middle is needed, not the order.
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// P(U <= u) when m and n distinct values are in random order: arrangements with each U are
/// counted by taking the largest value away, which belongs to one side or the other.
double exact_at_most(std::size_t m, std::size_t n, double u) {
    const std::size_t size = m * n + 1;
    std::vector<std::vector<double>> ways(n + 1, std::vector<double>(size, 0));
    for (std::size_t j = 0; j <= n; ++j) ways[j][0] = 1;
    for (std::size_t i = 1; i <= m; ++i) {
        // ways[j] still holds i - 1 values of the first side until it is replaced.
        // From the smallest case up; each follows from two smaller ones.
        for (std::size_t j = 1; j <= n; ++j) {
            std::vector<double> next(size, 0);
            for (std::size_t k = 0; k < size; ++k) {
                next[k] = ways[j - 1][k] + (k >= j ? ways[j][k - j] : 0);
            }
            ways[j] = std::move(next);
        }
    }
    double total = 0;
    double at_most = 0;
    for (std::size_t k = 0; k < size; ++k) {
        // Doubles hold these counts exactly, and a share is wanted in the end.
        total += ways[n][k];
        if (static_cast<double>(k) <= u) at_most += ways[n][k];
    }
    return at_most / total;
}

/// The sum over groups of equal values of t³ - t.
double tie_sum(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    double sum = 0;
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin;
        while (end < all.size() && all[end] == all[begin]) ++end;
        const auto t = static_cast<double>(end - begin);
        // Single values add nothing: 1 - 1.
        sum += t * t * t - t;
        begin = end;
    }
    return sum;
}

double normal_p(double u, double m, double n, double ties) {
    const double total = m + n;
    const double variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)));
    // All values equal: nothing differs.
    if (variance <= 0) return 1;
    // Half a step towards the middle, since ranks are whole and the normal curve is not.
    const double z = std::max(0.0, std::abs(u - m * n / 2) - 0.5) / std::sqrt(variance);
    return std::erfc(z / std::sqrt(2.0));
}

}  // namespace

double median(std::span<const double> values) {
    ensure(!values.empty(), "nothing has no median");
    std::vector<double> copy(values.begin(), values.end());
    return median_in_place(copy);
}

MannWhitney mann_whitney(std::span<const double> first, std::span<const double> second) {
    MannWhitney result;
    if (first.empty() || second.empty()) return result;
    for (const double a : first) {
        // Every pair: runs are few, and seconds some hundreds.
        for (const double b : second) result.u += a > b ? 1.0 : (a == b ? 0.5 : 0.0);
    }
    std::vector<double> all(first.begin(), first.end());
    all.insert(all.end(), second.begin(), second.end());
    const double ties = tie_sum(all);
    const auto m = static_cast<double>(first.size());
    const auto n = static_cast<double>(second.size());
    // The exact count holds without ties only, and is cheap for small sides only.
    result.exact = ties == 0 && std::max(first.size(), second.size()) <= exact_size_max;
    if (result.exact) {
        const double smaller = std::min(result.u, m * n - result.u);
        result.p = std::min(1.0, 2 * exact_at_most(first.size(), second.size(), smaller));
    } else {
        result.p = normal_p(result.u, m, n, ties);
    }
    return result;
}

Ratio bootstrap_ratio(std::span<const double> a, std::span<const double> b, std::uint64_t seed,
                      std::size_t rounds) {
    ensure(!a.empty() && !b.empty(), "a ratio needs both sides");
    // Fewer would leave no value in a tail of 2.5 %.
    ensure(rounds >= 40, "a 95 % interval needs at least 40 rounds");
    const double base = median(a);
    // A ratio to nothing means nothing.
    if (base == 0 || median(b) == 0) return {};

    Random random(seed);
    const auto median_drawn = [&random](std::span<const double> from, std::vector<double>& drawn) {
        drawn.resize(from.size());
        // With replacement: that is what imitates another sample.
        for (double& value : drawn) value = from[random.below(from.size())];
        return median_in_place(drawn);
    };
    std::vector<double> drawn;
    std::vector<double> ratios;
    ratios.reserve(rounds);
    for (std::size_t i = 0; i < rounds; ++i) {
        const double below = median_drawn(a, drawn);
        const double above = median_drawn(b, drawn);
        // A side drawn as nothing is no base.
        if (below > 0) ratios.push_back(above / below);
    }
    if (ratios.empty()) return {};
    std::sort(ratios.begin(), ratios.end());
    const std::size_t tail = ratios.size() / 40;
    return {
        .value = median(b) / base, .low = ratios[tail], .high = ratios[ratios.size() - 1 - tail]};
}

double spread(std::span<const double> values) {
    // One value has no spread.
    if (values.size() < 2) return 0;
    const double middle = median(values);
    if (middle == 0) return 0;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return (*most - *least) / middle;
}

}  // namespace tuma::loadgen
