// The administrator's small HTTP server: /metrics, /healthz, /livez, /readyz, /version.
#pragma once

#include "switch/net/endpoint.h"
#include "switch/net/metrics.h"

#include <cstddef>
#include <functional>
#include <memory>

namespace tuma::net {

/// Answers GET and HEAD on one thread of its own. A bounded number of connections at a time, 8 KiB
/// of header and 5 seconds for each step. No authentication: meant for loopback or a closed
/// network.
class AdminServer {
public:
    /// `is_ready` is asked on this server's thread. Requires: `metrics` stay until `stop`.
    AdminServer(const Metrics& metrics, std::function<bool()> is_ready,
                std::size_t connections_max = 64);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    /// Binds and listens. Returns the bound endpoint. Throws std::system_error.
    Endpoint listen(const Endpoint& endpoint);
    void start();
    /// Closes everything at once.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
