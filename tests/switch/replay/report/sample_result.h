// Results of made-up replays: days that add up, measured as real ones are.
#pragma once

#include "switch/replay/run/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tuma::testing {

struct SampleRail {
    std::string name;
    std::int64_t fee_bp = 0;
    std::int64_t lag_days = 0;  ///< calendar days
};

struct SampleReplay {
    std::vector<SampleRail> rails = {{"cash", 0, 0},
                                     {"till", 55, 0},
                                     {"card_t2", 175, 2},
                                     {"card_t3", 175, 3},
                                     {"credit_d30", 220, 30}};
    std::int64_t days = 400;
    std::int64_t sales_a_day = 30'000;  ///< about; below zero for refunds only
    std::int64_t opening_days = 2;
    std::int64_t outgoings_bp = 9800;  ///< of the sales of the day before
    bool has_advance = true;
    bool has_fixed = true;
    Currency currency = Currency::gbp;
};

/// The same sample gives the same result.
replay::ReplayResult sample_result(const SampleReplay& sample);

/// A rail whose base variant has just these closing balances, from 2024-01-01 on.
replay::RailResult rail_of(std::string name, const std::vector<std::int64_t>& closings);

/// A result around rails of `rail_of`.
replay::ReplayResult result_of(std::vector<replay::RailResult> rails);

}  // namespace tuma::testing
