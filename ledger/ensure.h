// Checks for conditions that only a bug in this program can break; on in every build.
#pragma once

#include <source_location>
#include <string_view>

namespace tuma {

/// Prints `condition`, `why` and the place on standard error and aborts the process.
[[noreturn]] void ensure_failed(std::string_view condition, std::string_view why,
                                std::source_location where);

/// Ends the process for a branch that no input can reach; `why` says what was assumed.
[[noreturn]] void unreachable(std::string_view why,
                              std::source_location where = std::source_location::current());

}  // namespace tuma

/// Stops the process when `condition` is false. Never compiled out: a wrong book is worse than none.
#define ensure(condition, why)                                                             \
    do {                                                                                   \
        if (!(condition)) [[unlikely]]                                                     \
            ::tuma::ensure_failed(#condition, why, std::source_location::current());       \
    } while (false)
