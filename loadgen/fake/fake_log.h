// What a server of known behaviour did, by its own clock: the truth that a report is held against.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/measure/histogram.h"

#include <array>
#include <cstdint>
#include <string>

namespace tuma::loadgen {

/// Counts and times of one server. Set-up is counted apart and not timed.
struct FakeLog {
    std::uint64_t connections = 0;
    std::uint64_t set_up_operations = 0;
    std::uint64_t requests = 0;
    std::uint64_t operations = 0;  ///< of those requests; they end in one of the next four
    std::uint64_t ok = 0;
    std::uint64_t refused = 0;
    std::uint64_t overloaded = 0;
    std::uint64_t unanswered = 0;           ///< silent on purpose, or the caller had gone
    std::uint64_t duplicates = 0;           ///< requests whose answer was sent twice
    std::uint64_t bad_frames = 0;           ///< what no client should have sent
    std::uint64_t dropped = 0;              ///< connections closed on purpose
    std::array<std::uint64_t, 32> kinds{};  ///< operations by the number of their frame's type
    Offset first{0};                        ///< the first request's arrival, and the last answer
    Offset last{0};

    // Of requests that were served, one sample each.
    Histogram service;    ///< what being served took, as the settings' law drew it
    Histogram residence;  ///< from arrival to the moment at which the answer was due: theory
    Histogram answered;   ///< from arrival to the moment at which it left: what a caller can see
    Histogram late;       ///< between those two moments: this server's own error

    double seconds() const { return std::chrono::duration<double>(last - first).count(); }
};

/// For a terminal.
std::string fake_log_text(const FakeLog& log);
/// One object; times in microseconds.
std::string fake_log_json(const FakeLog& log);

}  // namespace tuma::loadgen
