// Whether one side of runs is better than another, with the noise between runs said aloud.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/measure/statistics.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// Of equal sides at most so many comparisons end with a verdict, all measures together.
inline constexpr double false_verdicts_max = 0.02;

/// What comparing needs of one run.
struct MeasuredRun {
    std::string directory;
    bool valid = true;
    bool closed_loop = false;
    bool rate_held = true;  ///< open loop: at least 99 % of the rate was attained
    double attained_per_s = 0;
    double p99_us = 0;           ///< response
    std::uint64_t requests = 0;  ///< that the p99 is made of
    /// What should be equal on both sides: scenario, rate, batch, connections and so on.
    std::vector<std::pair<std::string, std::string>> setup;
};

/// Reads report.json of a report directory.
/// Refuses: a file that is missing or cannot be understood, by name.
Result<MeasuredRun> read_run(const std::filesystem::path& directory);

struct RunReport;
/// The same of a run that has just been made; `label` stands for its directory.
MeasuredRun measured_run(const RunReport& report, const std::string& label);

/// The first setting in which a run differs from the first run of A, with both values and the
/// remedy; nothing when all were set up alike.
std::optional<InputError> different_setup(std::span<const MeasuredRun> a,
                                          std::span<const MeasuredRun> b);

enum class Finding : std::uint8_t { better, worse, undecided };
std::string_view name(Finding finding);

/// One measure of both sides.
struct MeasureComparison {
    std::string measure;     ///< "throughput_per_s" or "response_p99_us"
    bool is_judged = false;  ///< otherwise it is shown only, and `why` says why
    double a = 0;            ///< median of the side's runs
    double b = 0;
    Ratio ratio;
    Finding finding = Finding::undecided;  ///< of B against A
    std::string why;
};

struct Comparison {
    std::size_t runs_a = 0;
    std::size_t runs_b = 0;
    bool in_turns = false;
    double chance = 0;  ///< of a false verdict by one measure
    MeasureComparison throughput;
    MeasureComparison p99;
    Finding verdict = Finding::undecided;
    std::string why;
    std::vector<std::string> warnings;
};

/// How the runs of both sides were made.
enum class Order : std::uint8_t {
    any,       ///< in any order: every run of A is set against every run of B
    in_turns,  ///< ABBA, given in the order in which they ran: neighbours are set against each
               ///< other
};

/// Judges side B against side A; a run is one sample, never a second of it.
/// A measure differs when the exact interval of its ratio excludes 1 and the difference is at least
/// 1 %. In an open loop the rate is an input: throughput is judged only where a side has missed it.
/// The chance of a false verdict is shared by the measures that are judged (Bonferroni).
/// Undecided: too few runs a side (one always is), measures that point in opposite directions, an
/// invalid run.
/// Requires: at least one run a side; equally many when in turns.
Comparison compare(std::span<const MeasuredRun> a, std::span<const MeasuredRun> b, Order order);

/// The least difference of a measure (0.05 is 5 %) that four of five comparisons of as many runs
/// show, when runs differ as these do; infinity when there are too few.
double detectable(const Comparison& comparison, const MeasureComparison& measure);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

/// For --help: what so many runs a side can tell apart.
std::string power_table(Order order);

}  // namespace tuma::loadgen
