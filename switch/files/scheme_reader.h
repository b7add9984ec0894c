// From the tables of a scheme file to a core::Scheme.
#pragma once

#include "switch/core/rules/scheme.h"
#include "switch/files/toml_table.h"

#include <filesystem>

namespace tuma {

/// Reads a scheme. `holidays` is a CSV for the calendar that the scheme names; empty: weekends
/// only. What is wrong is added to `errors`, and then the scheme is not to be used. Bounds that
/// `core::check` looks at and that are no amounts are left to it.
core::Scheme read_scheme_tables(const toml::table& root, const std::filesystem::path& holidays,
                                TomlErrors& errors);

}  // namespace tuma
