// What the administrator's listener answers: /metrics, /healthz, /livez, /readyz, /version, and
// /admin/ behind them.
#pragma once

#include "switch/gateway/gate.h"
#include "switch/gateway/gateway.h"
#include "switch/http/http_server.h"
#include "switch/ops/metrics.h"

#include <cstddef>
#include <functional>

namespace tuma::net {

/// What stands behind the paths that begin with /admin/; `Respond` is called once, on any thread.
using AdminHandler = std::function<void(const http::HttpRequest&, Respond)>;

/// What the administrator's pages show, and where.
struct AdminPages {
    const Metrics& metrics;
    std::function<bool()> is_ready;  ///< asked on the listener's thread
    const Door& door;
    AdminHandler api{};  ///< none: such paths are not found
};

/// Answers the pages, and hands calls to the API. Every request has passed the gate (`refused_at`).
/// Requires: what the pages refer to stays until the server has stopped.
HttpHandler admin_handler(AdminPages pages);

/// One thread, 8 KiB of header, 64 KiB of body and 5 seconds for each step.
HttpServerLimits admin_limits(std::size_t connections_max = 64);

}  // namespace tuma::net
