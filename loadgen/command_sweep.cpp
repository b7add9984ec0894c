// tuma-load sweep: runs along one axis, there and back, and the picture of them.
#include "loadgen/command_sweep.h"

#include "loadgen/command_load.h"
#include "loadgen/command_options.h"
#include "loadgen/commands.h"
#include "loadgen/drive/prepared_load.h"

#include <fmt/format.h>

#include <thread>

namespace tuma::loadgen {
namespace {

constexpr Rate knee_start = Rate::per_second(500);
constexpr Rate knee_highest = Rate::per_second(10'000'000);
constexpr Duration knee_duration = std::chrono::seconds{2};
constexpr std::string_view sweep_footer =
    "Examples:\n"
    "  tuma-load sweep --target=native:127.0.0.1:7000 --report=out        ten rates to the knee\n"
    "  tuma-load sweep --target=native:127.0.0.1:7000 --rates=1k,2k,5k,10k --report=out\n"
    "  tuma-load sweep --target=native:127.0.0.1:7000 --vary=in-flight=1,2,4,8,16,32\n"
    "  tuma-load sweep --target=native:127.0.0.1:7000 --rate=5k --scenario=hot-merchant \\\n"
    "    --vary=merchants.zipf=0,0.7,1.4\n\n"
    "The runs go up, then down, and so on. Bands reach from the floor, which is free of this\n"
    "program's pauses, to the response. In a closed loop (no --rate) a --vary=in-flight or\n"
    "connections is fitted to the Universal Scalability Law. What a server alone can set, such as\n"
    "its durability, is compared by tuma-load ab.";

/// Makes the runs of one sweep.
class SweepRuns {
public:
    SweepRuns(const SweepCommand& command, const std::atomic<bool>& stop)
        : command_(command),
          stop_(stop),
          progress_(Progress::style_for_terminal(command.load.is_quiet)) {}

    /// One run; the error is a load that does not fit.
    Result<RunReport> run(LoadOptions load) {
        load.seed += number_++;
        load.report.clear();
        std::this_thread::sleep_for(rest_);
        // Accounts that are there already cost a few requests.
        const auto run_once = prepare(load, stop_, progress_);
        if (!run_once) return run_once.error();
        RunReport report = (*run_once)(load);
        rest_ = command_.cool_down + work_left(report);
        return report;
    }

