#include "loadgen/measure/phase_recorder.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>

namespace tuma::loadgen {

PhaseRecorder::PhaseRecorder(std::vector<Offset> bounds) : bounds_(std::move(bounds)) {
    ensure(bounds_.size() >= 2, "a phase has two ends");
    ensure(std::is_sorted(bounds_.begin(), bounds_.end()), "phases follow one another");
    tallies_.resize(bounds_.size() - 1);
}

PhaseTally* PhaseRecorder::at(Offset time) {
    const auto next = std::upper_bound(bounds_.begin(), bounds_.end(), time);
    if (next == bounds_.begin() || next == bounds_.end()) return nullptr;
    return &tallies_[static_cast<std::size_t>(next - bounds_.begin()) - 1];
}

}  // namespace tuma::loadgen
