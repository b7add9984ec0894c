// Whether one side of runs is better than another, with the noise said aloud.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/statistics.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// What comparing needs of one run.
struct MeasuredRun {
    std::string directory;
    double attained_per_s = 0;
    bool valid = true;
    std::string setup;  ///< scenario, rate, batch, connections: what should be equal on both sides
    Histogram response;
    std::vector<TimelineRow> timeline;
};

/// Reads report.json, latency.hlog and timeline.csv of a report directory.
/// Refuses: a file that is missing or cannot be understood, by name.
Result<MeasuredRun> read_run(const std::filesystem::path& directory);

/// Reads timeline.csv as `timeline_csv` writes it.
Result<std::vector<TimelineRow>> parse_timeline_csv(std::string_view text);

enum class Finding : std::uint8_t { better, worse, undecided };
std::string_view name(Finding finding);

/// One measure of both sides.
struct MeasureComparison {
    std::string measure;  ///< "throughput_per_s" or "response_p99_us"
    double a = 0;         ///< median of the side's samples
    double b = 0;
    Ratio ratio;
    MannWhitney test;
    double noise = 0;  ///< how far samples of one side lie apart by themselves, relative
    Finding finding = Finding::undecided;  ///< of B against A
    std::string why;
};

struct Comparison {
    std::size_t runs_a = 0;
    std::size_t runs_b = 0;
    bool by_second = false;  ///< a side is a single run: the samples are its seconds
    MeasureComparison throughput;
    MeasureComparison p99;
    Finding verdict = Finding::undecided;
    std::string why;
    std::vector<std::string> warnings;
};

/// Judges side B against side A.
/// With several runs on both sides a run is a sample: a difference counts when the rank test finds
/// it less than 5 % likely by chance, the interval of the ratio excludes 1, and it is at least 1 %.
/// With a single run on a side its seconds are the samples, which know nothing of the noise between
/// runs: a difference counts only when the interval keeps away from 1 by more than the two halves
/// of one run differ from each other.
/// The verdict is that of both measures together; it is undecided when they point in opposite
/// directions or when any run was invalid.
/// Requires: at least one run a side.
Comparison compare(std::span<const MeasuredRun> a, std::span<const MeasuredRun> b,
                   std::uint64_t seed);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace tuma::loadgen
