// `tuma score`: what a merchant's sales say to a lender, and what advances would do.
#pragma once

#include "switch/commands/replay_inputs.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tuma {

struct ScoreFlags {
    ReplayFiles files;
    std::string rail;  ///< empty: the plan's first
    std::vector<std::int64_t> average_days{10, 20, 30};
    std::vector<std::int64_t> factors_bp{11'000, 11'200, 11'600};
    std::vector<std::int64_t> holdbacks_bp{500, 1'000, 1'500, 2'000};
    std::int64_t yield_bp = -1;  ///< below 0: the plan's
    bool json = false;
};

void add_score(CLI::App& app, ScoreFlags& flags);

/// Prints on standard output; errors go to standard error. Returns the exit code: 0, 1 when
/// something failed, 2 for input that cannot be used.
int run_score(const ScoreFlags& flags);

}  // namespace tuma
