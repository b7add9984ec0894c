// Lets virtual time pass: from deadline to deadline, everything that falls due done on the way.
#pragma once

#include "ledger/words/result.h"
#include "switch/engine/clock.h"
#include "switch/engine/engine.h"
#include "switch/gateway/notifier.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace tuma::net {

/// What an advance has done.
struct Advanced {
    Timestamp now{};
    std::uint64_t stops = 0;  ///< deadlines at which time stood still
};

/// Moves a VirtualClock by hand. At each deadline time stands still until the engine has done what
/// is due and every notice that this caused has been answered, so that a ladder of a day runs in
/// the time that its receivers take.
class VirtualTime {
public:
    /// Makes a time durable; throws ledger::StoreError. An advance may write nothing to the books.
    using Keep = std::function<void(Timestamp)>;

    VirtualTime(VirtualClock& clock, Engine& engine, const Notifier& notifier, Keep keep)
        : clock_(clock), engine_(engine), notifier_(notifier), keep_(std::move(keep)) {}

    /// Where time has come to is durable when this returns, and a restart goes on there.
    /// Refuses with field "clock" when the switch is still busy after `patience`: the error says
    /// how far time has come. One advance at a time; others wait.
    Result<Advanced> advance(Duration by, std::chrono::milliseconds patience);
    /// The switch stops: an advance under way ends where time has come to, later ones are refused.
    /// Any thread.
    void end() { is_ended_ = true; }

private:
    Result<Advanced> pass(Duration by, std::chrono::milliseconds patience);
    bool settles(Steady::time_point until);
    void move_to(Timestamp time);

    std::mutex mutex_;
    std::atomic<bool> is_ended_ = false;
    VirtualClock& clock_;
    Engine& engine_;
    const Notifier& notifier_;
    Keep keep_;
};

}  // namespace tuma::net
