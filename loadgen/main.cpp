// tuma-load: drives a switch with load, searches its limits, compares runs, makes up sales and
// servers.
#include "ledger/words/ensure.h"
#include "loadgen/command_line.h"
#include "loadgen/drive/find_max.h"
#include "loadgen/drive/run_http.h"
#include "loadgen/drive/run_load.h"
#include "loadgen/exit_codes.h"
#include "loadgen/report/compare.h"
#include "loadgen/sample/sample_merchant.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <random>
#include <thread>
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

int wrong_usage(const InputError& error) {
    fmt::print(stderr, "tuma-load: {}\n", error.text());
    return exit_usage;
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
    try {
        write_report(report, directory);
    } catch (const WriteError& error) {
        fmt::print(stderr, "tuma-load: {}\n", error.what());
        return otherwise == exit_server_gone ? otherwise : exit_cannot_write;
    }
    fmt::print(out, "report: {}\n", (directory / "report.html").string());
    return otherwise;
}

int exit_code_of(Finding verdict) {
    switch (verdict) {
        case Finding::better:
            return exit_done;
        case Finding::worse:
            return exit_worse;
        case Finding::undecided:
            return exit_undecided;
    }
    unreachable("every finding has an exit code");
}

/// Makes one run of a load that has been prepared.
using RunOnce = std::function<RunReport(const LoadOptions&)>;

Result<RunOnce> prepare_native(const LoadOptions& load, Progress& progress) {
    auto play = load_play(load);
    if (!play) return play.error();
    // Once: all trials of a search use the same accounts.
    Accounts accounts = prepare_accounts(load, play->scenario, progress);
    return RunOnce([play = std::move(play).value(), accounts = std::move(accounts),
                    &progress](const LoadOptions& options) {
        return run_load(options, play, accounts, stop_requested, progress);
    });
}

Result<RunOnce> prepare(const LoadOptions& load, Progress& progress) {
    if (!load.is_http()) return prepare_native(load, progress);
    auto merchant = prepare_merchant(load, progress);
    if (!merchant) return merchant.error();
    return RunOnce([merchant = std::move(merchant).value(), &progress](const LoadOptions& options) {
        return run_http_load(options, merchant, stop_requested, progress);
    });
}

int run(const RunCommand& command) {
    const LoadOptions& load = command.load;
    Progress progress(Progress::style_for_terminal(load.is_quiet));
    // Before the load, or an hour's run might end without a place for what it has found.
    if (!load.report.empty()) make_report_directory(load.report);
    const auto run_once = prepare(load, progress);
    if (!run_once) return wrong_usage(run_once.error());
    const RunReport report = (*run_once)(load);
    // Whoever reads a stream of lines reads nothing but lines.
    std::FILE* const out = load.live.is_on_standard_output() ? stderr : stdout;
    fmt::print(out, "{}", report_text(report));
    static_cast<void>(std::fflush(out));
    const ExitCode code = exit_code_of(report);
    return load.report.empty() ? code : keep_report(report, load.report, code, out);
}

int search(const FindMaxCommand& command) {
    const auto slo = parse_slo(command.slo);
    if (!slo) return wrong_usage(slo.error());
    Progress progress(Progress::style_for_terminal(command.load.is_quiet));
    const auto run_once = prepare(command.load, progress);
    if (!run_once) return wrong_usage(run_once.error());

    std::uint64_t number = 0;
    const auto try_rate = [&](Rate rate) {
        LoadOptions load = command.load;
        load.rate = rate;
        // Another seed for each trial. With the same references the server would answer from its
        // memory.
        load.seed += number++;
        // What the trial before has left to do must not weigh on this one.
        if (number > 1) std::this_thread::sleep_for(command.cool_down);
        const RunReport report = (*run_once)(load);
        if (!load.report.empty())
            write_report(report, load.report / fmt::format("trial-{:02}", number));
        Trial trial = trial_of(report, *slo, rate);
        // Stopping by hand ends the search as well.
        trial.is_server_gone = trial.is_server_gone || stop_requested.load();
        progress.say(fmt::format("trial {}: {:.1f}/s {}", number, rate.per_second(),
                                 trial.has_passed ? "keeps the SLO" : trial.why));
        return trial;
    };
    const SearchResult result = find_max({.start = command.start,
                                          .highest = command.highest,
                                          .precision_percent = command.precision_percent,
                                          .confirmations = 3},
                                         try_rate);
    fmt::print("{}", search_text(result, command.slo));
    if (!command.load.report.empty())
        write_file_aside(command.load.report / "find-max.json", search_json(result, command.slo));
    if (result.found) return exit_done;
    // A search that was stopped by hand says nothing about the server.
    const bool is_gone = !result.trials.empty() && result.trials.back().is_server_gone;
    return is_gone && !stop_requested.load() ? exit_server_gone : exit_slo_broken;
}

int compare_sides(const CompareCommand& command) {
    std::vector<MeasuredRun> sides[2];
    const std::vector<std::filesystem::path>* directories[2] = {&command.a, &command.b};
    for (std::size_t side = 0; side < 2; ++side) {
        for (const auto& directory : *directories[side]) {
            auto measured = read_run(directory);
            if (!measured) return wrong_usage(measured.error());
            sides[side].push_back(std::move(measured).value());
        }
    }
    if (!command.is_forced)
        if (const auto different = different_setup(sides[0], sides[1]))
            return wrong_usage(*different);
    const Comparison comparison =
        compare(sides[0], sides[1], command.in_turns ? Order::in_turns : Order::any);
    fmt::print("{}", command.as_json ? comparison_json(comparison) : comparison_text(comparison));
    return exit_code_of(comparison.verdict);
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
    int operator()(const FindMaxCommand& command) const { return search(command); }
    int operator()(const CompareCommand& command) const { return compare_sides(command); }
    int operator()(const SampleCommand& command) const { return make_sample(command); }
    int operator()(const FakeCommand& command) const { return play_fake(command, stop_requested); }
    int operator()(const DoctorCommand& command) const { return play_doctor(command); }
    int operator()(const MergeCommand& command) const { return play_merge(command); }
    int operator()(const NoCommand& command) const { return command.exit_code; }
};

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
