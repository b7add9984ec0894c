// One I/O thread of the native listener, and what its connections share.
#pragma once

#include "switch/http/session_loop.h"
#include "switch/native/frame_exchange.h"
#include "switch/native/frame_server.h"
#include "switch/ops/metrics.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace tuma::net {

class FrameConnection;

/// What all connections of a listener hand their work to. Their memory is that of replies, requests
/// and begun frames.
struct FrameService : SessionCount {
    using Session = FrameConnection;
    using Answer = std::unique_ptr<FrameExchange>;

    FrameService(Engine& the_engine, History& the_history, Metrics& the_metrics,
                 const FrameServerLimits& the_limits)
        : SessionCount(the_limits.connections_max, the_metrics.connections),
          engine(the_engine),
          history(the_history),
          metrics(the_metrics),
          limits(the_limits) {}

    Duration shortest_timeout() const {
        return std::min(limits.frame_timeout, limits.write_timeout);
    }
    std::string farewell(bool is_tls);

    Engine& engine;
    History& history;
    Metrics& metrics;
    const FrameServerLimits limits;
};

/// A loop of connections that speak frames.
class IoLoop : public SessionLoop<IoLoop, FrameService> {
public:
    explicit IoLoop(std::shared_ptr<FrameService> service);

    /// Lets the connection go on once there is memory again; see memory_bytes_max.
    void hold(const std::shared_ptr<FrameConnection>& connection);

    /// Where small reads go first, so that an idle connection needs no buffer of its own.
    std::span<std::byte> scratch() { return {scratch_.get(), scratch_bytes}; }
    std::unique_ptr<FrameExchange> take_exchange();
    void recycle(std::unique_ptr<FrameExchange> exchange);
    std::vector<std::byte> take_bytes();
    void recycle(std::vector<std::byte> bytes);

private:
    static constexpr std::size_t scratch_bytes = 256 * 1024;

    friend SessionLoop;

    void deliver(std::vector<std::unique_ptr<FrameExchange>>& exchanges);
    void on_remove(const std::shared_ptr<FrameConnection>& connection) { held_.erase(connection); }
    void on_tick();
    void on_end() { memory_timer_.cancel(); }
    void await_memory();
    void let_go_on();

    std::unique_ptr<std::byte[]> scratch_;
    std::unordered_set<std::shared_ptr<FrameConnection>> held_;
    boost::asio::steady_timer memory_timer_;
    bool awaits_memory_ = false;
    std::vector<std::unique_ptr<FrameExchange>> spare_exchanges_;
    std::size_t spare_exchange_bytes_ = 0;
    std::size_t spare_exchanges_unused_ = 0;  ///< fewest spares since the last tick
    std::vector<std::vector<std::byte>> spare_bytes_;
};

}  // namespace tuma::net
