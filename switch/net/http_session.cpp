// The HTTP connection: Beast's parser behind a strict look at each head.
#include "switch/net/http_session.h"

#include "switch/net/http_head.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t read_bytes = 16 * 1024;
// Many connections only wait; most requests fit into it.
constexpr std::size_t first_read_bytes = 4 * 1024;
constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view tunnel_is_open = "HTTP/1.1 200 Connection established\r\n\r\n";

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

class HttpSession::Parser {
public:
    explicit Parser(const HttpLimits& limits) {
        parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
        parser.body_limit(limits.body_bytes_max);
        parser.eager(true);
    }
    http::request_parser<http::string_body> parser;
    bool has_head = false;
};

HttpSession::HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpService> service,
                         HttpLoop& loop)
    : socket_(std::move(socket)), service_(std::move(service)), loop_(loop) {
    error_code ignored;
    const auto remote = socket_.remote_endpoint(ignored);
    peer_ = Endpoint{remote.address().to_string(), remote.port()}.text();
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    service_->metrics.http_connections.add(1);
}

HttpSession::~HttpSession() {
    service_->memory_bytes.fetch_sub(counted_bytes_);
    service_->metrics.http_connections.add(-1);
    const std::lock_guard lock(service_->mutex);
    service_->connections -= 1;
    service_->unanswered -= slots_.size();
    service_->settled.notify_all();
}

void HttpSession::start(bool is_tls) {
    if (is_tls)
        handshake();
    else
        read();
}

void HttpSession::handshake() {
    tls_ = std::make_unique<TlsStream>(socket_, *service_->tls);
    set_deadline(service_->limits.request_timeout);
    is_reading_ = true;
    tls_->async_handshake(TlsStream::server, [self = shared_from_this()](const error_code& error) {
        self->is_reading_ = false;
        if (error) return self->close();
        self->read();
    });
}

void HttpSession::set_deadline(std::chrono::milliseconds after) {
    deadline_ = Steady::now() + after;
}

void HttpSession::read() {
    if (is_closed_ || is_reading_ || reads_no_more_) return;
    if (slots_.size() >= service_->limits.pipelined_max) return;
    if (input_.empty()) set_deadline(service_->limits.idle_timeout);
    is_reading_ = true;
    const std::size_t size = input_.size();
    begun_bytes_ = size;
    const std::size_t more_at_most = size == 0 && !parser_ ? first_read_bytes : read_bytes;
    input_.resize(size + more_at_most);
    const auto buffer = boost::asio::buffer(input_.data() + size, more_at_most);
    auto done = [self = shared_from_this(), size](const error_code& error, std::size_t more) {
        self->input_.resize(size + more);
        self->on_read(error, more);
    };
    if (tls_)
        tls_->async_read_some(buffer, std::move(done));
    else
        socket_.async_read_some(buffer, std::move(done));
}

void HttpSession::on_read(const error_code& error, std::size_t size) {
    is_reading_ = false;
    if (is_closed_) return;
    if (error) {
        // What was asked is still answered to a client that only closed its own side.
        reads_no_more_ = true;
        if (slots_.empty() || error != boost::asio::error::eof) close();
        return;
    }
    if (size == input_.size()) set_deadline(service_->limits.request_timeout);
    if (is_over_memory(0)) return refuse(503, "too much is being read at the moment");
    if (take_requests()) read();
    count_memory();
}

bool HttpSession::take_requests() {
    while (!input_.empty() && !reads_no_more_ && slots_.size() < service_->limits.pipelined_max) {
        if (!parser_ && !take_head()) break;
        if (!take_body()) break;
        const bool opens_tunnel = slots_.back().opens_tunnel;
        parser_.reset();
        if (opens_tunnel) return false;
    }
    return !reads_no_more_;
}

