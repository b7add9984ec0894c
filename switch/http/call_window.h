// How many calls to one host may be under way at a time, by how it answers.
#pragma once

#include "ledger/words/time.h"
#include "switch/engine/clock.h"

#include <cstddef>

namespace tuma::net {

/// Begins with 2 and grows up to `most` while answers come in good time. A host that takes one call
/// at a time is so given no more than it answers before they run out of time; one that takes many
/// soon has as many as there may be; one that never answers is worked through as fast as may be.
class CallWindow {
public:
    /// Requires: at least 1.
    explicit CallWindow(std::size_t most);

    std::size_t size() const { return size_; }

    /// An answer came after `taken`. Good is a quarter of `patience`; or, several times in a row,
    /// half as much again as the host's quickest answer: it takes its time, but many at once.
    void on_answer(Duration taken, Duration patience);
    /// A call waits for long while later ones are answered: they take each other's place. Half as
    /// many from now on; counts once in `pause`.
    void on_crowd(Steady::time_point now, Duration pause);
    /// A call ran out of time and meanwhile nothing was answered: fewer would not help. Twice as
    /// many from now on.
    void on_silence();

private:
    std::size_t most_;
    std::size_t size_;
    std::size_t good_answers_ = 0;  ///< since it grew
    bool was_crowded_ = false;
    Duration quickest_ = Duration::max();
    Steady::time_point calm_until_{};
};

}  // namespace tuma::net
