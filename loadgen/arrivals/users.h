// People who ask, wait for the answer, think, and ask again.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/arrivals/time_law.h"

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace tuma::loadgen {

/// When users ask: each asks first within one mean time of thinking, one after the other at equal
/// distances, and again when it has thought after its answer. How long depends on the order of
/// answers and the seed alone, since all think alike.
class Users final : public Arrivals {
public:
    /// Nobody asks at or after `end`. Requires: at least one user.
    Users(std::uint32_t users, const TimeLaw& think, std::uint64_t seed, Offset end);

    std::optional<Offset> peek() const override;
    Offset take() override;
    /// A user has its answer, or gave up waiting for it, and thinks.
    void ended(Offset now) override;

private:
    TimeLaw think_;
    Offset end_;
    Random random_;
    std::priority_queue<Offset, std::vector<Offset>, std::greater<>> thinking_;  ///< until when
};

}  // namespace tuma::loadgen
