// One I/O thread of the HTTP listener, and what its sessions share.
#pragma once

#include "switch/http/http_server.h"
#include "switch/http/session_loop.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tuma::net {

class HttpSession;

/// What comes back for a session: a request's answer, or that there is none.
struct HttpSessionAnswer {
    std::shared_ptr<HttpSession> session;
    std::uint64_t number = 0;
    std::optional<http::HttpReply> reply{};
};

/// What all sessions of a listener hand their requests to.
struct HttpService : SessionCount {
    using Session = HttpSession;
    using Answer = HttpSessionAnswer;

    HttpService(HttpServer::Parts the_parts, Metrics& the_metrics,
                const HttpServerLimits& the_limits)
        : SessionCount(the_limits.connections_max, the_metrics.http_connections),
          parts(std::move(the_parts)),
          metrics(the_metrics),
          limits(the_limits) {}

    Duration shortest_timeout() const;
    std::string farewell(bool is_tls);

    const HttpServer::Parts parts;
    Metrics& metrics;
    const HttpServerLimits limits;
};

/// A loop of sessions that speak HTTP.
class HttpLoop : public SessionLoop<HttpLoop, HttpService> {
public:
    explicit HttpLoop(std::shared_ptr<HttpService> service);

    /// True when the session may begin its handshake; otherwise it is told when its turn comes.
    bool take_handshake(const std::shared_ptr<HttpSession>& session);
    void give_handshake_back();

    /// Where reads go first, so that an idle session needs no buffer of its own.
    std::span<char> scratch() { return {scratch_.get(), scratch_bytes}; }

private:
    static constexpr std::size_t scratch_bytes = 64 * 1024;

    friend SessionLoop;

    void deliver(std::vector<HttpSessionAnswer>& answers);
    void on_remove(const std::shared_ptr<HttpSession>& session);

    std::unique_ptr<char[]> scratch_;
    std::deque<std::shared_ptr<HttpSession>> awaiting_handshake_;
    std::size_t handshakes_ = 0;
};

}  // namespace tuma::net
