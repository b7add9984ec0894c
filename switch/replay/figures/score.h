// A merchant's score: what the sales say, and what advances on them would do. No single mark is
// given: who lends decides what counts.
#pragma once

#include "switch/replay/figures/advance_grid.h"
#include "switch/replay/figures/features.h"
#include "switch/replay/run/result.h"
#include "switch/replay/sales/outgoings.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::replay {

struct Score {
    std::string sales_source;
    std::string plan_source;
    Currency currency = Currency::kes;
    Features features;
    RailPlan rail;                ///< the one that the advances are played on
    bool is_rail_chosen = false;  ///< by name; else it is the plan's first
    bool outgoings_are_real = false;
    std::uint64_t refused = 0;  ///< payments that the rail cannot carry; in the features alone
    std::int64_t refused_sum = 0;
    std::vector<RefusedSale> refusals;
    std::int64_t average_day = 0;  ///< of the whole window
    Measures base;                 ///< of the rail without an advance
    GridPlan grid;
    core::LocalDay advance_day{};
    /// Nothing where the plan names no advance and the day there is otherwise, `grid.day`, lies
    /// behind the window: then there are features alone.
    std::vector<OfferOutcome> outcomes;
};

/// Plays the sales on the rail through the switch, and the offers against its days. `rail` is a
/// number in the plan. A plan without an advance whose window ends before `grid.day` has no
/// offers. Refuses what the replay refuses, and what `play_offers` refuses. Throws
/// std::runtime_error when the file changes.
Result<Score> make_score(const Plan& plan, std::size_t rail, const SalesFile& sales,
                         const DatedOutgoings* outgoings, const GridPlan& grid);

/// For a terminal: a line a feature, a line an offer, and what the columns mean.
std::string score_text(const Score& score);

/// One object of integers, dates and names; what has no meaning for these sales is null.
std::string score_json(const Score& score, std::string_view version);

}  // namespace tuma::replay
