// How long something takes: always the same, or drawn.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/arrivals/random.h"
#include "loadgen/arrivals/rate_profile.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// A law of times with its mean.
struct TimeLaw {
    enum class Kind : std::uint8_t { fixed, exponential, uniform };

    Kind kind = Kind::fixed;
    Duration mean{0};      ///< rounded down to a microsecond
    Duration shortest{0};  ///< of uniform ones only, like the longest
    Duration longest{0};

    bool operator==(const TimeLaw&) const = default;
    /// The next time; draws only where it is not always the same.
    Offset draw(Random& random) const;
    /// As `parse_time_law` reads it.
    std::string text() const;
};

/// Reads "2ms" or "fixed:2ms" (always), "exp:5ms" (exponential, that mean) or "uniform:1ms..3ms"
/// (each between them equally likely), up to an hour. Refuses other words with the list of right
/// ones, and what is no duration.
Result<TimeLaw> parse_time_law(std::string_view text);

}  // namespace tuma::loadgen
