// One of the two files that include Beast, which takes long to compile; see http_readers.cpp.
#include "switch/net/admin_server.h"

#include "ledger/time.h"
#include "switch/net/endpoint.h"
#include "switch/net/version.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace tuma::net {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr std::uint32_t header_bytes_max = 8 * 1024;
constexpr std::chrono::seconds step_timeout{5};

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view json_text = "application/json";
constexpr std::string_view prometheus_text = "text/plain; version=0.0.4; charset=utf-8";

/// What is answered, before HTTP's own fields.
struct Page {
    http::status status = http::status::ok;
    std::string_view content_type = plain_text;
    std::string body;
};

// A switch whose clock is apart from the machine's answers as well as any: it is ready.
std::string clock_words(const Metrics& metrics) {
    if (metrics.clock_is_apart.value() == 0) return "";
    const Duration offset{metrics.clock_offset_us.value()};
    return fmt::format(
        "clock: the machine's clock is {} {} switch time and not followed; the log "
        "says what to do\n",
        text(std::chrono::floor<std::chrono::seconds>(std::chrono::abs(offset))),
        offset < Duration{} ? "behind" : "ahead of");
}

Page ready_page(bool is_ready, const Metrics& metrics, bool is_verbose) {
    const http::status status = is_ready ? http::status::ok : http::status::service_unavailable;
    if (!is_verbose)
        return {status, plain_text, (is_ready ? "ok\n" : "not ready\n") + clock_words(metrics)};
    const boost::json::object facts{
        {"ready", is_ready},
        {"accounts", metrics.accounts.value()},
        {"connections", metrics.connections.value()},
        {"queue_commands", metrics.queue_commands.value()},
        {"journal_sequence", metrics.journal_sequence.value()},
        {"snapshot_sequence", metrics.snapshot_sequence.value()},
        {"projection_sequence", metrics.projection_sequence.value()},
        {"clock_offset_ms", metrics.clock_offset_us.value() / 1'000},
        {"clock_is_followed", metrics.clock_is_apart.value() == 0},
    };
    return {status, json_text, boost::json::serialize(facts) + "\n"};
}

Page version_page() {
    const BuildVersion build = build_version();
    const boost::json::object facts{
        {"version", build.version}, {"compiler", build.compiler}, {"build_type", build.build_type}};
    return {http::status::ok, json_text, boost::json::serialize(facts) + "\n"};
}

/// The pages and what they are made from.
struct Site {
    const Metrics& metrics;
    std::function<bool()> is_ready;

    Page page(http::verb method, std::string_view target) const {
        const std::size_t question = target.find('?');
        const std::string_view path = target.substr(0, question);
        const std::string_view query =
            question == std::string_view::npos ? "" : target.substr(question + 1);
        const bool is_known = path == "/metrics" || path == "/healthz" || path == "/livez" ||
                              path == "/readyz" || path == "/version";
        if (!is_known) return {http::status::not_found, plain_text, "no such page\n"};
        if (method != http::verb::get && method != http::verb::head)
            return {http::status::method_not_allowed, plain_text, "only GET and HEAD\n"};
        if (path == "/metrics") return {http::status::ok, prometheus_text, render(metrics)};
        if (path == "/readyz")
            return ready_page(is_ready(), metrics, query == "verbose" || query == "verbose=1");
        if (path == "/version") return version_page();
        return {http::status::ok, plain_text, "ok\n"};
    }
};

class Session;
using Sessions = std::set<std::shared_ptr<Session>>;

/// One connection; request after request until the client closes, errs or takes too long.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, const Site& site, Sessions& sessions)
        : stream_(std::move(socket)), site_(site), sessions_(sessions) {}

    void read() {
        parser_.emplace();
        parser_->header_limit(header_bytes_max);
        parser_->body_limit(0);
        stream_.expires_after(step_timeout);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
    }

    void close() {
        error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.close();
        sessions_.erase(shared_from_this());
    }

private:
    void on_read(const error_code& error) {
        if (!error) {
            const Request& request = parser_->get();
            const std::string_view target{request.target().data(), request.target().size()};
            answer(site_.page(request.method(), target), request.method(), request.keep_alive());
        } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
            answer({http::status::request_header_fields_too_large, plain_text,
                    "the header is longer than 8 KiB\n"},
                   http::verb::get, false);
        } else if (error == http::error::body_limit) {
            answer({http::status::payload_too_large, plain_text, "a request here has no body\n"},
                   http::verb::get, false);
        } else if (error.category() == make_error_code(http::error::bad_target).category() &&
                   error != http::error::end_of_stream && error != http::error::partial_message) {
            answer({http::status::bad_request, plain_text, "not HTTP/1\n"}, http::verb::get, false);
        } else {
            close();
        }
    }

    void answer(Page page, http::verb method, bool keeps_alive) {
        response_ = {};
        response_.result(page.status);
        response_.set(http::field::server, "tuma");
        response_.set(
            http::field::content_type,
            boost::beast::string_view(page.content_type.data(), page.content_type.size()));
        response_.set(http::field::cache_control, "no-store");
        if (page.status == http::status::method_not_allowed)
            response_.set(http::field::allow, "GET, HEAD");
        response_.keep_alive(keeps_alive);
        response_.content_length(page.body.size());
        if (method != http::verb::head) response_.body() = std::move(page.body);
        stream_.expires_after(step_timeout);
        http::async_write(stream_, response_,
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (error || !self->response_.keep_alive())
                                  self->close();
                              else
                                  self->read();
                          });
    }

    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_{2 * header_bytes_max};
    std::optional<http::request_parser<http::empty_body>> parser_;
    Response response_;
    const Site& site_;
    Sessions& sessions_;
};

}  // namespace

