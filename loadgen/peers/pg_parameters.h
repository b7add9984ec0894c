// How somebody says which database and which user: as libpq reads it.
#pragma once

#include "ledger/words/result.h"

#include <optional>
#include <string>

namespace tuma::loadgen {

/// Refuses connection parameters that libpq cannot read, and those that stand elsewhere: host and
/// port belong to --target, and a password would be in the report.
std::optional<InputError> check_pg_parameters(const std::string& parameters);

}  // namespace tuma::loadgen
