// The switch's clock over starts: where it begins, what it tells of the machine's clock, what is
// kept of it.
#pragma once

#include "ledger/state/state.h"
#include "protocols/kit/provision.h"
#include "switch/engine/clock.h"
#include "switch/engine/clock_mark.h"
#include "switch/ops/metrics.h"
#include "switch/ops/settings.h"
#include "switch/setup/entropy.h"

#include <memory>

namespace tuma {

/// Makes the clock that the settings ask for and watches it. One thread calls all but `keep`.
class Timekeeper {
public:
    /// Begins where the books and the last mark say; tells the log when the machine's clock is
    /// somewhere else. Throws std::runtime_error for a --start before the last time of the books,
    /// StoreError when a virtual time cannot be kept.
    Timekeeper(const net::Settings& settings, const ledger::Position& books, net::Metrics& metrics,
               const net::Machine& machine = net::this_machine());

    net::Clock& clock();
    /// The clock if it is moved by hand, else null.
    net::VirtualClock* by_hand() { return by_hand_.get(); }
    const Entropy& entropy() const { return entropy_; }
    /// The machine's wall clock, whatever the switch's clock is. Any thread.
    Timestamp wall() const { return machine_.wall(); }
    /// What is made at this start is made with.
    protocols::Making making() {
        return {clock().now(), clock().outside(),
                [this](std::string_view purpose, std::span<std::byte> bytes) {
                    entropy_.fill(purpose, 0, bytes);
                }};
    }

    /// Looks at the machine's clock; names a jump, in the log and in the metrics.
    void tick();
    /// Makes a time that was reached by hand durable. Throws StoreError. Any one thread.
    void keep(Timestamp time);
    /// Leaves a mark for the next start.
    void stop();

private:
    void begin_by_hand(const ledger::Position& books);
    void begin_real(const ledger::Position& books);
    void put_gauges(const net::ClockLook& look);
    void leave_mark(const net::ClockLook& look);

    const net::Settings& settings_;
    net::Metrics& metrics_;
    const net::Machine machine_;
    net::ClockMark mark_;  ///< as it was left last
    bool is_failure_told_ = false;
    Entropy entropy_;
    std::unique_ptr<net::RealClock> real_;
    std::unique_ptr<net::VirtualClock> by_hand_;
};

}  // namespace tuma
