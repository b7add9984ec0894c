#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace tuma {

void ensure_failed(std::string_view condition, std::string_view why, const char* file, int line) {
    // Straight to standard error: whatever a log needs may be what is wrong.
    fmt::print(stderr, "tuma: bug at {}:{}: {} ({})\n", file, line, why, condition);
    // No unwinding: destructors would work on, and write, what has just been found to be wrong.
    std::abort();
}

void unreachable(std::string_view why, const char* file, int line) {
    ensure_failed("unreachable", why, file, line);
}

}  // namespace tuma
