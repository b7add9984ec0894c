// tuma-bench: measures the machine and parts of the switch; one line of JSON on standard output.
#include "tests/bench/probes.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <exception>

int main(int argc, char** argv) {
    using namespace tuma::bench;
    CLI::App app("Measures the machine and parts of the switch; scripts/bench runs it.");
    app.require_subcommand(1);
    std::string line;

    BlobOptions blobs;
    CLI::App* blobs_command = app.add_subcommand("sqlite-blobs", "SQLite appending blobs, alone");
    blobs_command->add_option("--dir", blobs.directory, "empty directory")->required();
    blobs_command->add_option("--batches", blobs.batches, "commits");
    blobs_command->add_option("--bytes", blobs.batch_bytes, "bytes of a blob");
    blobs_command->add_option("--page-bytes", blobs.page_bytes, "page size");
    blobs_command->add_option("--checkpoint-pages", blobs.checkpoint_pages, "wal_autocheckpoint");
    blobs_command->callback([&] { line = sqlite_blobs(blobs); });

    std::filesystem::path directory;
    std::size_t count = 1000;
    CLI::App* fsync_command = app.add_subcommand("fsync", "time of fdatasync after 4 KiB");
    fsync_command->add_option("--dir", directory, "a directory")->required();
    fsync_command->add_option("--count", count, "how many");
    fsync_command->callback([&] { line = fsync_probe(directory, count); });
    CLI::App* timer_command = app.add_subcommand("timer", "lag of timers of a millisecond");
    timer_command->add_option("--count", count, "how many");
    timer_command->callback([&] { line = timer_probe(count); });

    std::size_t accounts = 1'000'000;
    std::size_t transfers = 10'000'000;
    std::size_t batch_commands = 8190;
    CLI::App* core_command = app.add_subcommand("in-process", "the core alone, nothing durable");
    core_command->add_option("--accounts", accounts, "wallets")->check(CLI::Range(2, 15'000'000));
    core_command->add_option("--transfers", transfers, "transfers per measurement");
    core_command->add_option("--batch", batch_commands, "transfers per batch");
    core_command->add_option("--keys", directory, "empty directory: request keys are kept there");
    core_command->callback(
        [&] { line = in_process(accounts, transfers, batch_commands, directory); });
    CLI::App* memory_command = app.add_subcommand("account-memory", "resident bytes an account");
    memory_command->add_option("--accounts", accounts, "wallets");
    memory_command->callback([&] { line = account_memory(accounts); });

    std::uint32_t seconds = 3;
    CLI::App* signature_command = app.add_subcommand("signatures", "RSA-2048 on one thread");
    signature_command->add_option("--seconds", seconds, "of each measurement")
        ->check(CLI::Range(1, 60));
    signature_command->callback([&] { line = signatures(std::chrono::seconds{seconds}); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        fmt::print(stderr, "tuma-bench: {}\n", error.what());
        return 1;
    }
    fmt::print("{}\n", line);
    return 0;
}
