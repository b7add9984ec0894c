// What the advance and fixed outgoings did, in sentences.
#pragma once

#include "switch/replay/run/result.h"

#include <string>

namespace tuma::replay {

/// Whether there was an advance, more than nothing, within the window.
bool is_lent(const ReplayResult& result);

/// What was lent, what it cost and how long it took to repay, or why nothing was; empty without an
/// advance in the plan.
std::string advance_words(const ReplayResult& result);

/// On which rails the advance made the till short more often or less; empty if nothing was lent.
std::string advance_shortness_words(const ReplayResult& result);

/// The same for outgoings in equal instalments; empty without that variant.
std::string fixed_outgoings_words(const ReplayResult& result);

}  // namespace tuma::replay
