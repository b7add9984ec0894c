#include "switch/gateway/virtual_time.h"

#include "ledger/store/journal_store.h"
#include "switch/ops/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>

namespace tuma::net {
namespace {

constexpr std::chrono::microseconds look_again_after{200};

}  // namespace

void VirtualTime::move_to(Timestamp time) {
    clock_.move_to(time);
    // The engine sleeps until the deadline that it knew. It has to look at the clock again.
    engine_.wake();
}

// Attempts are handed from the engine to the notifier and back without a gap in which both are
// idle; so nothing is going on when two looks in this order find both idle.
bool VirtualTime::settles(Steady::time_point until) {
    while (true) {
        if (engine_.is_idle() && notifier_.is_idle() && engine_.is_idle()) return true;
        if (is_ended_ || Steady::now() >= until) return false;
        // Engine and notifier share nothing that could wake a waiter, so it looks again.
        std::this_thread::sleep_for(look_again_after);
    }
}

Result<Advanced> VirtualTime::advance(Duration by, std::chrono::milliseconds patience) {
    const std::lock_guard lock(mutex_);
    Result<Advanced> advanced = pass(by, patience);
    // Also when the advance was refused: time has moved, and no restart may go back behind it.
    try {
        keep_(clock_.now());
    } catch (const ledger::StoreError& error) {
        log_event(LogLevel::error, "clock_not_kept", {{"why", std::string(error.what())}});
        return InputError{"clock", "the time could not be written; the log says why"};
    }
    return advanced;
}

// Requires the lock.
Result<Advanced> VirtualTime::pass(Duration by, std::chrono::milliseconds patience) {
    // One patience for the whole advance, not for each stop.
    const Steady::time_point until = Steady::now() + patience;
    const Timestamp target = clock_.now() + by;
    Advanced advanced;
    while (true) {
        // Before each step: nothing from the last moment may still be on its way when time moves
        // on.
        if (is_ended_ || !settles(until))
            return InputError{
                "clock",
                is_ended_ ? fmt::format("stands at {}; the switch is stopping", text(clock_.now()))
                          : fmt::format("still busy after {} ms at {}; a receiver "
                                        "may be slow",
                                        patience.count(), text(clock_.now()))};
        const auto next = engine_.next_deadline();
        if (!next || *next > target) break;
        ++advanced.stops;
        // An overdue deadline is met at the present moment: time never goes back.
        move_to(std::max(*next, clock_.now()));
    }
    move_to(target);
    if (!settles(until)) return InputError{"clock", "still busy at the end of the advance"};
    advanced.now = clock_.now();
    return advanced;
}

}  // namespace tuma::net
