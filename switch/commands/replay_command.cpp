#include "switch/replay_command.h"

#include "ledger/time.h"
#include "switch/command_result.h"
#include "switch/net/clock.h"
#include "switch/net/version.h"
#include "switch/replay/number_text.h"
#include "switch/replay/output_files.h"
#include "switch/replay/replay.h"
#include "switch/replay/report_text.h"
#include "switch/replay/summary.h"
#include "switch/signals.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
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
    int threads = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, threads);
    if (code != std::errc{} || rest != end || threads < 1 || threads > threads_max)
        throw CLI::ValidationError(
            "--parallel", fmt::format("found '{}', must be 1 to {} threads", text, threads_max));
    return threads;
}

int threads_of(const ReplayFlags& flags) {
    if (flags.parallel != 0) return flags.parallel;
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, threads_max);
}

std::optional<ReplayInputs> read_inputs(const ReplayFlags& flags, ProgressLine& line) {
    return read_replay_inputs(flags.files, [&line](std::uint64_t read, std::uint64_t size) {
        stop_if_asked();
        line.show(fmt::format("reading sales: {} of {} MB", read / 1'000'000, size / 1'000'000));
    });
}

Result<replay::ReplayResult> play(const ReplayFlags& flags, const ReplayInputs& inputs,
                                  const replay::OutputDirectory& out, ProgressLine& line) {
    replay::ReplayOptions options;
    options.threads = threads_of(flags);
    if (flags.keep_books) options.books = replay::books_path(out.path());
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
    if (const auto wrong = replay::OutputDirectory::check(flags.out))
        return usage_error({"--out=" + wrong->field, wrong->reason});
    std::optional<replay::ReplayResult> result;
    {
        ProgressLine line(flags.progress);
        const std::optional<ReplayInputs> inputs = read_inputs(flags, line);
        if (!inputs) return exit_usage;
        replay::OutputDirectory out(flags.out);
        Result<replay::ReplayResult> played = play(flags, *inputs, out, line);
        if (!played) return usage_error(played.error());
        if (!tell_refusals(flags.files, *inputs, refusals_of(*played))) return exit_usage;
        result = std::move(played).value();
        result->sales_source = flags.files.sales;
        replay::write_outputs(out.path(), *result, net::build_version().version);
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
    replay
        ->add_option("--sales", flags.files.sales,
                     "CSV with the columns txn_id, ts, amount_minor, and if known method, customer")
        ->required()
        ->type_name("FILE.csv");
    replay->add_option("--plan", flags.files.plan, "TOML: merchant, outgoings, advance, rails")
        ->required()
        ->type_name("FILE.toml");
    replay
        ->add_option("--out", flags.out, "Directory for the results; new, empty or an earlier one")
        ->required()
        ->type_name("DIR");
    replay
        ->add_option("--holidays", flags.files.holidays,
                     "CSV with the columns calendar and date, for business days")
        ->type_name("FILE.csv");
    replay
        ->add_option("--outgoings", flags.files.outgoings,
                     "CSV with date, amount_minor, label: what the merchant really paid, in place "
                     "of the plan's rule")
        ->type_name("FILE.csv");
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
