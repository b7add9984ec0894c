// The options of tuma-load as CLI11 reads them: one sentence, bounds and default each.
#pragma once

#include "loadgen/command_ab.h"
#include "loadgen/command_doctor.h"
#include "loadgen/command_fake.h"
#include "loadgen/command_merge.h"
#include "loadgen/command_sweep.h"
#include "loadgen/drive/options.h"
#include "loadgen/sample/sample_merchant.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace tuma::loadgen {

/// Drive one load.
struct RunCommand {
    LoadOptions load;
};

/// Search the highest rate that keeps an objective.
struct FindMaxCommand {
    LoadOptions load;
    std::string slo;
    Rate start;
    Rate highest;
    std::uint32_t precision_percent = 5;
    Duration cool_down = std::chrono::seconds{2};
};

/// Compare two sides of report directories.
struct CompareCommand {
    std::vector<std::filesystem::path> a;
    std::vector<std::filesystem::path> b;
    bool in_turns = false;
    bool is_forced = false;  ///< also where the loads were not the same
    bool as_json = false;
};

/// Make up the sales of a merchant who does not exist.
struct SampleCommand {
    SampleMerchant merchant;
    std::filesystem::path out;  ///< "-": standard output
};

/// Nothing to do any more: help was shown, or the usage was wrong and has been explained.
struct NoCommand {
    int exit_code = 0;
};

using CommandLine =
    std::variant<RunCommand, FindMaxCommand, CompareCommand, AbCommand, SweepCommand, SampleCommand,
                 FakeCommand, DoctorCommand, MergeCommand, NoCommand>;

/// Reads the arguments; prints help to standard output and errors to standard error.
/// `random_seed` is used when no --seed is given.
CommandLine read_command_line(int argc, const char* const* argv, std::uint64_t random_seed);

}  // namespace tuma::loadgen
