// Checks for conditions that only a bug in this program can break; on in every build.
#pragma once

#include <string_view>

namespace tuma {

// Place by built-in functions: clang 14 has no std::source_location.

/// Prints `condition`, `why` and the place on standard error and aborts the process.
[[noreturn]] void ensure_failed(std::string_view condition, std::string_view why, const char* file,
                                int line);

/// Ends the process for a branch that no input can reach; `why` says what was assumed.
[[noreturn]] void unreachable(std::string_view why, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE());

}  // namespace tuma

/// Stops the process when `condition` is false. Never compiled out: a wrong book is worse than
/// none.
#define ensure(condition, why)                                          \
    do {                                                                \
        if (!(condition)) [[unlikely]]                                  \
            ::tuma::ensure_failed(#condition, why, __FILE__, __LINE__); \
    } while (false)
