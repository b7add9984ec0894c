#include "switch/net/outgoing_call.h"

#include "ledger/ensure.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// RFC 6761, section 6.3: never looked up.
bool is_localhost(std::string_view name) {
    const std::string host = lower_case(name);
    return host == "localhost" || host.ends_with(".localhost");
}

std::string request_bytes(HttpCall call, const http::Url& url) {
    http::HttpRequest request;
    request.method = std::move(call.method);
    request.target = url.target;
    request.host = url.host_field;
    request.headers = std::move(call.headers);
    request.body = std::move(call.body);
    std::string bytes;
    append_request(bytes, request);
    return bytes;
}

}  // namespace

OutgoingCall::OutgoingCall(boost::asio::io_context& context, const CallbackRules& rules,
                           HttpCall call, http::Url url, const HttpMessageLimits& limits)
    : context_(context),
      rules_(rules),
      url_(std::move(url)),
      verify_tls_(call.verify_tls),
      route_(fmt::format("{} {} {}",
                         !url_.is_tls  ? "http"
                         : verify_tls_ ? "https"
                                       : "https-unverified",
                         url_.host, url_.port)),
      timer_(context),
      resolver_(context),
      output_(request_bytes(std::move(call), url_)),
      reader_(limits) {}

void OutgoingCall::await_end(Steady::time_point deadline, Ended ended) {
    ended_ = std::move(ended);
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->fail(HttpFailureKind::timed_out, "there was no answer in time");
    });
}

void OutgoingCall::start(std::unique_ptr<ByteStream> kept, std::shared_ptr<const TlsContext> tls) {
    ensure(phase_ == Phase::waiting, "a call is started once");
    was_started_ = true;
    tls_ = std::move(tls);
    if (!kept) return resolve();
    stream_ = std::move(kept);
    phase_ = Phase::sending;
    advance();
}

void OutgoingCall::resolve() {
    phase_ = Phase::connecting;
    error_code error;
    const auto address = boost::asio::ip::make_address(url_.host, error);
    if (!error) return connect({{address, url_.port}});
    if (is_localhost(url_.host))
        return connect({{boost::asio::ip::address_v4::loopback(), url_.port},
                        {boost::asio::ip::address_v6::loopback(), url_.port}});
    resolver_.async_resolve(
        url_.host, std::to_string(url_.port), tcp::resolver::numeric_service,
        [self = shared_from_this()](const error_code& failure,
                                    const tcp::resolver::results_type& results) {
            if (self->phase_ != Phase::connecting) return;
            if (failure) return self->fail(HttpFailureKind::unresolved, "the host has no address");
            std::vector<tcp::endpoint> endpoints;
            for (const auto& result : results) endpoints.push_back(result.endpoint());
            self->connect(endpoints);
        });
}

void OutgoingCall::connect(const std::vector<tcp::endpoint>& endpoints) {
    // One that may not be called is enough: a name is not tried until it leads somewhere else.
    for (const tcp::endpoint& endpoint : endpoints)
        if (auto refusal = rules_.refusal(url_.host, endpoint))
            return fail(HttpFailureKind::forbidden, *std::move(refusal));
    socket_.emplace(context_);
    boost::asio::async_connect(
        *socket_, endpoints,
        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
            if (self->phase_ != Phase::connecting) return;
            if (error) return self->fail(HttpFailureKind::unreachable, error.message());
            self->on_connected();
        });
}

void OutgoingCall::on_connected() {
    stream_ = std::make_unique<ByteStream>(std::move(*socket_));
    socket_.reset();
    phase_ = Phase::sending;
    if (url_.is_tls) {
        stream_->start_tls(tls_, {}, url_.host);
        phase_ = Phase::handshake;
    }
    advance();
}

void OutgoingCall::advance() {
    if (phase_ == Phase::handshake) shake_hands();
    if (phase_ == Phase::sending) send();
    if (phase_ == Phase::receiving) receive();
}

void OutgoingCall::shake_hands() {
    const StreamStep step = stream_->handshake();
    if (step == StreamStep::done)
        phase_ = Phase::sending;
    else if (step == StreamStep::failed)
        fail(HttpFailureKind::tls, "the TLS handshake failed: " + stream_->failure());
    else
        wait(step);
}

void OutgoingCall::send() {
    while (written_ < output_.size()) {
        const StreamMoved sent = stream_->write(std::string_view(output_).substr(written_));
        if (sent.step == StreamStep::done) {
            written_ += sent.bytes;
        } else if (sent.step == StreamStep::failed || sent.step == StreamStep::ended) {
            // A server may refuse a body that it has not read, and close: its answer is there.
            may_keep_ = false;
            break;
        } else {
            return wait(sent.step);
        }
    }
    output_ = {};
    written_ = 0;
    phase_ = Phase::receiving;
}

void OutgoingCall::receive() {
    std::array<char, 16 * 1024> room;
    while (reader_.state() != HttpReadState::complete &&
           reader_.state() != HttpReadState::refused) {
        const StreamMoved got = stream_->read(room);
        if (got.step == StreamStep::done)
            reader_.feed({room.data(), got.bytes});
        else if (got.step == StreamStep::wants_read || got.step == StreamStep::wants_write)
            return wait(got.step);
        else if (got.step == StreamStep::ended && reader_.state() == HttpReadState::body)
            reader_.end();
        else
            return fail(HttpFailureKind::closed, "the connection ended before the answer");
    }
    if (reader_.state() == HttpReadState::complete) {
        may_keep_ = may_keep_ && reader_.keeps_open();
        return end(reader_.take());
    }
    const HttpRefusal& refusal = reader_.refusal();
    fail(refusal.status == 400 ? HttpFailureKind::bad_answer : HttpFailureKind::too_long,
         "the answer is not taken: " + refusal.reason);
}

void OutgoingCall::wait(StreamStep step) {
    const bool is_read = step == StreamStep::wants_read;
    stream_->socket().async_wait(
        is_read ? tcp::socket::wait_read : tcp::socket::wait_write,
        [self = shared_from_this()](const error_code&) { self->advance(); });
}

void OutgoingCall::fail(HttpFailureKind kind, std::string reason) {
    may_keep_ = false;
    end(HttpFailure{kind, std::move(reason)});
}

void OutgoingCall::end(HttpResult result) {
    if (phase_ == Phase::ended) return;
    const auto self = shared_from_this();
    phase_ = Phase::ended;
    timer_.cancel();
    resolver_.cancel();
    error_code ignored;
    if (socket_) socket_->close(ignored);
    if (stream_ && !may_keep_) stream_->close();
    output_ = {};
    std::exchange(ended_, nullptr)(*this, std::move(result));
}

std::unique_ptr<ByteStream> OutgoingCall::take_kept() {
    return may_keep_ ? std::move(stream_) : nullptr;
}

}  // namespace tuma::net
