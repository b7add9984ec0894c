// `tuma listen`: a merchant's server that prints the callbacks that come in.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace tuma {

struct ListenFlags {
    std::uint16_t port = 9000;
    std::string data;  ///< empty: WeChat Pay's signatures are not checked
};

void add_listen(CLI::App& app, ListenFlags& flags);

/// Prints `listening http://127.0.0.1:PORT/`, then each request, until SIGTERM or SIGINT. Returns
/// the exit code: 0, 1 when it cannot listen, 2 for a directory that is not there.
int run_listen(const ListenFlags& flags);

}  // namespace tuma