class AdminServer::Implementation {
public:
    Implementation(const Metrics& metrics, std::function<bool()> is_ready, std::size_t sessions_max)
        : site_{metrics, std::move(is_ready)}, sessions_max_(sessions_max) {}

    Endpoint listen(const Endpoint& endpoint) {
        const tcp::endpoint address{boost::asio::ip::make_address(endpoint.address), endpoint.port};
        acceptor_.open(address.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(address);
        acceptor_.listen();
        const tcp::endpoint bound = acceptor_.local_endpoint();
        return {bound.address().to_string(), bound.port()};
    }

    void start() {
        boost::asio::post(context_, [this] { accept(); });
        thread_ = std::thread([this] { context_.run(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        boost::asio::post(context_, [this] {
            error_code ignored;
            acceptor_.close(ignored);
            pause_.cancel();
            const Sessions all = sessions_;
            for (const auto& session : all) session->close();
        });
        thread_.join();
    }

private:
    void accept() {
        if (!acceptor_.is_open()) return;
        acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
            if (!acceptor_.is_open()) return;
            if (error) {
                pause_.expires_after(accept_pause);
                pause_.async_wait([this](const error_code&) { accept(); });
                return;
            }
            if (sessions_.size() < sessions_max_) {
                const auto session = std::make_shared<Session>(std::move(socket), site_, sessions_);
                sessions_.insert(session);
                session->read();
            }
            accept();
        });
    }

    Site site_;
    std::size_t sessions_max_;
    Sessions sessions_;
    boost::asio::io_context context_{1};
    tcp::acceptor acceptor_{context_};
    boost::asio::steady_timer pause_{context_};
    std::thread thread_;
};

AdminServer::AdminServer(const Metrics& metrics, std::function<bool()> is_ready,
                         std::size_t connections_max)
    : implementation_(
          std::make_unique<Implementation>(metrics, std::move(is_ready), connections_max)) {}

AdminServer::~AdminServer() {
    stop();
}

Endpoint AdminServer::listen(const Endpoint& endpoint) {
    return implementation_->listen(endpoint);
}

void AdminServer::start() {
    implementation_->start();
}

void AdminServer::stop() {
    implementation_->stop();
}

}  // namespace tuma::net
