// A machine whose clocks go only when they are told to.
#pragma once

#include "switch/engine/clock.h"

namespace tuma::testing {

/// Requires: stays where it is while its clocks are used.
struct FakeMachine {
    Timestamp wall{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29}};
    Duration steady = std::chrono::hours{5};

    net::Machine clocks() {
        return {.wall = [this] { return wall; }, .steady = [this] { return steady; }};
    }
    /// Time passes for both.
    void pass(Duration duration) {
        wall += duration;
        steady += duration;
    }
};

}  // namespace tuma::testing
