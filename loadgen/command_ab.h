// The options of `tuma-load ab`.
#pragma once

#include "loadgen/drive/options.h"

#include <CLI/App.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tuma::loadgen {

/// Measure two servers, or two settings of a load, in turns.
struct AbCommand {
    LoadOptions load;
    /// A command line that starts a server; or, where it begins with "--", settings of the load.
    std::string a;
    std::string b;
    std::uint32_t pairs = 6;
    Duration cool_down = std::chrono::seconds{1};
    Duration start_timeout = std::chrono::minutes{1};
    std::filesystem::path work_directory = ".";
    bool as_json = false;

    bool has_servers() const { return !a.starts_with("--"); }
};

/// Adds the command. CLI11 writes into `command` while it parses.
CLI::App* add_ab(CLI::App& app, AbCommand& command);

/// After parsing: what the options say together, and whether they fit.
std::optional<InputError> finish_ab(AbCommand& command, const CLI::App& used,
                                    std::uint64_t random_seed);

}  // namespace tuma::loadgen
