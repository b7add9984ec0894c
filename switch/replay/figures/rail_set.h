// Some of a result's rails, and picking among them.
#pragma once

#include "switch/replay/run/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tuma::replay {

/// In the plan's order.
using RailSet = std::vector<const RailResult*>;
using RailKey = std::function<std::int64_t(const RailResult&)>;

RailSet all_rails(const ReplayResult& result);
/// Requires: the rail was played with an advance too.
const AdvanceMeasures& advance_of(const RailResult& rail);
RailSet where(const RailSet& rails, const std::function<bool(const RailResult&)>& holds);
RailSet with(const RailSet& rails, const RailKey& key, std::int64_t value);
/// Ascending by `key`; equal ones keep their order.
RailSet sorted_by(RailSet rails, const RailKey& key);

/// Requires: at least one rail.
std::int64_t least(const RailSet& rails, const RailKey& key);
std::int64_t most(const RailSet& rails, const RailKey& key);

/// "a, b and c"; beyond ten names the rest is counted.
std::string names(const RailSet& rails);
/// The first with its name, the others that share its value counted: "a and 3 more".
std::string first_of(const RailSet& rails);

std::int64_t days_short(const RailResult& rail);
/// Whether money was ever sold and not yet settled, or the other way round, at the end of a day.
bool is_ever_in_transit(const RailResult& rail);

}  // namespace tuma::replay
