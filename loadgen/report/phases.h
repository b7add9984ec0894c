// The phases of a run whose rate changes: one row for each piece of its rate.
#pragma once

#include "ledger/words/time.h"
#include "loadgen/arrivals/rate_words.h"
#include "loadgen/measure/counts.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/report/verdict.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tuma::loadgen {

struct RunReport;

/// What was asked in one phase, and what came of it.
struct PhaseRow {
    RatePiece piece;
    Duration begin{0};           ///< behind the warm-up
    Duration measured{0};        ///< less than the piece lasts where the run ended in it
    Counts counts;               ///< of operations that were intended in it, whenever they ended
    Counts window;               ///< of what ended within it, whenever it was intended
    std::uint64_t requests = 0;  ///< like the histograms: intended in it, without refusals
    Histogram response;
    Histogram floor;

    /// What the rate has in the measured time.
    double asked() const { return piece.operations(measured); }
    double per_s(double operations) const { return rate_over(operations, measured); }
};

/// Where phases begin and end, the warm-up before them.
std::vector<Offset> phase_bounds(std::span<const RatePiece> pieces, Duration warmup);

/// Operations that a rate has within the window of this run.
double asked_in_window(const RateProfile& rate, const RunReport& report);

/// Takes the phases that had begun when the window ended.
void take_phases(const Recorder& recorder, RunReport& report);

/// Adds what was asked of another generator in phases of the same lengths at the same time.
void add_asked(const std::vector<PhaseRow>& part, std::vector<PhaseRow>& total);
/// Adds what came of them. Requires: phases of the same lengths.
void add_phases(const std::vector<PhaseRow>& part, std::vector<PhaseRow>& total);

/// As of a run: operations that ended within the phase are at least 99 % of those that were asked
/// for, or as many as a Poisson schedule may draw. What usually is on its way when the phase ends
/// may be missing.
bool is_held(const PhaseRow& phase, const RunReport& report);

/// What its percentile may be quoted as.
Bounds bounds_of(const PhaseRow& phase, double percentile);

/// "phase-02", the tag in latency.hlog; with ".floor" behind it that of its floor.
std::string phase_tag(std::size_t index);

/// Rows for the terminal; empty without phases.
std::string phases_text(const RunReport& report);
/// Tables for the page; empty without phases.
std::string phases_html(const RunReport& report);
/// Lines of latency.hlog; empty without phases.
std::string phases_hlog(const RunReport& report);

}  // namespace tuma::loadgen
