#include "switch/http/http_session.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;

constexpr char tls_record_handshake = 0x16;

std::string peer_text(const tcp::socket& socket) {
    boost::system::error_code error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    // Gone already. The first read will say so.
    if (error) return {};
    return Endpoint{peer.address().to_string(), peer.port()}.text();
}

std::size_t request_bytes(const http::HttpRequest& request) {
    std::size_t bytes = request.target.size() + request.body.size();
    for (const auto& [name, value] : request.headers) bytes += name.size() + value.size();
    return bytes;
}

/// Bytes after a body that begin no request: its Content-Length was wrong.
bool is_stray(std::string_view rest) {
    if (rest.empty()) return false;
    const char c = rest.front();
    // A method is made of capital letters, and an empty line may stand before a request (RFC 9112,
    // section 2.2).
    return c != '\r' && !(c >= 'A' && c <= 'Z');
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<HttpLoop> loop, tcp::socket socket, bool is_tls)
    : loop_(std::move(loop)),
      service_(loop_->service()),
      stream_(std::move(socket)),
      peer_(peer_text(stream_.socket())),
      phase_(is_tls ? Phase::hello : Phase::open),
      read_deadline_(Steady::now() + service_.limits.idle_timeout),
      phase_deadline_(read_deadline_) {}

void HttpSession::start() {
    wait(StreamStep::wants_read);
}

void HttpSession::wait(StreamStep step) {
    const bool is_read = step == StreamStep::wants_read;
    bool& is_waiting = is_read ? waits_readable_ : waits_writable_;
    // One wait for each direction is enough, whoever asks for it.
    if (is_waiting) return;
    is_waiting = true;
    stream_.socket().async_wait(
        is_read ? tcp::socket::wait_read : tcp::socket::wait_write,
        [self = shared_from_this(), is_read](const boost::system::error_code&) {
            // An error shows again in the next step on the socket.
            (is_read ? self->waits_readable_ : self->waits_writable_) = false;
            self->advance();
        });
}

void HttpSession::advance_later() {
    boost::asio::post(loop_->context, [self = shared_from_this()] { self->advance(); });
}

void HttpSession::advance() {
    // A step may close the session, and the loop then lets go of it.
    const auto self = shared_from_this();
    switch (phase_) {
        case Phase::hello:
            return on_readable_hello();
        case Phase::handshake:
            return shake_hands();
        case Phase::open:
            return exchange();
        case Phase::tunnel:
            return enter_tunnel();
        case Phase::lingering:
            return linger();
        case Phase::closed:
            return;
    }
}

// --- TLS and tunnels

// A client that only connects takes no turn away.
void HttpSession::on_readable_hello() {
    phase_deadline_ = Steady::now() + service_.limits.handshake_timeout;
    if (loop_->take_handshake(shared_from_this())) begin_handshake();
}

void HttpSession::begin_handshake() {
    has_handshake_ = true;
    // It was closed while it waited for its turn.
    if (phase_ != Phase::hello) return give_handshake_back();
    phase_ = Phase::handshake;
    // In a tunnel the first bytes have been read already.
    stream_.start_tls(service_.parts.tls, std::exchange(input_, {}), "");
    shake_hands();
}

void HttpSession::shake_hands() {
    const StreamStep step = stream_.handshake();
    if (step == StreamStep::wants_read || step == StreamStep::wants_write) return wait(step);
    give_handshake_back();
    if (step == StreamStep::done) {
        phase_ = Phase::open;
        read_deadline_ = Steady::now() + service_.limits.idle_timeout;
        return exchange();
    }
    if (!stream_.was_plain_http()) return close();
    std::string bytes;
    append_reply(bytes, service_.parts.error_reply(400, "this port speaks HTTP under TLS only"),
                 {.keeps_open = false});
    // What the socket takes at once suffices: the connection ends anyway.
    stream_.write_plain(bytes);
    begin_linger();
}

void HttpSession::give_handshake_back() {
    if (std::exchange(has_handshake_, false)) loop_->give_handshake_back();
}

// What a client speaks in a tunnel shows in its first byte.
void HttpSession::enter_tunnel() {
    if (input_.empty()) {
        const StreamMoved got = stream_.read_plain(loop_->scratch());
        if (got.step == StreamStep::wants_read) return wait(got.step);
        if (got.step != StreamStep::done) return close();
        input_.assign(loop_->scratch().data(), got.bytes);
    }
    if (input_.front() == tls_record_handshake) {
        phase_ = Phase::hello;
        return on_readable_hello();
    }
    phase_ = Phase::open;
    read_deadline_ = Steady::now() + service_.limits.idle_timeout;
    exchange();
}

// --- Requests

bool HttpSession::is_memory_short() const {
    return service_.memory_bytes >= service_.limits.memory_bytes_max;
}

// What is under way ends, by the client or by a timeout, and then there is another look.
bool HttpSession::wants_requests() const {
    const bool has_work = !exchanges_.empty() || unwritten() > 0;
    return takes_requests_ && exchanges_.size() < service_.limits.pipelined_max &&
           unwritten() < output_bytes_max && !(has_work && is_memory_short());
}

bool HttpSession::is_mid_request() const {
    return reader_ && reader_->state() != HttpReadState::idle;
}

