#include "switch/replay/figures/rail_set.h"

#include "switch/replay/words/html.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::replay {

RailSet all_rails(const ReplayResult& result) {
    // Pointers, because results hold years of days.
    RailSet out;
    out.reserve(result.rails.size());
    for (const RailResult& rail : result.rails) out.push_back(&rail);
    return out;
}

const AdvanceMeasures& advance_of(const RailResult& rail) {
    return *rail.with_advance->measures.advance;
}

RailSet where(const RailSet& rails, const std::function<bool(const RailResult&)>& holds) {
    RailSet out;
    for (const RailResult* rail : rails) {
        if (holds(*rail)) out.push_back(rail);
    }
    return out;
}

RailSet with(const RailSet& rails, const RailKey& key, std::int64_t value) {
    return where(rails, [&](const RailResult& rail) { return key(rail) == value; });
}

RailSet sorted_by(RailSet rails, const RailKey& key) {
    // Stable: equal rails stay in the order of the plan.
    std::stable_sort(rails.begin(), rails.end(),
                     [&](const RailResult* a, const RailResult* b) { return key(*a) < key(*b); });
    return rails;
}

std::int64_t least(const RailSet& rails, const RailKey& key) {
    std::int64_t value = key(*rails.front());
    for (const RailResult* rail : rails) value = std::min(value, key(*rail));
    return value;
}

std::int64_t most(const RailSet& rails, const RailKey& key) {
    std::int64_t value = key(*rails.front());
    for (const RailResult* rail : rails) value = std::max(value, key(*rail));
    return value;
}

std::string names(const RailSet& rails) {
    // A plan may have dozens of rails, and a sentence should end.
    constexpr std::size_t names_most = 10;
    std::vector<std::string> out;
    out.reserve(rails.size());
    for (const RailResult* rail : rails) out.push_back(rail->name);
    return listed(out, names_most);
}

std::string first_of(const RailSet& rails) {
    if (rails.size() == 1) return rails[0]->name;
    return fmt::format("{} and {} more", rails[0]->name, rails.size() - 1);
}

std::int64_t days_short(const RailResult& rail) {
    return rail.base.measures.days_short;
}

bool is_ever_in_transit(const RailResult& rail) {
    return std::any_of(rail.base.days.begin(), rail.base.days.end(),
                       [](const DayRow& row) { return row.receivable != 0; });
}

}  // namespace tuma::replay
