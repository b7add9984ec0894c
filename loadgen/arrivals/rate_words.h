// Rates as people write them: one that stays the same, or a profile of parts.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/arrivals/rate_profile.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// More have no place in a report.
inline constexpr std::size_t profile_pieces_max = 100;

/// Reads operations a second, "12000", "0.5", "250k" or "1.2M", from 0.001 to 100M; "max" is no
/// rate. Refuses a profile by that name.
Result<std::optional<Rate>> parse_rate(std::string_view text);

/// Whether this is meant as a profile and not as one rate.
bool is_rate_profile(std::string_view text);

/// Reads parts with commas between them, one after the other:
///   1k:10s                       so much, so long
///   ramp:1k..20k:30s             in a straight line from one rate to the other
///   step:1k,2k,4k:10s            each of these so long
///   spike:2k+20k@10s/1s          so much, and so much more from that time on, so long;
///                                then as long as before it without
/// Refuses rates outside 0.001 to 100M, pieces outside 1ms to 7d and more than 7d together, more
/// than `profile_pieces_max` pieces, and anything else with the four forms.
Result<std::vector<RatePiece>> parse_rate_profile(std::string_view text);

/// "1k:10s,ramp:1k..20k:30s": read back by `parse_rate_profile`.
std::string piece_text(const RatePiece& piece);
std::string profile_text(std::span<const RatePiece> pieces);

}  // namespace tuma::loadgen