void HttpSession::exchange() {
    for (int turn = 0; turn < turns_per_wake_up_max; ++turn) {
        // Replies first, since each one written makes room for another request.
        if (!write_replies() || leave_if_done() || !wants_requests()) return;
        if (!input_.empty()) {
            receive(std::exchange(input_, {}));
            continue;
        }
        const StreamMoved got = stream_.read(loop_->scratch());
        switch (got.step) {
            case StreamStep::done:
                service_.metrics.http_bytes_in.add(got.bytes);
                receive({loop_->scratch().data(), got.bytes});
                break;
            case StreamStep::wants_read:
            case StreamStep::wants_write:
                return wait(got.step);
            case StreamStep::ended:
                on_end();
                break;
            case StreamStep::failed:
                return close();
        }
    }
    // There may be more to do, after the others of this loop.
    advance_later();
}

void HttpSession::receive(std::string_view bytes) {
    const std::size_t used = consume(bytes);
    // Behind the last request only what a tunnel has said early is of use.
    if (takes_requests_ || becomes_tunnel_) input_ = bytes.substr(used);
    count_memory();
}

std::size_t HttpSession::consume(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && wants_requests()) {
        // Gone with its request, so that an idle session has none.
        if (!reader_) reader_ = std::make_unique<RequestReader>(service_.limits.message);
        const HttpReadState before = reader_->state();
        used += reader_->feed(bytes.substr(used));
        note_progress(before, bytes.substr(used));
    }
    return used;
}

void HttpSession::note_progress(HttpReadState before, std::string_view rest) {
    const HttpReadState state = reader_->state();
    if (state == HttpReadState::refused) {
        const HttpRefusal refusal = reader_->refusal();
        return refuse(refusal.status, refusal.reason);
    }
    // Requests without a body are small: refusing them would free nothing.
    if (is_memory_short() && (state == HttpReadState::body || reader_->body_bytes() > 0))
        return refuse(503, "too many requests are under way; this one was not executed");
    if (state == HttpReadState::complete) return dispatch(rest);
    // Within a state the deadline stays, so that single bytes do not push it on.
    if (state == before) return;
    const bool is_body = state == HttpReadState::body;
    read_deadline_ =
        Steady::now() + (is_body ? service_.limits.body_timeout : service_.limits.header_timeout);
    owes_continue_ = reader_->expects_continue();
}

void HttpSession::dispatch(std::string_view rest) {
    Exchange exchange;
    exchange.frame.keeps_open = reader_->keeps_open();
    exchange.frame.is_http_1_0 = reader_->is_http_1_0();
    http::HttpRequest request = reader_->take();
    reader_.reset();
    owes_continue_ = false;
    // Not executed: what was meant is longer than what was read.
    if (!request.body.empty() && is_stray(rest))
        return refuse(400, "what follows the body is no request; Content-Length is wrong");
    exchange.frame.is_head = request.method == "HEAD";
    exchange.completed_at = Steady::now();
    exchange.bytes = request_bytes(request);
    if (request.method == "CONNECT") return connect(std::move(exchange));
    if (!exchange.frame.keeps_open) take_no_more();
    request.is_tls = stream_.is_tls();
    request.client_certificate = stream_.peer_certificate();
    request.peer = peer_;
    // Listed before the handler is called, which may answer at once.
    const std::uint64_t number = add(std::move(exchange));
    count_memory();
    service_.parts.handler(
        std::move(request),
        HttpResponder([self = shared_from_this(), number](std::optional<http::HttpReply> reply) {
            self->loop_->answered({self, number, std::move(reply)});
        }));
}

void HttpSession::connect(Exchange exchange) {
    if (!service_.parts.tls)
        return refuse(501, "CONNECT needs a certificate, and this server was given none");
    if (stream_.is_tls()) return refuse(501, "CONNECT inside TLS is not supported");
    // In its turn: the replies before it leave first.
    exchange.is_tunnel = true;
    exchange.ready_at = exchange.completed_at;
    exchange.reply.emplace();
    add(std::move(exchange));
    becomes_tunnel_ = true;
    takes_requests_ = false;
}

void HttpSession::refuse(int status, std::string_view reason) {
    Exchange exchange;
    exchange.frame.keeps_open = false;
    exchange.completed_at = Steady::now();
    exchange.ready_at = exchange.completed_at;
    exchange.reply = service_.parts.error_reply(status, reason);
    // Behind the requests before it, which still get their answers.
    add(std::move(exchange));
    take_no_more();
}

/// Numbers are consecutive, so that an answer finds its request.
std::uint64_t HttpSession::add(Exchange exchange) {
    exchange.number = next_number_++;
    exchanges_.push_back(std::move(exchange));
    return exchanges_.back().number;
}

void HttpSession::take_no_more() {
    takes_requests_ = false;
    owes_continue_ = false;
    reader_.reset();
    input_.clear();
}

void HttpSession::on_end() {
    // Perhaps only the client's own direction is shut. What it is owed still leaves.
    has_peer_ended_ = true;
    if (is_mid_request())
        refuse(400, "the request ended early");
    else
        take_no_more();
}

void HttpSession::stop_reading() {
    if (phase_ == Phase::closed || phase_ == Phase::lingering) return;
    // Nothing was asked yet, so nothing is owed.
    if (phase_ != Phase::open) return close();
    if (std::exchange(becomes_tunnel_, false) && !exchanges_.empty()) {
        // CONNECT was read and not answered: the refusal takes its place and its number.
        exchanges_.pop_back();
        --next_number_;
        refuse(503, "the server is shutting down");
    } else if (is_mid_request()) {
        refuse(503, "the server is shutting down; the request was not executed");
    } else {
        take_no_more();
    }
    advance();
}

}  // namespace tuma::net
