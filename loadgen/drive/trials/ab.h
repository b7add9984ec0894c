// Two servers, or two settings of one, measured in turns and judged in pairs.
#pragma once

#include "loadgen/report/compare.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tuma::loadgen {

enum class SideName : std::uint8_t { a, b };

/// One run of one side.
struct TurnRun {
    SideName side = SideName::a;
    std::size_t pair = 0;  ///< from 1 on
    MeasuredRun run;
};

/// What came of all turns.
struct AbResult {
    std::string a;  ///< command or settings
    std::string b;
    std::vector<TurnRun> runs;  ///< in the order in which they were made
    std::string cut_short;      ///< why not all pairs were run; empty when they were
    Comparison comparison;      ///< of the pairs that are whole; undecided without one
};

/// The sides in their order: A B B A A B B A and so on, so that a steady drift weighs on both.
std::vector<TurnRun> turns(std::size_t pairs);

/// "a-03".
std::string turn_name(const TurnRun& turn);

/// Weighs the whole pairs of `result.runs`.
void judge_turns(AbResult& result);

std::string ab_text(const AbResult& result);
/// ab.json.
std::string ab_json(const AbResult& result);
/// ab.html.
std::string ab_html(const AbResult& result);

}  // namespace tuma::loadgen
