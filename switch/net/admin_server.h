// The administrator's listener: /metrics, /healthz, /livez, /readyz, /version, and /admin/ behind
// it.
#pragma once

#include "switch/net/endpoint.h"
#include "switch/net/gate.h"
#include "switch/net/gateway.h"
#include "switch/net/http_server.h"
#include "switch/net/metrics.h"

#include <cstddef>
#include <functional>

namespace tuma::net {

/// What stands behind the paths that begin with /admin/; `Respond` is called once, on any thread.
using AdminHandler = std::function<void(const http::HttpRequest&, Respond)>;

/// Answers on one thread of its own. A bounded number of connections at a time, 8 KiB of header, 64
/// KiB of body and 5 seconds for each step. Every request has passed the gate (`refused_at`).
class AdminServer {
public:
    struct Parts {
        const Metrics& metrics;
        std::function<bool()> is_ready;  ///< asked on this server's thread
        Door door{};                     ///< where it listens is added
        AdminHandler api{};              ///< none: such paths are not found
        std::size_t connections_max = 64;
    };

    /// Requires: what the parts refer to stays until `stop`.
    explicit AdminServer(Parts parts);

    /// Binds and listens. Returns the bound endpoint. Throws std::system_error.
    Endpoint listen(const Endpoint& endpoint);
    void start() { server_.start(); }
    /// Closes everything at once.
    void stop() { server_.stop(); }

private:
    void answer(const http::HttpRequest& request, HttpResponder responder) const;
    http::HttpReply page(const http::HttpRequest& request) const;

    Parts parts_;
    Metrics own_metrics_;  ///< of the listener itself, which nobody asks for
    HttpServer server_;
};

}  // namespace tuma::net
