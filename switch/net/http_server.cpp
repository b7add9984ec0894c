#include "switch/net/http_server.h"

#include "switch/net/http_session.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
namespace ssl = boost::asio::ssl;

constexpr std::chrono::milliseconds tick_period{250};
constexpr std::chrono::milliseconds accept_pause{100};

ssl::context make_tls(const TlsIdentity& identity) {
    ssl::context context(ssl::context::tls_server);
    error_code error;
    context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                            ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                            ssl::context::no_tlsv1_1,
                        error);
    if (!error) context.use_certificate_chain(boost::asio::buffer(identity.certificate_pem), error);
    if (!error)
        context.use_private_key(boost::asio::buffer(identity.key_pem), ssl::context::pem, error);
    if (error)
        throw std::runtime_error(
            fmt::format("the TLS certificate cannot be used: {}", error.message()));
    // Where a dialect's client shows a certificate it is taken and not looked at: requests are
    // signed. Sessions can only be resumed under a name of their own.
    context.set_verify_mode(ssl::verify_peer);
    context.set_verify_callback([](bool, ssl::verify_context&) { return true; });
    constexpr unsigned char session_name[] = "tuma";
    SSL_CTX_set_session_id_context(context.native_handle(), session_name, sizeof session_name - 1);
    return context;
}

}  // namespace

class HttpServer::Implementation {
public:
    Implementation(Metrics& metrics, const HttpLimits& limits, const TlsIdentity& tls,
                   HttpHandler handler)
        : service_(std::make_shared<HttpService>(metrics, limits, std::move(handler))) {
        if (!tls.certificate_pem.empty()) service_->tls.emplace(make_tls(tls));
        for (std::size_t i = 0; i < limits.threads; ++i) loops_.push_back(std::make_unique<Loop>());
    }

    Endpoint listen(const Endpoint& endpoint, bool is_tls) {
        const tcp::endpoint address{boost::asio::ip::make_address(endpoint.address), endpoint.port};
        auto listener = std::make_unique<Listener>(loops_.front()->loop.context, is_tls);
        listener->acceptor.open(address.protocol());
        listener->acceptor.set_option(tcp::acceptor::reuse_address(true));
        listener->acceptor.bind(address);
        listener->acceptor.listen();
        const tcp::endpoint bound = listener->acceptor.local_endpoint();
        listeners_.push_back(std::move(listener));
        return {bound.address().to_string(), bound.port()};
    }

    void start() {
        for (const auto& listener : listeners_) accept(*listener);
        for (const auto& loop : loops_) {
            tick(*loop);
            loop->thread = std::thread([&context = loop->loop.context] { context.run(); });
        }
    }

    void stop_accepting() {
        boost::asio::post(loops_.front()->loop.context, [this] {
            for (const auto& listener : listeners_) {
                error_code ignored;
                listener->acceptor.close(ignored);
                listener->pause.cancel();
            }
        });
    }

    void stop_reading() {
        for (const auto& loop : loops_)
            boost::asio::post(loop->loop.context, [&sessions_of = loop->loop] {
                sessions_of.stops_reading = true;
                const auto all = sessions_of.sessions;
                for (const auto& session : all) session->stop_reading();
            });
    }

    bool finish(std::chrono::milliseconds timeout) {
        std::unique_lock lock(service_->mutex);
        return service_->settled.wait_for(lock, timeout,
                                          [this] { return service_->unanswered == 0; });
    }

    void stop() {
        if (loops_.empty() || !loops_.front()->thread.joinable()) return;
        stop_accepting();
        for (const auto& loop : loops_)
            boost::asio::post(loop->loop.context, [this, &one = *loop] {
                one.is_ended = true;
                one.timer.cancel();
                one.work.reset();
                const auto all = one.loop.sessions;
                for (const auto& session : all) session->close();
            });
        for (const auto& loop : loops_) loop->thread.join();
    }

private:
    struct Loop {
        HttpLoop loop{};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
            loop.context.get_executor()};
        boost::asio::steady_timer timer{loop.context};
        bool is_ended = false;
        std::thread thread{};
    };
    struct Listener {
        Listener(boost::asio::io_context& context, bool tls)
            : acceptor(context), pause(context), is_tls(tls) {}
        tcp::acceptor acceptor;
        boost::asio::steady_timer pause;
        bool is_tls;
    };

    void tick(Loop& loop) {
        loop.timer.expires_after(tick_period);
        loop.timer.async_wait([this, &loop](const error_code&) {
            if (loop.is_ended) return;
            const auto now = Steady::now();
            const auto all = loop.loop.sessions;
            for (const auto& session : all) session->tick(now);
            tick(loop);
        });
    }

    void accept(Listener& listener) {
        if (!listener.acceptor.is_open()) return;
        Loop& loop = *loops_[next_loop_++ % loops_.size()];
        listener.acceptor.async_accept(
            loop.loop.context,
            [this, &listener, &loop](const error_code& error, tcp::socket socket) {
                if (!listener.acceptor.is_open()) return;
                if (error) {
                    // Too many files, mostly; it passes or lasts, but must not spin.
                    listener.pause.expires_after(accept_pause);
                    listener.pause.async_wait(
                        [this, &listener](const error_code&) { accept(listener); });
                    return;
                }
                admit(loop, std::move(socket), listener.is_tls);
                accept(listener);
            });
    }

    void admit(Loop& loop, tcp::socket socket, bool is_tls) {
        {
            const std::lock_guard lock(service_->mutex);
            if (service_->connections >= service_->limits.connections_max) return;
            service_->connections += 1;
        }
        auto session = std::make_shared<HttpSession>(std::move(socket), service_, loop.loop);
        boost::asio::post(loop.loop.context, [session, &loop, is_tls] {
            if (loop.is_ended || loop.loop.stops_reading) return;
            loop.loop.sessions.insert(session);
            session->start(is_tls);
        });
    }

    std::shared_ptr<HttpService> service_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::size_t next_loop_ = 0;
};

HttpServer::HttpServer(Metrics& metrics, const HttpLimits& limits, const TlsIdentity& tls,
                       HttpHandler handler)
    : implementation_(std::make_unique<Implementation>(metrics, limits, tls, std::move(handler))) {}

HttpServer::~HttpServer() {
    stop();
}

Endpoint HttpServer::listen(const Endpoint& endpoint, bool is_tls) {
    return implementation_->listen(endpoint, is_tls);
}

void HttpServer::start() {
    implementation_->start();
}

void HttpServer::stop_accepting() {
    implementation_->stop_accepting();
}

void HttpServer::stop_reading() {
    implementation_->stop_reading();
}

bool HttpServer::finish(std::chrono::milliseconds timeout) {
    return implementation_->finish(timeout);
}

void HttpServer::stop() {
    implementation_->stop();
}

}  // namespace tuma::net
