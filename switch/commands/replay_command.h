// `tuma replay`: a merchant's sales through the rails of a plan.
#pragma once

#include "switch/commands/replay_inputs.h"

#include <CLI/CLI.hpp>

#include <string>

namespace tuma {

struct ReplayFlags {
    ReplayFiles files;
    std::string out;
    bool keep_books = false;
    bool progress = false;
    bool json = false;
    /// Threads; 0: as many as there are cores.
    int parallel = 1;
};

void add_replay(CLI::App& app, ReplayFlags& flags);
int run_replay(const ReplayFlags& flags);

}  // namespace tuma
