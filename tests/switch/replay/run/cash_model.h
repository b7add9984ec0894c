// The reference calculation once more, as short as it can be: no books, no journal, sums in a map.
#pragma once

#include "switch/replay/run/result.h"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace tuma::replay::model {

using Day = core::LocalDay;
using Sales = std::map<Day, std::vector<std::int64_t>>;

struct Rail {
    std::int64_t basis_points = 0;
    std::int64_t flat = 0;
    std::int64_t cap = -1;  ///< -1: none
    std::int64_t free_up_to = 0;
    int lag = 0;
    bool is_business = false;
    bool rolls = false;
};

struct Merchant {
    Day from{};
    Day to{};
    std::set<Day> holidays;
    std::int64_t opening_days = 2;
    bool has_fixed_outgoings = false;
    int advance_day = -1;  ///< index, or -1 for none
    std::int64_t advance_days = 10;
    std::int64_t factor_bp = 11'200;
    std::int64_t holdback_bp = 1'000;
};

std::int64_t half_up(std::int64_t numerator, std::int64_t denominator);
std::int64_t fee(const Rail& rail, std::int64_t amount);
std::vector<DayRow> days(const Merchant& merchant, const Rail& rail, const Sales& sales);

}  // namespace tuma::replay::model
