// Closing balances over time as lines, with the figures behind them for the page's script.
#pragma once

#include "switch/replay/run/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::replay {

/// One variant of one rail. All lines of a chart have the same days.
struct CashLine {
    std::string_view name;
    std::string_view note;  ///< what the rail costs and when it pays
    std::size_t style = 0;  ///< see line_classes()
    std::span<const DayRow> days;
};

struct CashChart {
    std::string title;
    Currency currency = Currency::kes;
    std::vector<CashLine> lines;
    bool labels_lines = false;  ///< names at the right end of the lines, where there is room
    /// First and last day of a stretch to be shaded, and what it is.
    std::optional<std::pair<core::LocalDay, core::LocalDay>> shaded;
    std::string shade_label;
};

/// Days that share a point, so that the drawing stays small: 1, 7, 28, 91 or 364.
std::int64_t days_a_point(std::int64_t days, std::size_t lines);

/// Some days of one line in one point: the lowest closing balance, and the first day that had it.
struct CashPoint {
    std::int64_t closing = 0;
    std::int64_t index = 0;  ///< of the day

    bool operator==(const CashPoint&) const = default;
};
std::vector<CashPoint> lowest_points(std::span<const DayRow> days, std::int64_t days_a_point);

/// A <figure>: drawing, axes, legend, and the points as JSON. Empty without lines or days.
std::string cash_chart(const CashChart& chart);

}  // namespace tuma::replay
