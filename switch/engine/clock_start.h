// At which time a switch begins that has run before.
#pragma once

#include "ledger/words/time.h"
#include "switch/engine/clock_mark.h"

#include <optional>
#include <string>

namespace tuma::net {

/// What the machine says at a start.
struct ClockFacts {
    Timestamp books{};  ///< the time of the last batch; the zero time for new books
    std::optional<ClockMark> mark{};
    std::string boot{};
    Duration steady{};
    Timestamp wall{};
    bool accepts_wall = false;  ///< somebody says that the wall clock's date is right
};

/// How long the switch may have been down by the wall clock alone, when the steady clock cannot
/// tell: a long weekend. A longer time is one day's work to accept and might be a wrong date, by
/// which requests would be forgotten that are still being retried.
inline constexpr Duration unproven_pause_max = std::chrono::days{4};

struct ClockStart {
    Timestamp time{};
    bool nears_any = false;
};

/// Never before the last batch of the books. In this order:
/// - new books: the wall clock;
/// - a date that is accepted: the wall clock, or the books' end where that is later; what is left
///   of the difference is then neared, however large;
/// - the machine has not been started anew since the mark: as much later than the mark as the
///   steady clock says, or the wall clock where that is at most `slewed_max` further on;
/// - otherwise the wall clock, if it is at most `unproven_pause_max` ahead of the last time that is
///   known; else that time.
ClockStart clock_start(const ClockFacts& facts);

}  // namespace tuma::net
