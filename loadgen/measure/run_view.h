// How a run goes, for those who watch it: one recorder's figures, or those of several added up.
#pragma once

#include "loadgen/measure/counts.h"
#include "loadgen/measure/recorder.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tuma::loadgen {

/// Refers to what it was made of, and is good until that changes.
class RunView {
public:
    RunView(const Recorder& recorder)
        : RunView(recorder.timeline(), recorder.closed_rows(), recorder.counts(),
                  recorder.warmup_counts()) {}
    RunView(std::span<const TimelineRow> timeline, std::size_t closed_rows, const Counts& counts,
            const Counts& warmup_counts)
        : timeline_(timeline),
          closed_rows_(closed_rows),
          counts_(counts),
          warmup_counts_(warmup_counts) {}

    // As of `Recorder`.
    std::span<const TimelineRow> timeline() const { return timeline_; }
    std::size_t closed_rows() const { return closed_rows_; }
    const Counts& counts() const { return counts_; }
    const Counts& warmup_counts() const { return warmup_counts_; }
    std::uint64_t in_flight() const { return counts_.in_flight() + warmup_counts_.in_flight(); }

private:
    std::span<const TimelineRow> timeline_;
    std::size_t closed_rows_;
    const Counts& counts_;
    const Counts& warmup_counts_;
};

}  // namespace tuma::loadgen
