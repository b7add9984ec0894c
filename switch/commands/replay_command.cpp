#include "switch/commands/replay_command.h"

#include "ledger/words/text.h"
#include "ledger/words/time.h"
#include "switch/commands/command_result.h"
#include "switch/engine/clock.h"
#include "switch/ops/version.h"
#include "switch/replay/report/output_files.h"
#include "switch/replay/report/report_text.h"
#include "switch/replay/report/summary.h"
#include "switch/replay/run/replay.h"
#include "switch/replay/words/number_text.h"
#include "switch/serve/signals.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace tuma {
namespace {

constexpr int exit_stopped = 130;
constexpr int threads_max = 256;

// Somebody pressed Ctrl-C; what is half-written is removed on the way out.
struct Stopped {};

void stop_if_asked() {
    // Asked between pieces of work, because the signals are blocked.
    if (wait_for_stop_signal(std::chrono::milliseconds{0})) throw Stopped{};
}

// One line on standard error that is painted over; nothing where nobody asked for it.
class ProgressLine {
public:
    explicit ProgressLine(bool is_wanted)
        : is_wanted_(is_wanted), is_terminal_(::isatty(STDERR_FILENO) == 1) {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() {
        // The terminal's line is given back, also after an error.
        if (is_wanted_ && is_terminal_) fmt::print(stderr, "\r\x1b[K");
    }

    void show(const std::string& text) {
        if (!is_wanted_) return;
        if (is_terminal_)
            fmt::print(stderr, "\r\x1b[K{}", text);
        else if (shown_++ % lines_a_step == 0)
            fmt::print(stderr, "{}\n", text);
    }

private:
    // In a log, where lines stay, fewer of them do.
    static constexpr int lines_a_step = 16;
    bool is_wanted_;
    bool is_terminal_;
    int shown_ = 0;
};

// 0 for as many as there are cores.
int parse_threads(const std::string& text) {
    if (text.empty()) return 0;
    const auto threads = read_number<int>(text, 1, threads_max);
    if (!threads)
        // Refused as the parser refuses what it reads itself.
        throw CLI::ValidationError(
            "--parallel", fmt::format("found '{}', must be 1 to {} threads", text, threads_max));
    return *threads;
}

int threads_of(const ReplayFlags& flags) {
    if (flags.parallel != 0) return flags.parallel;
    // The number of cores may be unknown, which reads as 0.
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, threads_max);
}

std::optional<ReplayInputs> read_inputs(const ReplayFlags& flags, ProgressLine& line) {
    return read_replay_inputs(flags.files, [&line](std::uint64_t read, std::uint64_t size) {
        // A year of sales takes a while to read, so it can be stopped too.
        stop_if_asked();
        line.show(fmt::format("reading sales: {} of {} MB", read / 1'000'000, size / 1'000'000));
    });
}

Result<replay::ReplayResult> play(const ReplayFlags& flags, const ReplayInputs& inputs,
                                  const replay::OutputDirectory& out, ProgressLine& line) {
    replay::ReplayOptions options;
    options.threads = threads_of(flags);
    // In the directory that is not published yet: the books appear with the results or not at all.
    if (flags.keep_books) options.books = replay::books_path(out.path());
    // A replay takes its clock as an argument. Only `switch/engine/clock.h` reads one.
    options.clock = [] { return net::Steady::now().time_since_epoch(); };
    options.progress = [&line](core::LocalDay day, std::uint64_t payments) {
        stop_if_asked();
        line.show(
            fmt::format("{}: {} payments decided", tuma::text(day), replay::count_text(payments)));
    };
    return replay::replay(inputs.plan, *inputs.sales, inputs.dated(), options);
}

std::vector<RailRefusals> refusals_of(const replay::ReplayResult& result) {
    std::vector<RailRefusals> all;
    all.reserve(result.rails.size());
    for (const replay::RailResult& rail : result.rails)
        all.push_back({rail.name, rail.refused, rail.refused_sum, rail.refusals});
    return all;
}

int replay_and_write(const ReplayFlags& flags) {
    // First, so that a directory that cannot be used costs no replay.
    if (const auto wrong = replay::OutputDirectory::check(flags.out))
        return usage_error({"--out=" + wrong->field, wrong->reason});
    std::optional<replay::ReplayResult> result;
    {
        // The line and the inputs end with this block, before results are printed.
        ProgressLine line(flags.progress);
        const std::optional<ReplayInputs> inputs = read_inputs(flags, line);
        if (!inputs) return exit_usage;
        replay::OutputDirectory out(flags.out);
        Result<replay::ReplayResult> played = play(flags, *inputs, out, line);
        if (!played) return usage_error(played.error());
        // Where payments were refused and may not be left out, nothing is published.
        if (!tell_refusals(flags.files, *inputs, refusals_of(*played))) return exit_usage;
        result = std::move(played).value();
        result->sales_source = flags.files.sales;
        replay::write_outputs(out.path(), *result, net::build_version().version);
        // Here the results appear, all at once.
        out.publish();
    }
    if (flags.json)
        fmt::print("{}", replay::summary_json(*result, net::build_version().version));
    else
        fmt::print("{}report: {}/report.html\n", replay::report_text(*result), flags.out);
    return exit_ok;
}

}  // namespace