bool HttpSession::take_head() {
    const std::size_t end = end_of_head(input_);
    if (end == std::string::npos || end > service_->limits.head_bytes_max) {
        if (input_.size() > service_->limits.head_bytes_max)
            refuse(431, "the head of the request is too long");
        else if (input_.front() < 'A' || input_.front() > 'Z')
            refuse(400, "this is not HTTP/1");
        return false;
    }
    if (const auto why = misread_head(std::string_view{input_}.substr(0, end))) {
        refuse(400, *why);
        return false;
    }
    parser_ = std::make_unique<Parser>(service_->limits);
    error_code error;
    const std::size_t used = parser_->parser.put(boost::asio::buffer(input_.data(), end), error);
    if (error == http::error::need_more) error = {};
    if (error == http::error::body_limit) {
        refuse(413, "the body of the request is too long");
        return false;
    }
    if (error || !parser_->parser.is_header_done()) {
        refuse(400, "the head of the request is not HTTP/1: " + error.message());
        return false;
    }
    input_.erase(0, used);
    const auto& request = parser_->parser.get();
    const bool waits = view(request[http::field::expect]) == "100-continue" && slots_.empty() &&
                       !is_writing_ && input_.empty() && !parser_->parser.is_done();
    if (waits) {
        output_ = go_ahead;
        write();
    }
    return true;
}

bool HttpSession::take_body() {
    error_code error;
    auto& parser = parser_->parser;
    while (!parser.is_done() && !input_.empty()) {
        const std::size_t used = parser.put(boost::asio::buffer(input_), error);
        input_.erase(0, used);
        if (error == http::error::need_more) error = {};
        if (error == http::error::body_limit) {
            refuse(413, "the body of the request is too long");
            return false;
        }
        if (error) {
            refuse(400, "the body of the request is not as its head says: " + error.message());
            return false;
        }
        if (used == 0) return false;
    }
    if (!parser.is_done()) return false;
    dispatch();
    return !reads_no_more_ || slots_.back().opens_tunnel;
}

HttpSession::Slot& HttpSession::open_slot() {
    Slot& slot = slots_.emplace_back();
    slot.number = next_number_++;
    slot.begun = Steady::now();
    const std::lock_guard lock(service_->mutex);
    service_->unanswered += 1;
    return slot;
}

void HttpSession::dispatch() {
    auto message = parser_->parser.release();
    Slot& slot = open_slot();
    slot.minor_version = message.version() == 10 ? 0 : 1;
    slot.keeps_alive = message.keep_alive();
    slot.is_head = message.method() == http::verb::head;
    const std::uint64_t number = slot.number;
    const std::string_view wanted = view(message.target());
    if (message.method() == http::verb::connect) {
        slot.opens_tunnel = service_->tls.has_value() && tls_ == nullptr;
        if (slot.opens_tunnel) reads_no_more_ = true;
        return put_reply(
            number,
            slot.opens_tunnel
                ? tuma::http::HttpReply{}
                : tuma::http::HttpReply{.status = 501,
                                        .body = "CONNECT needs TLS: start with --https=HOST:PORT\n",
                                        .close = true});
    }
    auto parts = split_target(wanted);
    if (!parts)
        return put_reply(number,
                         {.status = 400, .body = "the target is not a path\n", .close = true});
    tuma::http::HttpRequest request;
    request.method = std::string(view(message.method_string()));
    request.target = std::move(parts->target);
    request.host = parts->host.empty() ? std::string(view(message[http::field::host]))
                                       : std::move(parts->host);
    for (const auto& field : message)
        request.headers.emplace_back(std::string(view(field.name_string())),
                                     std::string(view(field.value())));
    request.body = std::move(message.body());
    request.is_tls = tls_ != nullptr;
    request.peer = peer_;
    if (!slot.keeps_alive) reads_no_more_ = true;
    service_->handler(std::move(request),
                      [self = shared_from_this(), number](tuma::http::HttpReply reply) {
                          self->answered(number, std::move(reply));
                      });
}

// On whatever thread the reply was made.
void HttpSession::answered(std::uint64_t number, tuma::http::HttpReply reply) {
    boost::asio::post(loop_.context, [self = shared_from_this(), number,
                                      reply = std::move(reply)]() mutable {
        if (reply.delay <= Duration{}) return self->put_reply(number, std::move(reply));
        auto timer = std::make_shared<boost::asio::steady_timer>(self->loop_.context, reply.delay);
        timer->async_wait(
            [self, number, timer, reply = std::move(reply)](const error_code&) mutable {
                self->put_reply(number, std::move(reply));
            });
    });
}

