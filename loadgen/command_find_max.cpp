// tuma-load find-max: trials one after another, and what they say together.
#include "loadgen/commands.h"
#include "loadgen/drive/prepared_load.h"
#include "loadgen/drive/trials/find_max.h"
#include "loadgen/exit_codes.h"

#include <fmt/format.h>

#include <thread>

namespace tuma::loadgen {
namespace {

ExitCode exit_code_of(const SearchResult& result, bool is_stopped) {
    // A search that was stopped by hand says nothing about the server.
    if (!result.trials.empty() && result.trials.back().is_server_gone && !is_stopped)
        return exit_server_gone;
    if (result.is_confirmed) return exit_done;
    // One that was cut short has not tried every rate.
    return result.found || !result.cut_short.empty() ? exit_unknown : exit_slo_broken;
}

void write_search(const SearchResult& result, const FindMaxCommand& command) {
    const std::filesystem::path& directory = command.load.report;
    if (directory.empty()) return;
    write_file_aside(directory / "find-max.csv", search_csv(result));
    write_file_aside(directory / "find-max.html", search_html(result, command.slo));
    write_file_aside(directory / "find-max.json", search_json(result, command.slo));
    fmt::print("report: {}\n", (directory / "find-max.html").string());
}

/// Trials of one search, each with what the one before it left behind waited for.
class Trials {
public:
    Trials(const FindMaxCommand& command, std::vector<SloTerm> slo, const RunOnce& run_once,
           const std::atomic<bool>& stop, Progress& progress)
        : command_(command),
          slo_(std::move(slo)),
          run_once_(run_once),
          stop_(stop),
          progress_(progress) {}

    Trial run(Rate rate) {
        LoadOptions load = command_.load;
        load.rate = rate;
        load.duration =
            std::max(load.duration, least_duration(requests_needed(slo_), rate, load.batch));
        // Another seed for each trial. With the same references the server would answer from its
        // memory.
        load.seed += number_++;
        std::this_thread::sleep_for(rest_);
        const RunReport report = run_once_(load);
        rest_ = command_.cool_down + work_left(report);
        if (!load.report.empty()) write_report(report, load.report / trial_name(number_));
        Trial trial = trial_of(report, slo_, rate);
        // Stopping by hand ends the search as well.
        if (stop_.load()) {
            trial.is_server_gone = true;
            trial.why = "it was stopped";
        }
        progress_.say(fmt::format("trial {}: {:.1f}/s {}{}{}", number_, rate.per_second(),
                                  name(trial.outcome), trial.why.empty() ? "" : ": ", trial.why));
        return trial;
    }

private:
    const FindMaxCommand& command_;
    std::vector<SloTerm> slo_;
    const RunOnce& run_once_;
    const std::atomic<bool>& stop_;
    Progress& progress_;
    std::uint64_t number_ = 0;
    Duration rest_{0};
};

}  // namespace

int find_max_command(const FindMaxCommand& command, const std::atomic<bool>& stop) {
    auto parsed = parse_slo(command.slo);
    if (!parsed) return wrong_usage(parsed.error());
    const std::vector<SloTerm> slo = with_defaults(std::move(parsed).value());
    const Rate lowest = lowest_rate(requests_needed(slo), command.load.batch);
    if (lowest.millihertz > command.highest.millihertz)
        return wrong_usage({"--highest", fmt::format("must be at least {}/s: below it a trial of "
                                                     "{} requests takes more than two minutes",
                                                     lowest.per_second(), requests_needed(slo))});
    if (!command.load.report.empty()) {
        // Before the first trial: what cannot be written must not cost an hour.
        make_report_directory(command.load.report);
        remove_earlier_search(command.load.report);
    }
    Progress progress(Progress::style_for_terminal(command.load.is_quiet));
    const auto run_once = prepare(command.load, stop, progress);
    if (!run_once) return wrong_usage(run_once.error());

    Trials trials(command, slo, *run_once, stop, progress);
    const SearchResult result = find_max({.start = std::max(command.start, lowest),
                                          .lowest = lowest,
                                          .highest = command.highest,
                                          .precision_percent = command.precision_percent},
                                         [&](Rate rate) { return trials.run(rate); });
    fmt::print("{}", search_text(result, command.slo));
    write_search(result, command);
    return exit_code_of(result, stop.load());
}

}  // namespace tuma::loadgen
