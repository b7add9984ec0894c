// A page that draws latency and throughput of many runs against what was varied between them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// What is known of a percentile: at least the floor, at most the response.
struct LatencyBand {
    std::uint64_t floor_us = 0;
    std::uint64_t response_us = 0;
};

/// One run.
struct CurvePoint {
    double at = 0;             ///< what was varied
    double offered_per_s = 0;  ///< 0: a closed loop, which offers nothing of its own
    double ok_per_s = 0;
    double refused_per_s = 0;
    LatencyBand p50;
    LatencyBand p99;
    bool is_held = true;  ///< the load was what was asked for
    std::string note;     ///< what came of it, for the table
};

struct CurvePage {
    std::string title;
    std::string lead;  ///< the result in a sentence
    bool is_good = true;
    std::string axis;                  ///< what was varied, as the axis is called
    std::vector<CurvePoint> points{};  ///< in order of `at`; runs of one value stand side by side
    std::string more{};                ///< HTML behind the charts
};

std::string curve_page(const CurvePage& page);

/// One point for each value of `at`: the medians of its runs. Requires: in order of `at`.
std::vector<CurvePoint> medians(const std::vector<CurvePoint>& points);

}  // namespace tuma::loadgen
