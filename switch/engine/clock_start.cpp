#include "switch/engine/clock_start.h"

#include "switch/engine/clock.h"

#include <algorithm>

namespace tuma::net {
namespace {

// The time by the steady clock, if it has run on since the mark.
std::optional<Timestamp> by_steady_clock(const ClockFacts& facts) {
    const auto& mark = facts.mark;
    // Another boot, another zero: the two readings cannot be compared. A virtual clock says nothing
    // about the world.
    if (!mark || mark->is_by_hand || mark->boot.empty() || mark->boot != facts.boot)
        return std::nullopt;
    // A reading below the mark's cannot be of the same boot, whatever it is called.
    if (facts.steady < mark->steady) return std::nullopt;
    // The journal may be further than the mark, which is written now and then.
    return std::max(facts.books, mark->time + (facts.steady - mark->steady));
}

// A difference that was accepted stays so while it only gets smaller.
bool still_nears(const ClockFacts& facts, Timestamp start) {
    const auto& mark = facts.mark;
    // The books are ahead of the wall clock, as they were, and less so than before.
    return mark && mark->nears_any && facts.wall < start &&
           facts.wall - start >= mark->wall - mark->time - slewed_max;
}

Timestamp time_of(const ClockFacts& facts) {
    const Timestamp known = std::max(facts.books, facts.mark ? facts.mark->time : Timestamp{});
    // New books: there is nothing to be consistent with.
    if (known == Timestamp{}) return facts.wall;
    // The books can be told a later time, never an earlier one.
    if (facts.accepts_wall) return std::max(facts.books, facts.wall);
    const auto steady = by_steady_clock(facts);
    const Timestamp last = steady.value_or(known);
    // With proof, an hour is the bound of what a correction can be; without, a long weekend is.
    const bool is_near = facts.wall - last <= (steady ? slewed_max : unproven_pause_max);
    // Ahead is followed at once, because what fell due meanwhile must happen. Behind is waited for.
    return is_near ? std::max(last, facts.wall) : last;
}

}  // namespace

ClockStart clock_start(const ClockFacts& facts) {
    const Timestamp time = time_of(facts);
    return {time, facts.accepts_wall || still_nears(facts, time)};
}

}  // namespace tuma::net
