// The options that shape a load, for every command that makes runs.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/drive/options.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// Operations a second, or "max".
void add_rate(CLI::App& app, const std::string& name, std::optional<Rate>& value,
              const std::string& fallback, const std::string& sentence);
/// --rate of a load: the same as `add_rate`, or a profile.
void add_load_rate(CLI::App& app, LoadOptions& load, const std::string& sentence);
/// Where the server is and how it is spoken to; gives the option of the target, which is not
/// required yet.
CLI::Option* add_connection(CLI::App& app, LoadOptions& load);
/// What is asked of it, how long and in which way.
void add_load(CLI::App& app, LoadOptions& load);
/// Closed users instead of a rate.
void add_users(CLI::App& app, LoadOptions& load);
/// What only targets over HTTP have.
void add_http(CLI::App& app, LoadOptions& load);
/// Where results go.
void add_output(CLI::App& app, LoadOptions& load);

/// After parsing: the seed where none was given, what depends on other options, and what
/// contradicts.
std::optional<InputError> finish_load(LoadOptions& load, const CLI::App& used,
                                      std::uint64_t random_seed);

/// Reads "--batch=8 --connections=2" over what `load` has; the error names what is wrong.
std::optional<InputError> apply_settings(std::string_view settings, LoadOptions& load);

}  // namespace tuma::loadgen
