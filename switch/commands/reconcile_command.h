// `tuma reconcile`: the payouts in the books against what a bank says it has paid.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace tuma {

struct ReconcileFlags {
    std::string data;
    std::string bank;      ///< empty: nothing is compared
    std::string expected;  ///< empty: no file is written
    std::string from;      ///< empty: from the beginning
    std::string to;        ///< empty: to the end
    bool json = false;
};

void add_reconcile(CLI::App& app, ReconcileFlags& flags);

/// Prints on standard output; errors go to standard error. Returns the exit code: 0 clean or
/// written, 1 breaks, 2 for input that cannot be used.
int run_reconcile(const ReconcileFlags& flags);

}  // namespace tuma
