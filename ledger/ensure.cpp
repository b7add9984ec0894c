#include "ledger/ensure.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace tuma {

void ensure_failed(std::string_view condition, std::string_view why, std::source_location where) {
    fmt::print(stderr, "tuma: bug at {}:{}: {} ({})\n", where.file_name(), where.line(), why,
               condition);
    std::abort();
}

void unreachable(std::string_view why, std::source_location where) {
    ensure_failed("unreachable", why, where);
}

}  // namespace tuma
