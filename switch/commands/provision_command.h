// `tuma provision`: what merchants there are without a provisioning file.
#pragma once

#include <CLI/CLI.hpp>

namespace tuma {

struct ProvisionFlags {
    bool print_default = false;
};

void add_provision(CLI::App& app, ProvisionFlags& flags);

/// Prints the default set as a provisioning file. Returns the exit code: 0, 2 for bad usage.
int run_provision(const ProvisionFlags& flags);

}  // namespace tuma
