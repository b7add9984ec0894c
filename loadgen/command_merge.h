// The command `tuma-load merge`: its options, and what it prints and writes.
#pragma once

#include <CLI/App.hpp>

#include <filesystem>
#include <optional>
#include <vector>

namespace tuma::loadgen {

/// Make one report of those of several generators.
struct MergeCommand {
    std::vector<std::filesystem::path> parts;
    std::filesystem::path report;  ///< empty: none is written
    bool as_json = false;
};

/// Adds the command. CLI11 writes into `command` while it parses.
CLI::App* add_merge(CLI::App& app, MergeCommand& command);

/// Prints the merged report and writes it; the exit code. Throws WriteError.
int play_merge(const MergeCommand& command);

}  // namespace tuma::loadgen
