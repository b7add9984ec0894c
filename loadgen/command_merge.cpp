#include "loadgen/command_merge.h"

#include "loadgen/command_options.h"
#include "loadgen/exit_codes.h"
#include "loadgen/report/merge.h"

#include <cstdio>

namespace tuma::loadgen {
namespace {

int wrong_part(const InputError& error) {
    fmt::print(stderr, "tuma-load: {}\n", error.text());
    return exit_usage;
}

}  // namespace

CLI::App* add_merge(CLI::App& app, MergeCommand& command) {
    CLI::App* merge = app.add_subcommand(
        "merge", "Make one report of those of generators that drove a server together");
    merge->add_option("DIR", command.parts, "Report directories, two or more")
        ->required()
        ->expected(2, 1000)
        ->type_name("DIR");
    merge->add_option("--report", command.report, "Directory for the merged report")
        ->type_name("DIR");
    merge->add_flag("--json", command.as_json, "Print report.json instead of the summary");
    merge->footer(
        "Counts and histograms are added up; nothing is averaged, so that a percentile is that of\n"
        "all operations. Start the generators at the same time, each with a --seed of its own:\n"
        "  tuma-load run --target=native:HOST:7000 --rate=20k --seed=1 --report=one    (machine "
        "1)\n"
        "  tuma-load run --target=native:HOST:7000 --rate=20k --seed=2 --report=two    (machine "
        "2)\n"
        "  tuma-load merge one two --report=both");
    return merge;
}

int play_merge(const MergeCommand& command) {
    std::vector<ReadReport> parts;
    for (const std::filesystem::path& directory : command.parts) {
        auto part = read_report(directory);
        if (!part) return wrong_part(part.error());
        parts.push_back(std::move(part).value());
    }
    const auto total = merged(parts);
    if (!total) return wrong_part(total.error());
    const RunReport& report = **total;
    fmt::print("{}", command.as_json ? report_json(report) : report_text(report));
    static_cast<void>(std::fflush(stdout));
    if (!command.report.empty()) {
        make_report_directory(command.report);
        write_report(report, command.report);
    }
    const bool is_held = report.verdict.valid && report.verdict.load == LoadHeld::held;
    return is_held ? exit_done : exit_not_held;
}

}  // namespace tuma::loadgen
