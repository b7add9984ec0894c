#include "loadgen/measure/scalability.h"

#include "loadgen/arrivals/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace tuma::loadgen {
namespace {

constexpr std::size_t parts = 3;
constexpr std::size_t resamples = 1000;
constexpr std::size_t different_min = 4;

using Parts = std::array<double, parts>;

/// 1, N - 1, N (N - 1): what the parts of N / X(N) are multiplied with.
Parts terms(double n) {
    return {1, n - 1, n * (n - 1)};
}

double sum_of(const Parts& part, double n) {
    const Parts factor = terms(n);
    return part[0] * factor[0] + part[1] * factor[1] + part[2] * factor[2];
}

/// Solves the normal equations by elimination; parts that are not free are zero.
Parts solve(std::span<const ScalabilityPoint> points, std::span<const double> y,
            std::array<bool, parts> free) {
    std::array<std::array<double, parts + 1>, parts> rows{};
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Parts factor = terms(points[i].at_work);
        const double weight = 1 / (y[i] * y[i]);
        for (std::size_t r = 0; r < parts; ++r) {
            for (std::size_t c = 0; c < parts; ++c) rows[r][c] += weight * factor[r] * factor[c];
            rows[r][parts] += weight * factor[r] * y[i];
        }
    }
    Parts out{};
    for (std::size_t r = 0; r < parts; ++r) {
        if (!free[r]) continue;
        for (std::size_t below = r + 1; below < parts; ++below) {
            const double factor = rows[below][r] / rows[r][r];
            for (std::size_t c = r; c <= parts; ++c) rows[below][c] -= factor * rows[r][c];
        }
    }
    for (std::size_t r = parts; r-- > 0;) {
        if (!free[r]) continue;
        double rest = rows[r][parts];
        for (std::size_t c = r + 1; c < parts; ++c) rest -= rows[r][c] * out[c];
        out[r] = rest / rows[r][r];
    }
    return out;
}

Parts fit(std::span<const ScalabilityPoint> points, std::span<const double> y) {
    std::array<bool, parts> free{true, true, true};
    Parts out = solve(points, y, free);
    // What would be below zero is noise. Without one part the other may fall below as well.
    for (const std::size_t part : {std::size_t{2}, std::size_t{1}, std::size_t{2}}) {
        if (out[part] >= 0) continue;
        free[part] = false;
        out = solve(points, y, free);
    }
    return out;
}

ScalabilityFit as_fit(const Parts& part) {
    ScalabilityFit out;
    out.rate.value = 1 / part[0];
    out.contention.value = part[1] / part[0];
    out.coherency.value = part[2] / part[0];
    return out;
}

void set_interval(std::vector<double> drawn, Estimate& estimate) {
    std::sort(drawn.begin(), drawn.end());
    const std::size_t tail = drawn.size() / 40;
    estimate.low = std::min(estimate.value, drawn[tail]);
    estimate.high = std::max(estimate.value, drawn[drawn.size() - 1 - tail]);
}

}  // namespace

double ScalabilityFit::per_s(double at_work) const {
    return rate.value * at_work /
           (1 + contention.value * (at_work - 1) + coherency.value * at_work * (at_work - 1));
}

std::optional<ScalabilityFit> fit_scalability(std::span<const ScalabilityPoint> points) {
    std::set<double> different;
    std::vector<double> y;
    for (const ScalabilityPoint& point : points) {
        if (point.per_s <= 0 || point.at_work < 1) return std::nullopt;
        different.insert(point.at_work);
        y.push_back(point.at_work / point.per_s);
    }
    if (different.size() < different_min || points.size() <= parts) return std::nullopt;
    const Parts part = fit(points, y);
    if (!(part[0] > 0)) return std::nullopt;

    // What is drawn anew is as large as errors are, not as residuals, which a fit makes smaller.
    const double inflation =
        std::sqrt(static_cast<double>(points.size()) / static_cast<double>(points.size() - parts));
    std::vector<double> residual;
    for (std::size_t i = 0; i < points.size(); ++i)
        residual.push_back((y[i] / sum_of(part, points[i].at_work) - 1) * inflation);
    Random random(1);
    std::array<std::vector<double>, parts> drawn;
    for (std::size_t round = 0; round < resamples; ++round) {
        std::vector<double> again;
        for (const ScalabilityPoint& point : points)
            again.push_back(sum_of(part, point.at_work) *
                            std::max(0.01, 1 + residual[random.below(residual.size())]));
        const ScalabilityFit one = as_fit(fit(points, again));
        drawn[0].push_back(one.rate.value);
        drawn[1].push_back(one.contention.value);
        drawn[2].push_back(one.coherency.value);
    }
    ScalabilityFit out = as_fit(part);
    set_interval(std::move(drawn[0]), out.rate);
    set_interval(std::move(drawn[1]), out.contention);
    set_interval(std::move(drawn[2]), out.coherency);
    if (out.coherency.value > 0 && out.contention.value < 1)
        out.peak_at = std::sqrt((1 - out.contention.value) / out.coherency.value);
    return out;
}

}  // namespace tuma::loadgen
