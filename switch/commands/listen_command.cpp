#include "switch/commands/listen_command.h"

#include "switch/commands/command_result.h"
#include "switch/commands/pretty_text.h"
#include "switch/commands/received_callback.h"
#include "switch/http/http_server.h"
#include "switch/serve/signals.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <utility>

namespace tuma {
namespace {

// Nothing is done between two looks for a signal.
constexpr std::chrono::milliseconds patience{500};

void print(const http::HttpRequest& request, const ReceivedCallback& received) {
    std::string type;
    if (const std::string* const given = request.find("Content-Type")) type = ", " + *given;
    // In one piece, and at once: somebody looks on, or a script reads from a pipe.
    fmt::print("{}",
               for_terminal(fmt::format("{} {} from {}{}\n{}answered {} {}\n\n", request.method,
                                        request.target, request.peer, type, received.text,
                                        received.reply.status, received.reply.body)));
    static_cast<void>(std::fflush(stdout));
}

}  // namespace

void add_listen(CLI::App& app, ListenFlags& flags) {
    CLI::App* listen = app.add_subcommand(
        "listen", "Print the callbacks that come in, and answer them as a merchant would");
    listen->add_option("--port", flags.port, "Where it listens on 127.0.0.1; 0 picks a free port")
        ->capture_default_str()
        ->type_name("PORT");
    listen
        ->add_option("--data", flags.data,
                     "Data directory of the switch, for the keys that WeChat Pay's callbacks are "
                     "checked and decrypted with")
        ->type_name("DIR");
    listen->footer(
        "Give http://127.0.0.1:9000/ANYTHING as callback address. Prints `listening "
        "http://127.0.0.1:PORT/`,\n"
        "then each callback with what it was answered.\n"
        "Exit: 0 after a signal, 1 when something failed, 2 for bad usage.");
}

int run_listen(const ListenFlags& flags) {
    if (!flags.data.empty() && !std::filesystem::is_directory(flags.data))
        return usage_error({"--data=" + flags.data, "is no directory"});
    const std::filesystem::path clients = flags.data.empty()
                                              ? std::filesystem::path{}
                                              : std::filesystem::path(flags.data) / "clients";
    // Before the server's threads, which would otherwise take the signal.
    block_stop_signals();
    net::Metrics metrics;
    // One I/O thread: callbacks are printed one after the other.
    net::HttpServer server(
        {.handler =
             [clients](const http::HttpRequest& request, net::HttpResponder responder) {
                 ReceivedCallback received = received_callback(request, clients);
                 print(request, received);
                 responder.answer(std::move(received.reply));
             }},
        metrics, {});
    net::Endpoint bound;
    try {
        bound = server.listen(net::parse_endpoint(fmt::format("127.0.0.1:{}", flags.port)).value());
    } catch (const std::exception& error) {
        fmt::print(stderr, "tuma: --port={}: cannot listen: {}\n", flags.port, error.what());
        return exit_failed;
    }
    server.start();
    fmt::print("listening http://{}/\n\n", bound.text());
    static_cast<void>(std::fflush(stdout));
    while (!wait_for_stop_signal(patience)) {
    }
    server.stop();
    return exit_ok;
}

}  // namespace tuma
