// Accepts sockets for any kind of session and hands them to loops, each on a thread of its own.
#pragma once

#include "switch/http/server.h"
#include "switch/ops/log.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

namespace tuma::net {

/// `Loop` is a `SessionLoop` of some kind of session. All acceptors live on the first loop. Threads
/// start with `start` and end with `stop` or `finish`.
template <typename Loop>
class Listener final : public AnyListener {
public:
    using Service = typename Loop::Service;
    using Tcp = boost::asio::ip::tcp;
    using ErrorCode = boost::system::error_code;

    explicit Listener(std::shared_ptr<Service> service) : service_(std::move(service)) {
        const std::size_t threads = std::max<std::size_t>(service_->limits.io_threads, 1);
        for (std::size_t i = 0; i < threads; ++i)
            loops_.push_back(std::make_shared<Loop>(service_));
    }

    Endpoint listen(const Endpoint& endpoint, bool is_tls) override {
        auto door = std::make_unique<Door>(loops_.front()->context, is_tls);
        const Tcp::endpoint address{boost::asio::ip::make_address(endpoint.address), endpoint.port};
        door->acceptor.open(address.protocol());
        // A restart finds connections of its predecessor that are still closing.
        door->acceptor.set_option(Tcp::acceptor::reuse_address(true));
        door->acceptor.bind(address);
        door->acceptor.listen(boost::asio::socket_base::max_listen_connections);
        // For port 0 the system has chosen one.
        const Tcp::endpoint bound = door->acceptor.local_endpoint();
        doors_.push_back(std::move(door));
        return {bound.address().to_string(), bound.port()};
    }

    void start() override {
        for (const auto& loop : loops_) threads_.emplace_back([loop] { loop->run(); });
        // Acceptors are touched on the first loop only.
        boost::asio::post(loops_.front()->context, [this] {
            for (const auto& door : doors_) accept(*door);
        });
    }

    std::size_t memory_bytes() const override { return service_->memory_bytes; }

    // A loop that does not run would keep what is posted to it, and so be held by it for ever.
    void stop_accepting() override {
        if (threads_.empty()) return;
        boost::asio::post(loops_.front()->context, [this] { close_doors(); });
    }

    void stop_reading() override {
        if (threads_.empty()) return;
        for (const auto& loop : loops_)
            boost::asio::post(loop->context, [loop] { loop->stop_reading(); });
    }

    bool finish(Duration deadline) override {
        const bool is_settled = service_->wait_settled(deadline);
        stop();
        return is_settled;
    }

    // The first loop hands sockets to the others: it stops that before it lets them end.
    void stop() override {
        if (threads_.empty()) return;
        boost::asio::post(loops_.front()->context, [this] {
            close_doors();
            for (const auto& loop : loops_)
                boost::asio::post(loop->context, [loop] { loop->end(); });
        });
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

private:
    struct Door {
        Door(boost::asio::io_context& context, bool the_is_tls)
            : acceptor(context), pause(context), is_tls(the_is_tls) {}

        Tcp::acceptor acceptor;
        boost::asio::steady_timer pause;
        bool is_tls;
    };

    void close_doors() {
        for (const auto& door : doors_) {
            ErrorCode ignored;
            door->acceptor.close(ignored);
            door->pause.cancel();
        }
    }

    void accept(Door& door) {
        if (!door.acceptor.is_open()) return;
        // In turn, since nobody here knows which loop has least to do.
        const std::shared_ptr<Loop>& loop = loops_[next_loop_++ % loops_.size()];
        door.acceptor.async_accept(loop->context,
                                   [this, loop, &door](const ErrorCode& error, Tcp::socket socket) {
                                       on_accept(error, loop, door, socket);
                                   });
    }

    void on_accept(const ErrorCode& error, const std::shared_ptr<Loop>& loop, Door& door,
                   Tcp::socket& socket) {
        if (!door.acceptor.is_open()) return;
        if (error) {
            // Mostly there are no descriptors left, and trying again at once would only spin.
            log_event(LogLevel::warn, "accept_paused", {{"reason", error.message()}});
            door.pause.expires_after(accept_pause);
            door.pause.async_wait([this, &door](const ErrorCode&) { accept(door); });
            return;
        }
        take(loop, door.is_tls, socket);
        accept(door);
    }

    void take(const std::shared_ptr<Loop>& loop, bool is_tls, Tcp::socket& socket) {
        if (!service_->admit()) return turn_away(socket, service_->farewell(is_tls));
        boost::asio::post(loop->context, [loop, taken = std::move(socket), is_tls]() mutable {
            loop->add(std::move(taken), is_tls);
        });
    }

    /// Tells a client that there is no room, and closes; the words fit the system's buffer.
    static void turn_away(Tcp::socket& socket, const std::string& words) {
        ErrorCode ignored;
        socket.non_blocking(true, ignored);
        if (!words.empty()) {
            socket.write_some(boost::asio::buffer(words), ignored);
            socket.shutdown(Tcp::socket::shutdown_send, ignored);
            // What the client sent already would turn the close into a reset that outruns the
            // words.
            std::array<char, 4096> unread;
            socket.read_some(boost::asio::buffer(unread), ignored);
        }
        socket.close(ignored);
    }

    std::shared_ptr<Service> service_;
    std::vector<std::shared_ptr<Loop>> loops_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::size_t next_loop_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace tuma::net
