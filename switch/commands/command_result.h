// How the subcommands end: exit codes and the line that says what was wrong with the command line.
#pragma once

#include "ledger/words/result.h"

#include <fmt/format.h>

#include <cstdio>

namespace tuma {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  ///< it ran, and what it looked for is not well
inline constexpr int exit_usage = 2;   ///< it did not run

/// Says on standard error what cannot be used. Returns the exit code.
inline int usage_error(const InputError& error) {
    fmt::print(stderr, "tuma: {}\n", error.text());
    return exit_usage;
}

}  // namespace tuma