void add_replay(CLI::App& app, ReplayFlags& flags) {
    CLI::App* replay = app.add_subcommand(
        "replay", "Play a merchant's sales through payment rails, and see its cash day by day");
    add_sales_and_plan(*replay, flags.files);
    replay
        ->add_option("--out", flags.out, "Directory for the results; new, empty or an earlier one")
        ->required()
        ->type_name("DIR");
    add_days_files(*replay, flags.files);
    replay->add_flag("--skip-bad", flags.files.skip_bad,
                     "Leave out bad rows of the sales, and on each rail what it cannot carry");
    replay->add_flag("--keep-books", flags.keep_books,
                     "Keep each rail's journal in DIR/books/RAIL, for tuma audit and tuma project");
    replay->add_flag("--progress", flags.progress, "Say on standard error how far it has come");
    replay->add_flag("--json", flags.json, "Print summary.json instead of the table");
    replay
        ->add_option_function<std::string>(
            "--parallel",
            [&flags](const std::string& text) { flags.parallel = parse_threads(text); },
            "Play rails on N threads; without N: one a core")
        ->expected(0, 1)
        ->type_name("[N]");
    replay->footer(
        "sales      txn_id,ts,amount_minor,method,customer: one row a payment, minor units, "
        "refunds\n"
        "           below 0; ts is local time, 2016-03-01T18:30:00, or names its zone (Z, "
        "+08:00);\n"
        "           more columns and any order\n"
        "DIR        RAIL.csv and with an advance RAIL.loan.csv: date, gross_sales, settled_gross,\n"
        "           fees (of what settled), loan_advance, loan_repayment, outgoings,\n"
        "           closing_balance, receivable (sold, not settled), interest_accrued (not "
        "charged);\n"
        "           summary.csv, summary.json, report.html\n"
        "The same input gives the same files, on any number of threads; nothing is written unless\n"
        "all is well. The plan's format and all rules: switch/replay/README.md\n"
        "Exit: 0 done, 1 something failed, 2 bad usage or bad input, 130 stopped.");
}

int run_replay(const ReplayFlags& flags) {
    // Before any thread is made, so that all threads inherit it.
    block_stop_signals();
    try {
        return replay_and_write(flags);
    } catch (const Stopped&) {
        fmt::print(stderr, "tuma: stopped; nothing was written\n");
        return exit_stopped;
    } catch (const std::exception& error) {
        fmt::print(stderr, "tuma: {}\n", error.what());
        return exit_failed;
    }
}

}  // namespace tuma
