// How long a service waits before it tells a merchant again.
#pragma once

#include "ledger/words/time.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace tuma::protocols {

/// The same wait, so many times in a row.
struct RetryStep {
    std::chrono::seconds wait;
    unsigned times = 1;
};

/// 15 repetitions in 24 h 4 min. Source: WeChat Pay API v3, payment notices.
inline constexpr std::array<RetryStep, 9> retries_of_a_day{{{std::chrono::seconds{15}, 2},
                                                            {std::chrono::seconds{30}},
                                                            {std::chrono::minutes{3}},
                                                            {std::chrono::minutes{10}},
                                                            {std::chrono::minutes{20}},
                                                            {std::chrono::minutes{30}, 3},
                                                            {std::chrono::minutes{60}},
                                                            {std::chrono::hours{3}, 3},
                                                            {std::chrono::hours{6}, 2}}};

/// The wait behind attempt `attempt` (1 is the first) that was not acknowledged; nothing when the
/// schedule ends there.
constexpr std::optional<Duration> wait_after(std::span<const RetryStep> schedule,
                                             std::uint16_t attempt) {
    unsigned left = attempt;
    for (const RetryStep& step : schedule) {
        // Attempts count from 1, so that the first wait is behind the first attempt.
        if (left <= step.times) return step.wait;
        left -= step.times;
    }
    return std::nullopt;
}

}  // namespace tuma::protocols
