#include "switch/net/clock_start.h"

#include "switch/net/clock.h"

#include <algorithm>

namespace tuma::net {
namespace {

// The time by the steady clock, if it has run on since the mark.
std::optional<Timestamp> by_steady_clock(const ClockFacts& facts) {
    const auto& mark = facts.mark;
    if (!mark || mark->is_by_hand || mark->boot.empty() || mark->boot != facts.boot)
        return std::nullopt;
    if (facts.steady < mark->steady) return std::nullopt;
    return std::max(facts.books, mark->time + (facts.steady - mark->steady));
}

// A difference that was accepted stays so while it only gets smaller.
bool still_nears(const ClockFacts& facts, Timestamp start) {
    const auto& mark = facts.mark;
    return mark && mark->nears_any && facts.wall < start &&
           facts.wall - start >= mark->wall - mark->time - slewed_max;
}

Timestamp time_of(const ClockFacts& facts) {
    const Timestamp known = std::max(facts.books, facts.mark ? facts.mark->time : Timestamp{});
    if (known == Timestamp{}) return facts.wall;
    if (facts.accepts_wall) return std::max(facts.books, facts.wall);
    const auto steady = by_steady_clock(facts);
    const Timestamp last = steady.value_or(known);
    const bool is_near = facts.wall - last <= (steady ? slewed_max : unproven_pause_max);
    return is_near ? std::max(last, facts.wall) : last;
}

}  // namespace

ClockStart clock_start(const ClockFacts& facts) {
    const Timestamp time = time_of(facts);
    return {time, facts.accepts_wall || still_nears(facts, time)};
}

}  // namespace tuma::net
