// Days short as calendars: a block of weeks for each year, a cell for each day, darker for deeper.
#pragma once

#include "switch/replay/run/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace tuma::replay {

/// How deep is how dark, the same for all rails of a page. Level 1 goes down to `bounds[0]` below
/// zero, level 5 is everything deeper than `bounds[3]`.
struct DepthScale {
    static constexpr int levels = 5;
    std::array<std::int64_t, levels - 1> bounds{};
    std::int64_t deepest = 0;

    /// Round bounds, each about four times the one before, for depths to `deepest` (at least 1).
    static DepthScale to(std::int64_t deepest);

    /// 1 to 5 for a closing balance below zero, 0 for any other.
    int level(std::int64_t closing) const;
};

/// What the colours mean.
std::string depth_legend(const DepthScale& scale, Currency currency);

/// The calendars of one rail, `days` being consecutive: one drawing for each year, with the depths
/// as JSON for the script. Empty without days.
std::string heat_map(std::span<const DayRow> days, const DepthScale& scale, Currency currency);

}  // namespace tuma::replay