    Result<std::vector<double>> values() {
        if (!command_.axis.values.empty()) return command_.axis.values;
        std::optional<InputError> wrong;
        const auto holds = [&](Rate rate) {
            LoadOptions load = at_value(command_.load, command_.axis, rate.per_second());
            load.duration = std::min(load.duration, knee_duration);
            const auto report = run(load);
            if (!report) wrong = report.error();
            const bool is_held = report && report->verdict.load == LoadHeld::held &&
                                 report->server_gone.empty() && !stop_.load() &&
                                 report->window.refused * 100 <= report->window.ok;
            progress_.say(fmt::format("looking for the knee: {:.0f}/s {}", rate.per_second(),
                                      is_held ? "held" : "not held"));
            return is_held;
        };
        const auto knee = find_knee(knee_start, knee_highest, holds);
        if (wrong) return *wrong;
        if (!knee)
            return InputError{"--rates", fmt::format("auto begins at {:.0f}/s, which was not held; "
                                                     "give the rates",
                                                     knee_start.per_second())};
        return rates_around(*knee);
    }

private:
    const SweepCommand& command_;
    const std::atomic<bool>& stop_;
    Progress progress_;
    std::uint64_t number_ = 0;
    Duration rest_{0};
};

std::optional<InputError> sweep(const SweepCommand& command, const std::atomic<bool>& stop,
                                SweepResult& result) {
    SweepRuns runs(command, stop);
    auto values = runs.values();
    if (!values) return values.error();
    for (const double value : sweep_order(*values, command.passes)) {
        const auto report = runs.run(at_value(command.load, command.axis, value));
        if (!report) return report.error();
        if (stop.load()) result.cut_short = "it was stopped";
        if (!report->server_gone.empty()) result.cut_short = report->server_gone;
        if (!result.cut_short.empty()) return std::nullopt;
        result.points.push_back(curve_point(*report, value));
        if (!command.load.report.empty())
            write_report(*report,
                         command.load.report / fmt::format("run-{:02}", result.points.size()));
    }
    return std::nullopt;
}

}  // namespace

CLI::App* add_sweep(CLI::App& app, SweepCommand& command) {
    CLI::App* sweep = app.add_subcommand(
        "sweep",
        "Run a load at many rates, or with other things varied, and draw what comes of it");
    add_connection(*sweep, command.load)->required();
    const auto read_axis = [&command](Result<SweepAxis> axis) {
        if (!axis) return axis.error().reason;
        command.axis = std::move(axis).value();
        return std::string();
    };
    CLI::Option* rates =
        add_text(*sweep, "--rates", "auto",
                 "Rates to offer, as 1k,2k,5k; auto: ten, up to 1.2 times the highest that is held",
                 [read_axis](const std::string& given) { return read_axis(parse_rates(given)); });
    CLI::Option* vary =
        add_text(*sweep, "--vary", "",
                 "AXIS=VALUE,VALUE,...: vary this at one --rate; an axis is " + sweep_axes(),
                 [read_axis](const std::string& given) { return read_axis(parse_vary(given)); });
    rates->excludes(vary);
    add_rate(*sweep, "--rate", command.load.rate, "max",
             "With --vary: operations a second, or max");
    add_users(*sweep, command.load);
    add_number(*sweep, "--passes", command.passes, 1, 100, "How often each value is run");
    add_duration(*sweep, "--cool-down", command.cool_down, Duration{0}, std::chrono::minutes{10},
                 "Rest between runs");
    add_load(*sweep, command.load);
    add_http(*sweep, command.load);
    add_output(*sweep, command.load);
    sweep->footer(std::string(sweep_footer));
    return sweep;
}

std::optional<InputError> finish_sweep(SweepCommand& command, const CLI::App& used,
                                       std::uint64_t random_seed) {
    const bool is_of_rates = used.count("--vary") == 0;
    if (is_of_rates && used.count("--rate") > 0)
        return InputError{"--rate", "is varied itself; give --rates, or --vary something else"};
    if (is_of_rates && command.load.users > 0)
        return InputError{"--users",
                          "ask at no rate; give --vary=users=VALUE,VALUE,... or another"};
    if (command.load.is_trace() || !command.load.acks.empty())
        return InputError{command.load.is_trace() ? "--scenario" : "--acks",
                          "belongs to run; leave it out"};
    // What contradicts users is found before the first run.
    if (command.axis.name == "users")
        command.load.users = static_cast<std::uint32_t>(command.axis.values.front());
    if (auto wrong = finish_load(command.load, used, random_seed)) return wrong;
    for (const double value : command.axis.values)
        if (auto wrong = contradiction(at_value(command.load, command.axis, value))) return wrong;
    return std::nullopt;
}

int sweep_command(const SweepCommand& command, const std::atomic<bool>& stop) {
    const std::filesystem::path& directory = command.load.report;
    if (!directory.empty()) make_report_directory(directory);
    SweepResult result{.axis = command.axis, .points = {}, .fit = {}, .cut_short = {}};
    if (const auto wrong = sweep(command, stop, result)) return wrong_usage(*wrong);
    fit_sweep(result, command.load);
    fmt::print("{}", sweep_text(result));
    if (!directory.empty()) {
        write_file_aside(directory / "sweep.csv", sweep_csv(result));
        write_file_aside(directory / "sweep.html", sweep_html(result));
        write_file_aside(directory / "sweep.json", sweep_json(result));
        fmt::print("report: {}\n", (directory / "sweep.html").string());
    }
    return result.cut_short.empty() || stop.load() ? exit_done : exit_server_gone;
}

}  // namespace tuma::loadgen
