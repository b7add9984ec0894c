// How many operations of a run ended in which way, and the sums that must agree.
#pragma once

#include "ledger/words/time.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tuma::loadgen {

/// Every operation ends in exactly one of skipped, ok, refused, errors, timeouts.
struct Counts {
    std::uint64_t scheduled = 0;
    std::uint64_t sent = 0;
    std::uint64_t skipped = 0;  ///< due but never sent: overload policy, or the run ended
    std::uint64_t ok = 0;
    std::uint64_t refused = 0;   ///< answered with a refusal
    std::uint64_t errors = 0;    ///< no answer and never will be: connection lost, bad frame
    std::uint64_t timeouts = 0;  ///< no answer in time
    std::map<std::uint16_t, std::uint64_t> refusals;  ///< by refusal code; they sum to `refused`

    bool operator==(const Counts&) const = default;

    /// Answered, or given up.
    std::uint64_t ended() const { return ok + refused + errors + timeouts; }
    /// Sent and not yet ended.
    std::uint64_t in_flight() const { return sent - ended(); }

    void add(const Counts& other);
};

/// A part of a whole as a share of 0..1; of nothing it is nothing.
inline double share_of(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Operations a second over such a time; over none it is nothing.
inline double rate_over(double operations, Duration time) {
    const double seconds = std::chrono::duration<double>(time).count();
    return seconds > 0 ? operations / seconds : 0;
}

/// The first identity that does not hold once a run has ended, as a sentence with its numbers:
/// scheduled = sent + skipped; sent = ok + refused + errors + timeouts; refusals sum to refused.
std::optional<std::string> broken_identity(const Counts& counts);

}  // namespace tuma::loadgen
