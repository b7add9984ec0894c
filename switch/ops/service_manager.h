// What systemd is told of this process, by the protocol of sd_notify(3): ready, alive, stopping.
#pragma once

#include "ledger/words/time.h"
#include "switch/ops/metrics.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tuma::net {

/// Sends datagrams to the socket of whoever started the process and waits for its state. One
/// thread.
class ServiceManager {
public:
    /// An empty `socket`: nobody waits, and nothing is sent. One that begins with @ is abstract.
    /// `patience`: how long the manager waits for a sign of life before it restarts the process;
    /// zero for ever.
    ServiceManager(std::string socket, Duration patience);
    /// As NOTIFY_SOCKET and WATCHDOG_USEC say.
    static ServiceManager of_environment();

    /// `status` is what people read in `systemctl status`.
    void ready(std::string_view status);
    void stopping();

    /// Gives a sign of life twice within `patience`, unless commands wait for an engine that has
    /// decided and recorded nothing since the last one. To be called about ten times a second;
    /// `now` is the time since any moment, on a clock that never goes back.
    void tick(const Metrics& metrics, Duration now);

private:
    void send(std::string_view state);

    std::string socket_;
    Duration patience_;
    bool is_failure_told_ = false;
    Duration last_{};
    std::uint64_t progress_ = 0;  ///< as it was at the last sign of life
};

}  // namespace tuma::net
