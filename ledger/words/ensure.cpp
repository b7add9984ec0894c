#include "ledger/ensure.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace tuma {

void ensure_failed(std::string_view condition, std::string_view why, const char* file, int line) {
    fmt::print(stderr, "tuma: bug at {}:{}: {} ({})\n", file, line, why, condition);
    std::abort();
}

void unreachable(std::string_view why, const char* file, int line) {
    ensure_failed("unreachable", why, file, line);
}

}  // namespace tuma
