// One I/O thread: its event loop, the connections that live on it and what they share.
#pragma once

#include "switch/net/frame_exchange.h"
#include "switch/net/frame_server.h"
#include "switch/net/metrics.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

namespace tuma::net {

class FrameConnection;

/// What all connections of a listener hand their work to, and how many there are.
struct FrameService {
    FrameService(Engine& the_engine, History& the_history, Metrics& the_metrics,
                 const FrameServerLimits& the_limits)
        : engine(the_engine), history(the_history), metrics(the_metrics), limits(the_limits) {}

    Engine& engine;
    History& history;
    Metrics& metrics;
    const FrameServerLimits limits;

    std::mutex mutex{};
    std::condition_variable emptied{};
    /// Connections, and those of them that still wait for a reply or have not got it yet.
    std::size_t open = 0;
    std::size_t unsettled = 0;
    /// What all connections hold in replies, requests and begun frames, in bytes; each counts its
    /// own part.
    std::atomic<std::size_t> memory_bytes{0};

    /// Counts a new connection, or refuses it when there are too many.
    bool admit();
    /// A connection has got its last byte.
    void settle();
    /// A connection is gone.
    void leave();
};

/// Kept alive by its connections, so that an exchange which comes back late still finds it. All but
/// `answered` is called on the loop's own thread.
class IoLoop : public std::enable_shared_from_this<IoLoop> {
public:
    IoLoop(std::shared_ptr<FrameService> service);

    boost::asio::io_context context;

    FrameService& service() { return *service_; }

    /// Runs until `end`.
    void run();
    /// Takes an accepted socket; it was admitted.
    void add(boost::asio::ip::tcp::socket socket);
    void remove(const std::shared_ptr<FrameConnection>& connection);
    /// Lets the connection go on once there is memory again; see memory_bytes_max.
    void hold(const std::shared_ptr<FrameConnection>& connection);
    /// Reads nothing more from any connection, now and later.
    void stop_reading();
    /// Closes all connections, now and later, so that `run` returns.
    void end();

    /// An exchange with its answer. Any thread; the loop is woken once for all that gather.
    void answered(std::unique_ptr<FrameExchange> exchange);

    /// Where small reads go first, so that an idle connection needs no buffer of its own.
    std::span<std::byte> scratch() { return {scratch_.get(), scratch_bytes}; }
    std::unique_ptr<FrameExchange> take_exchange();
    void recycle(std::unique_ptr<FrameExchange> exchange);
    std::vector<std::byte> take_bytes();
    void recycle(std::vector<std::byte> bytes);

private:
    static constexpr std::size_t scratch_bytes = 256 * 1024;

    void take_answers();
    void tick();
    void shed_spares();
    void await_memory();
    void let_go_on();

    std::shared_ptr<FrameService> service_;
    std::unique_ptr<std::byte[]> scratch_;
    std::unordered_set<std::shared_ptr<FrameConnection>> connections_;
    std::unordered_set<std::shared_ptr<FrameConnection>> held_;
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer memory_timer_;
    bool awaits_memory_ = false;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    bool stops_reading_ = false;
    bool is_ended_ = false;
    std::vector<std::unique_ptr<FrameExchange>> spare_exchanges_;
    std::size_t spare_exchange_bytes_ = 0;
    std::size_t spare_exchanges_unused_ = 0;  ///< fewest spares since the last tick
    std::vector<std::vector<std::byte>> spare_bytes_;
    std::vector<std::unique_ptr<FrameExchange>> taken_;

    std::mutex mutex_;
    std::vector<std::unique_ptr<FrameExchange>> answered_;  ///< guarded by mutex_
    bool is_woken_ = false;                                 ///< guarded by mutex_
    bool takes_no_more_ = false;                            ///< guarded by mutex_
};

}  // namespace tuma::net
