// Keeps a flood of lines out of the log: so many a second are written, the others are counted.
#pragma once

#include "switch/engine/clock.h"
#include "switch/ops/log.h"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace tuma::net {

/// Any thread. At the level debug there is no bound: who asks for everything gets it.
class LineBudget {
public:
    /// `event` is what the lines are called.
    explicit LineBudget(std::string event, std::uint64_t a_second = 200)
        : event_(std::move(event)), a_second_(a_second) {}

    /// Whether one more may be written now. The first of a new second says how many were left out
    /// before, as the event `lines_left_out`.
    bool admits(Steady::time_point now) {
        if (is_logged(LogLevel::debug)) return true;
        const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
        const std::lock_guard lock(mutex_);
        if (second != second_) {
            if (asked_ > a_second_)
                log_event(LogLevel::warn, "lines_left_out",
                          {{"of", event_}, {"count", asked_ - a_second_}});
            second_ = second;
            asked_ = 0;
        }
        return ++asked_ <= a_second_;
    }

private:
    const std::string event_;
    const std::uint64_t a_second_;
    std::mutex mutex_;
    std::chrono::seconds second_{};
    std::uint64_t asked_ = 0;
};

}  // namespace tuma::net
