// The command `tuma-load doctor`: its options, and what it prints.
#pragma once

#include "loadgen/doctor/doctor.h"

#include <CLI/App.hpp>

namespace tuma::loadgen {

/// Say what this machine can measure.
struct DoctorCommand {
    CheckupSettings settings;
    bool as_json = false;
};

/// Adds the command. CLI11 writes into `command` while it parses.
CLI::App* add_doctor(CLI::App& app, DoctorCommand& command);

/// Measures and prints; the exit code. Throws ConnectionError when its own server does not answer.
int play_doctor(const DoctorCommand& command);

}  // namespace tuma::loadgen
