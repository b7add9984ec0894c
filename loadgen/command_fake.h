// The command `tuma-load fake`: its options, and what it prints.
#pragma once

#include "loadgen/fake/fake_settings.h"

#include <CLI/App.hpp>

#include <atomic>
#include <optional>

namespace tuma::loadgen {

/// Play a server of known behaviour.
struct FakeCommand {
    FakeSettings settings;
    bool as_json = false;
};

/// Adds the command. CLI11 writes into `command` while it parses.
CLI::App* add_fake(CLI::App& app, FakeCommand& command);

/// After parsing: what the options say together, and whether they fit.
std::optional<InputError> finish_fake(FakeCommand& command, const CLI::App& used);

/// Says "ready native=HOST:PORT", serves until `stop`, prints the server's log; the exit code.
/// Throws ConnectionError when it cannot listen.
int play_fake(const FakeCommand& command, const std::atomic<bool>& stop);

}  // namespace tuma::loadgen
