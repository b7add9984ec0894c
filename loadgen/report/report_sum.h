// Results of generators or threads that drove one server together, added up.
#pragma once

#include "loadgen/report/report.h"

#include <cstdint>

namespace tuma::loadgen {

/// Adds what ended in the same second. Percentiles are the larger ones: no percentile of both is
/// above these.
void add_row(const TimelineRow& part, TimelineRow& total);

/// Adds timeline and intervals of a part that began `shift` seconds later.
void add_rows(const RunReport& part, std::uint64_t shift, RunReport& total);

/// Adds counts and histograms, and never averages. The window is the longest one, since a rate that
/// is said too low harms nobody. Losses are matched by `shift`, by which the part began later.
/// Settings, host and calibration stay those of `total`.
void add_results(const RunReport& part, Offset shift, RunReport& total);

/// What follows from the sums: what is quoted, and the percentiles of seconds, which are those of
/// all their operations.
void finish_sum(RunReport& total);

}  // namespace tuma::loadgen
