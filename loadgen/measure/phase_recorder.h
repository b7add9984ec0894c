// What came of the operations of each phase of a run.
#pragma once

#include "loadgen/arrivals/rate_profile.h"
#include "loadgen/measure/counts.h"
#include "loadgen/measure/histogram.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace tuma::loadgen {

/// Operations belong to the phase of their intended time, answers to that in which they came.
struct PhaseTally {
    Counts counts;               ///< of the operations that were intended in it
    Counts window;               ///< of whatever ended within it; nothing of what was sent or due
    std::uint64_t requests = 0;  ///< intended in it, with an operation that was not refused
    Histogram response;          ///< of operations intended in it, but refused ones
    Histogram floor;
};

/// Phases one after the other.
class PhaseRecorder {
public:
    /// Without phases.
    PhaseRecorder() = default;
    /// Phase i from bounds[i] until bounds[i + 1]. Requires: at least two, rising.
    explicit PhaseRecorder(std::vector<Offset> bounds);

    /// The phase that a moment lies in; null outside of all.
    PhaseTally* at(Offset time);
    const std::deque<PhaseTally>& tallies() const { return tallies_; }

private:
    std::vector<Offset> bounds_;
    std::deque<PhaseTally> tallies_;
};

}  // namespace tuma::loadgen
