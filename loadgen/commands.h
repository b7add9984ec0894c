// The commands that make many runs, each from its options to its exit code.
#pragma once

#include "loadgen/command_line.h"
#include "loadgen/exit_codes.h"
#include "loadgen/report/compare.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>

namespace tuma::loadgen {

/// "tuma-load: ..." on standard error; the exit code for wrong usage.
inline int wrong_usage(const InputError& error) {
    fmt::print(stderr, "tuma-load: {}\n", error.text());
    return exit_usage;
}

/// 0 when B is better, and the codes for worse and undecided.
ExitCode exit_code_of(Finding verdict);

/// All: run until they are done or `stop` is set, print their result, write their files into
/// --report; what is wrong is said on standard error. They throw ConnectionError, StoreError and
/// std::system_error when something breaks that no run can say.
int find_max_command(const FindMaxCommand& command, const std::atomic<bool>& stop);
int ab_command(const AbCommand& command, const std::atomic<bool>& stop);
int sweep_command(const SweepCommand& command, const std::atomic<bool>& stop);
int compare_command(const CompareCommand& command);

}  // namespace tuma::loadgen
