// The options of `tuma-load sweep`.
#pragma once

#include "loadgen/drive/trials/sweep.h"

#include <CLI/App.hpp>

namespace tuma::loadgen {

/// Run a load at many rates, or with many values of something else.
struct SweepCommand {
    LoadOptions load;
    SweepAxis axis{.name = "rate", .values = {}};
    std::uint32_t passes = 2;
    Duration cool_down = std::chrono::seconds{1};
};

/// Adds the command. CLI11 writes into `command` while it parses.
CLI::App* add_sweep(CLI::App& app, SweepCommand& command);

/// After parsing: what the options say together, and whether they fit.
std::optional<InputError> finish_sweep(SweepCommand& command, const CLI::App& used,
                                       std::uint64_t random_seed);

}  // namespace tuma::loadgen
