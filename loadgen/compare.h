// Whether one side of runs is better than another, with the noise said aloud.
#pragma once

#include "ledger/result.h"
#include "loadgen/histogram.h"
#include "loadgen/recorder.h"

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

/// Two-sided Mann–Whitney U test: the chance of a difference in rank at least this large between
/// samples of one distribution. Exact by counting arrangements when both sides have at most 20
/// samples and none are equal; otherwise the normal approximation with correction for ties and
/// continuity. 1 when a side is empty. Source: Mann, Whitney (1947).
struct MannWhitney {
    double u = 0;  ///< of the first side: pairs in which it is the larger, ties as half
    double p = 1;
    bool exact = false;
};
MannWhitney mann_whitney(std::span<const double> first, std::span<const double> second);

/// B's median divided by A's with a 95 % bootstrap interval; 1 means no difference.
struct Ratio {
    double value = 1;
    double low = 1;
    double high = 1;
};

/// Percentile bootstrap of median(b)/median(a). Requires: neither side empty. Zero medians give 1.
Ratio bootstrap_ratio(std::span<const double> a, std::span<const double> b, std::uint64_t seed,
                      std::size_t rounds = 4000);

enum class Finding : std::uint8_t { better, worse, undecided };
std::string_view name(Finding finding);

/// One measure of both sides.
struct MeasureComparison {
    std::string measure;  ///< "throughput_per_s" or "response_p99_us"
    double a = 0;         ///< median of the side's runs
    double b = 0;
    Ratio ratio;
    MannWhitney test;
    double noise = 0;  ///< how far runs of one side lie apart by themselves, relative
    Finding finding = Finding::undecided;  ///< of B against A
    std::string why;
};

struct Comparison {
    std::size_t runs_a = 0;
    std::size_t runs_b = 0;
    MeasureComparison throughput;
    MeasureComparison p99;
    Finding verdict = Finding::undecided;
    std::vector<std::string> warnings;
};

/// Judges side B against side A. Requires: at least one run a side.
Comparison compare(std::span<const MeasuredRun> a, std::span<const MeasuredRun> b,
                   std::uint64_t seed);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace tuma::loadgen
