// How throughput grows with the number at work: the Universal Scalability Law and its fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tuma::loadgen {

/// Throughput with so many requests at work.
struct ScalabilityPoint {
    double at_work = 0;  ///< N, at least 1
    double per_s = 0;    ///< X(N), above 0
};

/// A number with the middle 95 % of what it could have been.
struct Estimate {
    double value = 0;
    double low = 0;
    double high = 0;
};

/// X(N) = rate N / (1 + contention (N - 1) + coherency N (N - 1)).
/// Source: Gunther, "A General Theory of Computational Scalability" (2008).
struct ScalabilityFit {
    Estimate rate;        ///< of one alone, per second
    Estimate contention;  ///< share that only one can do at a time, 0 or more
    Estimate coherency;   ///< what each pair costs, 0 or more
    /// Where throughput is highest; nothing when it does not fall.
    std::optional<double> peak_at;

    double per_s(double at_work) const;
};

/// Least squares of N / X(N), which is linear in the law's parts, each point weighted by its size
/// so that relative errors count alike. Parts that come out below zero are held at zero. Intervals
/// by drawing the residuals anew from a fixed seed. Nothing when there are fewer than four
/// different N, or a point is not above zero.
std::optional<ScalabilityFit> fit_scalability(std::span<const ScalabilityPoint> points);

}  // namespace tuma::loadgen