void HttpSession::put_reply(std::uint64_t number, tuma::http::HttpReply reply) {
    if (is_closed_) return;
    const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                   [number](const Slot& one) { return one.number == number; });
    if (slot == slots_.end() || slot->reply) return;
    slot->reply = std::move(reply);
    write();
}

void HttpSession::refuse(int status, std::string_view why) {
    reads_no_more_ = true;
    input_.clear();
    Slot& slot = open_slot();
    slot.keeps_alive = false;
    put_reply(slot.number, {.status = status,
                            .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                            .body = std::string(why) + "\n",
                            .close = true});
}

void HttpSession::write() {
    if (is_writing_ || is_closed_) return;
    if (output_.empty()) {
        if (slots_.empty() || !slots_.front().reply) return;
        Slot& slot = slots_.front();
        if (slot.reply->drop) return close();
        service_->metrics.count_http(slot.reply->status, Steady::now() - slot.begun);
        if (slot.reply->close) slot.keeps_alive = false;
        output_ = slot.opens_tunnel ? std::string(tunnel_is_open)
                                    : reply_bytes(*slot.reply, slot.is_head, slot.keeps_alive,
                                                  slot.minor_version);
        slot.reply->body.clear();
    }
    is_writing_ = true;
    write_deadline_ = Steady::now() + service_->limits.write_timeout;
    auto done = [self = shared_from_this()](const error_code& error, std::size_t) {
        self->on_written(error);
    };
    if (tls_)
        boost::asio::async_write(*tls_, boost::asio::buffer(output_), std::move(done));
    else
        boost::asio::async_write(socket_, boost::asio::buffer(output_), std::move(done));
}

void HttpSession::on_written(const error_code& error) {
    is_writing_ = false;
    write_deadline_ = Steady::time_point::max();
    if (is_closed_) return;
    if (error) return close();
    const bool was_reply = output_ != go_ahead;
    output_.clear();
    if (was_reply) {
        const Slot slot = std::move(slots_.front());
        slots_.pop_front();
        {
            const std::lock_guard lock(service_->mutex);
            service_->unanswered -= 1;
            service_->settled.notify_all();
        }
        if (slot.opens_tunnel) return open_tunnel();
        if (!slot.keeps_alive || (reads_no_more_ && slots_.empty())) return close();
    }
    write();
    // What stood in the queue behind too many others.
    if (!is_reading_ && take_requests()) read();
    count_memory();
}

// The client that asked for a tunnel speaks TLS from here on, and we are the other end.
void HttpSession::open_tunnel() {
    reads_no_more_ = loop_.stops_reading;
    if (reads_no_more_) return close();
    tls_ = std::make_unique<TlsStream>(socket_, *service_->tls);
    set_deadline(service_->limits.request_timeout);
    is_reading_ = true;
    auto early = std::make_shared<std::string>(std::move(input_));
    input_.clear();
    tls_->async_handshake(TlsStream::server, boost::asio::buffer(*early),
                          [self = shared_from_this(), early](const error_code& error, std::size_t) {
                              self->is_reading_ = false;
                              if (error) return self->close();
                              self->read();
                          });
}

bool HttpSession::is_over_memory(std::size_t more) {
    return service_->memory_bytes.load() + more > service_->limits.memory_bytes_max;
}

void HttpSession::count_memory() {
    std::size_t bytes = input_.capacity() + output_.capacity();
    if (parser_) bytes += parser_->parser.get().body().capacity();
    service_->memory_bytes.fetch_add(bytes - counted_bytes_);
    counted_bytes_ = bytes;
}

void HttpSession::tick(Steady::time_point now) {
    if (is_closed_) return;
    if (now >= write_deadline_) return close();
    if (!is_reading_ || !slots_.empty() || now < deadline_) return;
    if (parser_ || begun_bytes_ > 0) {
        // A read is still under way; the answer is the last that is written.
        if (!is_writing_) refuse(408, "the request did not come to its end in time");
        deadline_ = now + service_->limits.write_timeout;
        return;
    }
    close();
}

void HttpSession::stop_reading() {
    reads_no_more_ = true;
    if (slots_.empty() && !is_writing_) close();
}

void HttpSession::close() {
    if (std::exchange(is_closed_, true)) return;
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    loop_.sessions.erase(shared_from_this());
}

}  // namespace tuma::net
