// The provisioning file (TOML): tables of each dialect as JSON, with the place where each stands.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/provision_tables.h"

#include <string>

namespace tuma {

/// Refuses, with "FILE:LINE" as field: files that cannot be read or are no TOML, anything beside
/// tables in tables.
Result<protocols::ProvisionTables> read_provision_file(const std::string& path);

}  // namespace tuma
