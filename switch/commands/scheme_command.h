// `tuma scheme`: which schemes there are, whether a file is one, what a payment costs under it.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace tuma {

enum class SchemeAction : std::uint8_t { list, check, explain };

struct SchemeFlags {
    SchemeAction action = SchemeAction::list;
    std::string scheme;  ///< a file or the name of one that comes with the program
    std::string holidays;
    std::string type;
    std::string amount;
    std::string on;
    std::string at;
    std::string account_class;
    std::string withdrawn = "0";
    bool json = false;
};

void add_scheme(CLI::App& app, SchemeFlags& flags);

/// Prints on standard output; errors go to standard error. Returns the exit code: 0, 1 for a
/// payment that the switch would refuse, 2 for a scheme or an argument that cannot be used.
int run_scheme(const SchemeFlags& flags);

}  // namespace tuma
