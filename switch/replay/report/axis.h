// Round ticks for axes of money and of days. Positions are shares of the axis, for drawing only.
#pragma once

#include "ledger/words/money.h"
#include "switch/core/rules/calendar.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tuma::replay {

struct Tick {
    double at = 0;  ///< 0 to 1 along the axis
    std::string label;
};

/// An axis of money whose ends are round; holds zero.
struct MoneyAxis {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t step = 1;

    /// Holds `least`, `most` and 0 with about `steps` steps of 1, 2 or 5 times a power of ten.
    static MoneyAxis around(std::int64_t least, std::int64_t most, int steps);

    /// 0 at `low`, 1 at `high`; values outside are put on the rim.
    double at(std::int64_t minor) const;
    /// From low to high, labelled without decimals where the steps are whole.
    std::vector<Tick> ticks(Currency currency) const;
};

/// CSS for a label under the axis at `at`: centred, but never beyond the ends of the axis.
std::string label_style(double at);

/// Where day `index` of `days` is: the first at 0, the last at 1, a single one in the middle.
double day_at(std::int64_t index, std::int64_t days);

/// Round days, months or years over `days` days from `first`, about `most` of them.
std::vector<Tick> day_ticks(core::LocalDay first, std::int64_t days, std::int64_t most);

}  // namespace tuma::replay
