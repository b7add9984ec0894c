// How long a notice waits between its attempts.
#pragma once

#include "ledger/order.h"
#include "ledger/time.h"

#include <cstdint>
#include <optional>

namespace tuma::core {

/// The wait before attempt `attempt` (2 for the first repetition), or nothing when the ladder has
/// no such attempt. Source: WeChat Pay API v3, payment notices (15 repetitions in 24 h 4 min) and
/// transfer bills (15 s x 10, 300 s x 10, 1,800 s x 44).
std::optional<Duration> wait_before(ledger::NoticeLadder ladder, std::uint16_t attempt);

}  // namespace tuma::core
