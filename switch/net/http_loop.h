// One I/O thread of the HTTP listener: its event loop, the sessions on it and what they share.
#pragma once

#include "switch/net/clock.h"
#include "switch/net/http_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

namespace tuma::net {

class HttpSession;

/// What all sessions of a listener hand their requests to, and how many there are.
struct HttpService {
    HttpService(HttpServer::Parts the_parts, Metrics& the_metrics,
                const HttpServerLimits& the_limits)
        : parts(std::move(the_parts)), metrics(the_metrics), limits(the_limits) {}

    const HttpServer::Parts parts;
    Metrics& metrics;
    const HttpServerLimits limits;

    std::mutex mutex{};
    std::condition_variable emptied{};
    /// Connections, and those of them that have not got their last byte yet.
    std::size_t open = 0;
    std::size_t unsettled = 0;
    std::atomic<std::size_t> memory_bytes{0};

    /// Counts a new connection, or refuses it when there are too many.
    bool admit();
    /// A connection has got its last byte.
    void settle();
    /// A connection is gone.
    void leave();
};

/// Kept alive by its sessions and these by their responders, so that a late answer still finds
/// them. All but `answered` is called on the loop's own thread.
class HttpLoop : public std::enable_shared_from_this<HttpLoop> {
public:
    explicit HttpLoop(std::shared_ptr<HttpService> service);

    boost::asio::io_context context;

    HttpService& service() { return *service_; }

    /// Runs until `end`.
    void run();
    /// Takes an accepted socket; it was admitted.
    void add(boost::asio::ip::tcp::socket socket, bool is_tls);
    void remove(const std::shared_ptr<HttpSession>& session);
    /// Reads nothing more from any session, now and later.
    void stop_reading();
    /// Closes all sessions, now and later, so that `run` returns.
    void end();

    /// A request's answer, or that there is none. Any thread; the loop is woken once for all that
    /// gather.
    void answered(std::shared_ptr<HttpSession> session, std::uint64_t number,
                  std::optional<http::HttpReply> reply);

    /// True when the session may begin its handshake; otherwise it is told when its turn comes.
    bool take_handshake(const std::shared_ptr<HttpSession>& session);
    void give_handshake_back();

    /// Where reads go first, so that an idle session needs no buffer of its own.
    std::span<char> scratch() { return {scratch_.get(), scratch_bytes}; }

private:
    static constexpr std::size_t scratch_bytes = 64 * 1024;

    struct Answer {
        std::shared_ptr<HttpSession> session;
        std::uint64_t number;
        std::optional<http::HttpReply> reply;
    };

    void take_answers();
    void tick();

    std::shared_ptr<HttpService> service_;
    std::unique_ptr<char[]> scratch_;
    std::unordered_set<std::shared_ptr<HttpSession>> sessions_;
    std::deque<std::shared_ptr<HttpSession>> awaiting_handshake_;
    std::size_t handshakes_ = 0;
    boost::asio::steady_timer timer_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    bool stops_reading_ = false;
    bool is_ended_ = false;

    std::mutex mutex_;
    std::vector<Answer> answered_;  ///< guarded by mutex_
    bool is_woken_ = false;         ///< guarded by mutex_
    bool takes_no_more_ = false;    ///< guarded by mutex_
};

}  // namespace tuma::net
