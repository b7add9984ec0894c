// Reports of several generators that drove one server together, as one report.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/report/report.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// A report with the directory that it was read from.
struct ReadReport {
    std::string directory;
    std::unique_ptr<RunReport> report;
};

/// Reads what `write_report` wrote: report.json, latency.hlog and timeline.csv. Stages of the
/// server and the fsync probe are left out. Refuses: a file that is missing or cannot be
/// understood, by name; a run over HTTP, whose callbacks are not kept in full.
Result<ReadReport> read_report(const std::filesystem::path& directory);

/// Adds up counts and histograms and never averages; seconds are matched by the wall clock. Rates
/// and connections add up too; the window is the longest one. Judged anew, and invalid if one of
/// them was. A floor knows the delays of its own generator alone: by what another one delayed in
/// the server's queue it is no lower.
/// Refuses: fewer than two; runs that differ in more than seed, rate, target and connections; equal
/// seeds, which make equal references; runs that did not begin within a quarter of their length.
Result<std::unique_ptr<RunReport>> merged(std::span<const ReadReport> parts);

}  // namespace tuma::loadgen
