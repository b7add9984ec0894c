// The comparison of the rails for a terminal.
#pragma once

#include "switch/replay/run/result.h"

#include <string>

namespace tuma::replay {

/// What was replayed, a line a rail, what the advance did, and how fast it went.
std::string report_text(const ReplayResult& result);

}  // namespace tuma::replay
