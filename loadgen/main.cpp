// tuma-load: drives a switch with load, searches its limits, compares runs, makes up sales and
// servers.
#include "ledger/store/acks.h"
#include "loadgen/command_line.h"
#include "loadgen/commands.h"
#include "loadgen/drive/prepared_load.h"
#include "loadgen/exit_codes.h"
#include "loadgen/sample/sample_merchant.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <utility>

namespace tuma::loadgen {
namespace {

/// Set by the first signal; the second one ends the process at once.
std::atomic<bool> stop_requested{false};

extern "C" void request_stop(int signal) {
    // A handler may neither lock nor allocate: it leaves word for the loop, which looks in each
    // round.
    stop_requested.store(true, std::memory_order_relaxed);
    static_cast<void>(std::signal(signal, SIG_DFL));
}

ExitCode exit_code_of(const RunReport& report) {
    // First: a run whose server went away is invalid too, but that is not what one must know.
    if (!report.server_gone.empty()) return exit_server_gone;
    if (!report.unwritten.empty()) return exit_cannot_write;
    if (!report.verdict.valid) return exit_not_held;
    // What is broken under too little load is broken under more.
    if (!report.aborted.empty()) return exit_slo_broken;
    if (report.slo && report.slo->kept == Kept::broken) return exit_slo_broken;
    if (report.verdict.load != LoadHeld::held) return exit_not_held;
    return report.slo && report.slo->kept == Kept::unknown ? exit_unknown : exit_done;
}

/// Writes and says where; a file that cannot be written costs nothing but itself.
ExitCode keep_report(const RunReport& report, const std::filesystem::path& directory,
                     ExitCode otherwise, std::FILE* out) {
    const bool replaces = std::filesystem::exists(directory / "report.json");
    try {
        write_report(report, directory);
    } catch (const WriteError& error) {
        fmt::print(stderr, "tuma-load: {}\n", error.what());
        return otherwise == exit_server_gone ? otherwise : exit_cannot_write;
    }
    fmt::print(out, "report: {}{}\n", (directory / "report.html").string(),
               replaces ? " (instead of an earlier one)" : "");
    return otherwise;
}

int run(const RunCommand& command) {
    const LoadOptions& load = command.load;
    Progress progress(Progress::style_for_terminal(load.is_quiet));
    // Before the load, or an hour's run might end without a place for what it has found.
    if (!load.report.empty()) make_report_directory(load.report);
    const auto run_once = prepare(load, stop_requested, progress);
    if (!run_once) return wrong_usage(run_once.error());
    const RunReport report = (*run_once)(load);
    // Whoever reads a stream of lines reads nothing but lines.
    std::FILE* const out = load.live.is_on_standard_output() ? stderr : stdout;
    fmt::print(out, "{}", report_text(report));
    static_cast<void>(std::fflush(out));
    const ExitCode code = exit_code_of(report);
    return load.report.empty() ? code : keep_report(report, load.report, code, out);
}

int make_sample(const SampleCommand& command) {
    const std::vector<SampleSale> sales = sample_sales(command.merchant);
    const std::string csv = sample_csv(sales);
    const std::string summary = sample_summary(command.merchant, sales);
    if (command.out == "-") {
        // What is piped on must be nothing but the file.
        fmt::print("{}", csv);
        fmt::print(stderr, "{}\n", summary);
        return exit_done;
    }
    write_file_aside(command.out, csv);
    fmt::print("{}\nsales: {}\n", summary, command.out.string());
    return exit_done;
}

struct Execute {
    int operator()(const RunCommand& command) const { return run(command); }
    int operator()(const FindMaxCommand& command) const {
        return find_max_command(command, stop_requested);
    }
    int operator()(const CompareCommand& command) const { return compare_command(command); }
    int operator()(const AbCommand& command) const { return ab_command(command, stop_requested); }
    int operator()(const SweepCommand& command) const {
        return sweep_command(command, stop_requested);
    }
    int operator()(const SampleCommand& command) const { return make_sample(command); }
    int operator()(const FakeCommand& command) const { return play_fake(command, stop_requested); }
    int operator()(const DoctorCommand& command) const { return play_doctor(command); }
    int operator()(const MergeCommand& command) const { return play_merge(command); }
    int operator()(const NoCommand& command) const { return command.exit_code; }
};

/// As many connections as the system lets this user have; where it may not be raised, what cannot
/// be opened says so.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

std::uint64_t random_seed() {
    std::random_device device;
    return device();
}

}  // namespace
}  // namespace tuma::loadgen

int main(int argc, char** argv) {
    using namespace tuma::loadgen;
    static_cast<void>(std::signal(SIGINT, request_stop));
    static_cast<void>(std::signal(SIGTERM, request_stop));
    raise_file_limit();
    try {
        return std::visit(Execute{}, read_command_line(argc, argv, random_seed()));
    } catch (const ConnectionError& error) {
        fmt::print(stderr, "tuma-load: {}\n", error.what());
        return exit_server_gone;
    } catch (const WriteError& error) {
        fmt::print(stderr, "tuma-load: {}\n", error.what());
        return exit_cannot_write;
    } catch (const tuma::ledger::StoreError& error) {
        // The file of acknowledgements.
        fmt::print(stderr, "tuma-load: {}\n", error.what());
        return exit_cannot_write;
    } catch (const std::exception& error) {
        fmt::print(stderr, "tuma-load: {}\n", error.what());
        return exit_failed;
    }
}
