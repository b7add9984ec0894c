#include "switch/net/frame_server.h"

#include "switch/net/endpoint.h"
#include "switch/net/io_loop.h"
#include "switch/net/log.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;

/// Tells a client that there is no room and closes; the frame fits the system's buffer.
void turn_away(tcp::socket& socket, std::size_t connections_max) {
    std::vector<std::byte> bytes;
    native::append_error_frame(
        bytes,
        {native::ErrorCode::too_many_connections,
         fmt::format("{} connections are open; the server takes no more", connections_max)},
        0);
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(boost::asio::buffer(bytes.data(), bytes.size()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    // What the client sent already would turn the close into a reset that outruns the frame.
    std::array<std::byte, 4096> unread;
    socket.read_some(boost::asio::buffer(unread.data(), unread.size()), ignored);
    socket.close(ignored);
}

}  // namespace

class FrameServer::Implementation {
public:
    Implementation(Engine& engine, History& history, Metrics& metrics,
                   const FrameServerLimits& limits)
        : service_(std::make_shared<FrameService>(engine, history, metrics, limits)) {
        for (std::size_t i = 0; i < std::max<std::size_t>(limits.io_threads, 1); ++i)
            loops_.push_back(std::make_shared<IoLoop>(service_));
        acceptor_ = std::make_unique<tcp::acceptor>(loops_.front()->context);
        pause_ = std::make_unique<boost::asio::steady_timer>(loops_.front()->context);
    }

    Endpoint listen(const Endpoint& endpoint) {
        const tcp::endpoint address{boost::asio::ip::make_address(endpoint.address), endpoint.port};
        acceptor_->open(address.protocol());
        acceptor_->set_option(tcp::acceptor::reuse_address(true));
        acceptor_->bind(address);
        acceptor_->listen(boost::asio::socket_base::max_listen_connections);
        const tcp::endpoint bound = acceptor_->local_endpoint();
        return {bound.address().to_string(), bound.port()};
    }

    void start() {
        for (const auto& loop : loops_) threads_.emplace_back([loop] { loop->run(); });
        boost::asio::post(loops_.front()->context, [this] { accept(); });
    }

    std::size_t memory_bytes() const { return service_->memory_bytes; }

    void stop_accepting() {
        boost::asio::post(loops_.front()->context, [this] {
            boost::system::error_code ignored;
            acceptor_->close(ignored);
            pause_->cancel();
        });
    }

    void stop_reading() {
        // A loop that has ended would never run this, and so be held by it for ever.
        if (threads_.empty()) return;
        for (const auto& loop : loops_)
            boost::asio::post(loop->context, [loop] { loop->stop_reading(); });
    }

    bool finish(Duration deadline) {
        bool is_settled = false;
        {
            std::unique_lock lock(service_->mutex);
            is_settled = service_->emptied.wait_for(lock, deadline,
                                                    [this] { return service_->unsettled == 0; });
        }
        end_threads();
        return is_settled;
    }

    void end_threads() {
        if (threads_.empty()) return;
        stop_accepting();
        for (const auto& loop : loops_) boost::asio::post(loop->context, [loop] { loop->end(); });
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

private:
    void accept() {
        if (!acceptor_->is_open()) return;
        const std::shared_ptr<IoLoop>& loop = loops_[next_loop_++ % loops_.size()];
        acceptor_->async_accept(
            loop->context, [this, loop](const boost::system::error_code& error,
                                        tcp::socket socket) { on_accept(error, loop, socket); });
    }

    void on_accept(const boost::system::error_code& error, const std::shared_ptr<IoLoop>& loop,
                   tcp::socket& socket) {
        if (error && !acceptor_->is_open()) return;
        if (error) {
            log_event(LogLevel::warn, "accept_paused", {{"reason", error.message()}});
            pause_->expires_after(accept_pause);
            pause_->async_wait([this](const boost::system::error_code&) { accept(); });
            return;
        }
        take(loop, socket);
        accept();
    }

    void take(const std::shared_ptr<IoLoop>& loop, tcp::socket& socket) {
        if (!service_->admit()) {
            service_->metrics.connections_rejected.add();
            turn_away(socket, service_->limits.connections_max);
            return;
        }
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.non_blocking(true, ignored);
        boost::asio::post(loop->context, [loop, taken = std::move(socket)]() mutable {
            loop->add(std::move(taken));
        });
    }

    std::shared_ptr<FrameService> service_;
    std::vector<std::shared_ptr<IoLoop>> loops_;
    std::unique_ptr<tcp::acceptor> acceptor_;
    std::unique_ptr<boost::asio::steady_timer> pause_;
    std::size_t next_loop_ = 0;
    std::vector<std::thread> threads_;
};

FrameServer::FrameServer(Engine& engine, History& history, Metrics& metrics,
                         const FrameServerLimits& limits)
    : implementation_(std::make_unique<Implementation>(engine, history, metrics, limits)) {}

FrameServer::~FrameServer() {
    implementation_->end_threads();
}

Endpoint FrameServer::listen(const Endpoint& endpoint) {
    return implementation_->listen(endpoint);
}

void FrameServer::start() {
    implementation_->start();
}

std::size_t FrameServer::memory_bytes() const {
    return implementation_->memory_bytes();
}

void FrameServer::stop_accepting() {
    implementation_->stop_accepting();
}

void FrameServer::stop_reading() {
    implementation_->stop_reading();
}

bool FrameServer::finish(Duration deadline) {
    return implementation_->finish(deadline);
}

}  // namespace tuma::net
