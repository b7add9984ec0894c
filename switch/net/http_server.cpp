#include "switch/net/http_server.h"

#include "ledger/ensure.h"
#include "switch/net/endpoint.h"
#include "switch/net/http_loop.h"
#include "switch/net/log.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <thread>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct Listener {
    Listener(boost::asio::io_context& context, bool the_is_tls)
        : acceptor(context), pause(context), is_tls(the_is_tls) {}

    tcp::acceptor acceptor;
    boost::asio::steady_timer pause;
    bool is_tls;
};

/// Tells a client in the clear that there is no room, and closes; the text fits the system's
/// buffer.
void turn_away(tcp::socket& socket, const HttpService& service, bool is_tls) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    if (!is_tls) {
        std::string bytes;
        append_reply(bytes, service.parts.error_reply(503, "too many connections are open"),
                     {.keeps_open = false});
        socket.write_some(boost::asio::buffer(bytes), ignored);
        socket.shutdown(tcp::socket::shutdown_send, ignored);
        // What the client sent already would turn the close into a reset that outruns the text.
        std::array<char, 4096> unread;
        socket.read_some(boost::asio::buffer(unread), ignored);
    }
    socket.close(ignored);
}

}  // namespace

http::HttpReply plain_error_reply(int status, std::string_view reason) {
    http::HttpReply reply;
    reply.status = status;
    reply.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    reply.body = std::string(reason) + "\n";
    return reply;
}

class HttpServer::Implementation {
public:
    Implementation(Parts parts, Metrics& metrics, const HttpServerLimits& limits)
        : service_(std::make_shared<HttpService>(std::move(parts), metrics, limits)) {
        for (std::size_t i = 0; i < std::max<std::size_t>(limits.io_threads, 1); ++i)
            loops_.push_back(std::make_shared<HttpLoop>(service_));
    }

    Endpoint listen(const Endpoint& endpoint, bool is_tls) {
        ensure(!is_tls || service_->parts.tls, "a listener under TLS needs a certificate");
        auto listener = std::make_unique<Listener>(loops_.front()->context, is_tls);
        const tcp::endpoint address{boost::asio::ip::make_address(endpoint.address), endpoint.port};
        listener->acceptor.open(address.protocol());
        listener->acceptor.set_option(tcp::acceptor::reuse_address(true));
        listener->acceptor.bind(address);
        listener->acceptor.listen(boost::asio::socket_base::max_listen_connections);
        const tcp::endpoint bound = listener->acceptor.local_endpoint();
        listeners_.push_back(std::move(listener));
        return {bound.address().to_string(), bound.port()};
    }

    void start() {
        for (const auto& loop : loops_) threads_.emplace_back([loop] { loop->run(); });
        boost::asio::post(loops_.front()->context, [this] {
            for (const auto& listener : listeners_) accept(*listener);
        });
    }

    std::size_t memory_bytes() const { return service_->memory_bytes; }

    void stop_accepting() {
        if (threads_.empty()) return;
        boost::asio::post(loops_.front()->context, [this] { close_listeners(); });
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

    // The first loop hands sockets to the others: it stops that before it lets them end.
    void end_threads() {
        if (threads_.empty()) return;
        boost::asio::post(loops_.front()->context, [this] {
            close_listeners();
            for (const auto& loop : loops_)
                boost::asio::post(loop->context, [loop] { loop->end(); });
        });
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

private:
    void close_listeners() {
        for (const auto& listener : listeners_) {
            error_code ignored;
            listener->acceptor.close(ignored);
            listener->pause.cancel();
        }
    }

    void accept(Listener& listener) {
        if (!listener.acceptor.is_open()) return;
        const std::shared_ptr<HttpLoop>& loop = loops_[next_loop_++ % loops_.size()];
        listener.acceptor.async_accept(
            loop->context, [this, loop, &listener](const error_code& error, tcp::socket socket) {
                on_accept(error, loop, listener, socket);
            });
    }

    void on_accept(const error_code& error, const std::shared_ptr<HttpLoop>& loop,
                   Listener& listener, tcp::socket& socket) {
        if (!listener.acceptor.is_open()) return;
        if (error) {
            log_event(LogLevel::warn, "accept_paused", {{"reason", error.message()}});
            listener.pause.expires_after(accept_pause);
            listener.pause.async_wait([this, &listener](const error_code&) { accept(listener); });
            return;
        }
        if (!service_->admit()) {
            if (!listener.is_tls) service_->metrics.http_requests[4].add();
            turn_away(socket, *service_, listener.is_tls);
        } else {
            boost::asio::post(loop->context, [loop, taken = std::move(socket),
                                              is_tls = listener.is_tls]() mutable {
                loop->add(std::move(taken), is_tls);
            });
        }
        accept(listener);
    }

    std::shared_ptr<HttpService> service_;
    std::vector<std::shared_ptr<HttpLoop>> loops_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::size_t next_loop_ = 0;
    std::vector<std::thread> threads_;
};

HttpServer::HttpServer(Parts parts, Metrics& metrics, const HttpServerLimits& limits)
    : implementation_(std::make_unique<Implementation>(std::move(parts), metrics, limits)) {}

HttpServer::~HttpServer() {
    implementation_->end_threads();
}

Endpoint HttpServer::listen(const Endpoint& endpoint) {
    return implementation_->listen(endpoint, false);
}

Endpoint HttpServer::listen_tls(const Endpoint& endpoint) {
    return implementation_->listen(endpoint, true);
}

void HttpServer::start() {
    implementation_->start();
}

void HttpServer::stop_accepting() {
    implementation_->stop_accepting();
}

std::size_t HttpServer::memory_bytes() const {
    return implementation_->memory_bytes();
}

void HttpServer::stop_reading() {
    implementation_->stop_reading();
}

bool HttpServer::finish(Duration deadline) {
    return implementation_->finish(deadline);
}

void HttpServer::stop() {
    implementation_->end_threads();
}

}  // namespace tuma::net
