// Finds the highest rate that keeps an objective where single trials may be wrong in both ways.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/report/slo.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// One trial of a search: what came of a rate.
struct Trial {
    Rate offered;
    Kept outcome = Kept::unknown;
    std::string why{};  ///< why it was not kept
    /// Broken by so much that no noise of a machine explains it: three times a limit, refusals, a
    /// rate that was not held.
    bool is_severe = false;
    bool is_confirmation = false;
    bool is_server_gone = false;  ///< ends the search
    double ok_per_s = 0;
    double refused_per_s = 0;
    double refused_share = 0;  ///< of what was sent
    double failed_share = 0;   ///< errors, timeouts and skipped, of what was due
    std::uint64_t requests = 0;
    std::uint64_t p50_floor_us = 0;
    std::uint64_t p50_us = 0;
    std::uint64_t p99_floor_us = 0;
    std::uint64_t p99_us = 0;
    std::uint64_t max_us = 0;
};

struct SearchSettings {
    Rate start;
    Rate lowest{1};                       ///< never tried below
    Rate highest;                         ///< never tried beyond
    std::uint32_t precision_percent = 5;  ///< the bisection ends at this distance
};

/// A rate is confirmed when it is kept in four of five further trials.
inline constexpr int confirmations = 5;
inline constexpr int confirmations_kept_min = 4;

struct SearchResult {
    /// The highest rate that was confirmed; where none was, the highest that nothing spoke against,
    /// or else the highest that was kept more than once, or at all.
    std::optional<Rate> found;
    bool is_confirmed = false;
    /// Up to here the objective may be kept too: pauses of the generator or its machine hide it.
    std::optional<Rate> hidden_up_to;
    /// Something else than the rate breaks the objective: a rate far below breaks it as often.
    /// `found` is then the highest rate that does not break it severely, and is not confirmed.
    bool is_noisy = false;
    /// The search ended for this reason, and not because it was done: a server that went away, a
    /// signal, or too many trials. Empty otherwise.
    std::string cut_short;
    std::vector<Trial> trials;  ///< in the order in which they ran
};

/// Doubles the rate until one fails, bisects between the last that passed and the lowest that
/// failed, confirms what it found, and then looks upward again.
///
/// A machine that is busy for a moment breaks a rate that the server can keep; nothing lets a rate
/// pass that it cannot. So one trial that is kept lets a rate pass, and only a second break fails
/// it. A trial of which nothing is known is repeated up to three times; then the rate passes, since
/// nothing speaks against it, but it cannot be confirmed. A failed confirmation lowers the rate by
/// the precision, at most ten times. At the end the lowest rate that failed is tried once more, and
/// when it passes now, the search goes on from there.
/// Where no rate up to half above the result breaks the objective severely, a rate far below is
/// tried: if that is not kept in three of four trials, the machine is what breaks it.
/// Requires: 1 <= lowest <= start <= highest, a precision of 1 to 50.
SearchResult find_max(const SearchSettings& settings, const std::function<Trial(Rate)>& try_rate);

}  // namespace tuma::loadgen
