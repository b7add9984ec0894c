#include "switch/http/outgoing_call.h"

#include "ledger/words/ensure.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// The watcher hears of a call that waits once a quarter of its time.
constexpr int ticks_in_all = 4;

std::string request_bytes(HttpContent content, const http::Url& url) {
    http::HttpRequest request;
    request.method = std::move(content.method);
    request.target = url.target;
    request.host = url.host_field;
    request.headers = std::move(content.headers);
    request.body = std::move(content.body);
    std::string bytes;
    append_request(bytes, request);
    return bytes;
}

}  // namespace

OutgoingCall::OutgoingCall(boost::asio::io_context& context, HttpCall call, http::Url url,
                           Endpoints endpoints, const HttpMessageLimits& limits)
    : context_(context),
      call_(std::move(call)),
      url_(std::move(url)),
      endpoints_(std::move(endpoints)),
      begun_(Steady::now()),
      timer_(context),
      reader_(limits) {}

std::string OutgoingCall::flavour(const http::Url& url, bool verify_tls) {
    // Kept apart, so that a call that verifies never uses a connection that nobody verified.
    const char* const way = !url.is_tls ? "http" : verify_tls ? "https" : "https-unverified";
    return fmt::format("{} {}", way, url.host);
}

void OutgoingCall::start(std::unique_ptr<ByteStream> kept, std::shared_ptr<const TlsContext> tls,
                         Watcher watcher) {
    ensure(!watcher_.ended, "a call is started once");
    watcher_ = std::move(watcher);
    tls_ = std::move(tls);
    stream_ = std::move(kept);
    was_kept_ = stream_ != nullptr;
    // Not from within the start: what follows may end the call.
    boost::asio::post(context_, [self = shared_from_this()] { self->prepare(); });
}

void OutgoingCall::prepare() {
    if (phase_ == Phase::ended) return;
    if (!call_.at_turn) return go_on(std::move(call_.content));
    const auto make = std::exchange(call_.at_turn, nullptr);
    // Whoever makes the content may drop the word, not the call.
    make([weak = weak_from_this(), &context = context_](std::optional<HttpContent> content) {
        boost::asio::post(context, [weak, content = std::move(content)]() mutable {
            if (const auto self = weak.lock()) self->go_on(std::move(content));
        });
    });
}

void OutgoingCall::go_on(std::optional<HttpContent> content) {
    if (phase_ == Phase::ended) return;
    if (!content) return fail(HttpFailureKind::withdrawn, "there is nothing to be sent any more");
    call_.content.timeout = content->timeout;
    output_ = request_bytes(*std::move(content), url_);
    // Making the content took time, in which the server may have closed.
    if (stream_ && !stream_->is_quiet()) stream_.reset();
    was_kept_ = stream_ != nullptr;
    if (was_kept_) return begin_sending();
    connect();
}

void OutgoingCall::connect() {
    phase_ = Phase::connecting;
    // Connecting has a time of its own; sending begins another.
    begin_patience();
    socket_.emplace(context_);
    boost::asio::async_connect(
        *socket_, endpoints_,
        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
            // It came just as the time ran out.
            if (self->phase_ != Phase::connecting) return;
            if (error)
                return self->fail(HttpFailureKind::unreachable,
                                  "there is no connection: " + error.message());
            self->on_connected();
        });
}

void OutgoingCall::on_connected() {
    stream_ = std::make_unique<ByteStream>(std::move(*socket_));
    socket_.reset();
    if (!url_.is_tls) return begin_sending();
    stream_->start_tls(tls_, {}, url_.host);
    phase_ = Phase::handshake;
    advance();
}

void OutgoingCall::begin_sending() {
    phase_ = Phase::sending;
    // From here on the server may have seen some of it, so it is never sent again.
    has_sent_ = true;
    begin_patience();
    advance();
}

void OutgoingCall::advance() {
    if (phase_ == Phase::handshake) return shake_hands();
    if (phase_ == Phase::sending) send();
    if (phase_ == Phase::receiving) receive();
}

void OutgoingCall::shake_hands() {
    const StreamStep step = stream_->handshake();
    if (step == StreamStep::done)
        begin_sending();
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
    // Given back: an answer may take long.
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
            // A body without a length ends with the connection.
            reader_.end();
        else
            return fail(HttpFailureKind::closed, "the connection ended before the answer");
    }
    if (reader_.state() == HttpReadState::complete) {
        may_keep_ = may_keep_ && reader_.keeps_open();
        return end(reader_.take());
    }
    const HttpRefusal& refusal = reader_.refusal();
    // The reader says 400 for what is malformed; all else is a bound that was passed.
    fail(refusal.status == 400 ? HttpFailureKind::bad_answer : HttpFailureKind::too_long,
         "the answer is not taken: " + refusal.reason);
}

void OutgoingCall::wait(StreamStep step) {
    const bool is_read = step == StreamStep::wants_read;
    stream_->socket().async_wait(
        is_read ? tcp::socket::wait_read : tcp::socket::wait_write,
        [self = shared_from_this()](const error_code&) { self->advance(); });
}

void OutgoingCall::begin_patience() {
    patient_since_ = Steady::now();
    ticks_ = 0;
    await_tick();
}

void OutgoingCall::await_tick() {
    auto next = patient_since_ + timeout() * (ticks_ + 1) / ticks_in_all;
    if (call_.useless_at) next = std::min<Steady::time_point>(next, *call_.useless_at);
    timer_.expires_at(next);
    // A tick of before may be on its way already.
    timer_.async_wait([self = shared_from_this(), patience = ++patience_](const error_code& error) {
        if (!error && patience == self->patience_ && self->phase_ != Phase::ended) self->on_tick();
    });
}

void OutgoingCall::on_tick() {
    ++ticks_;
    const bool is_useless = call_.useless_at && Steady::now() >= *call_.useless_at;
    if (is_useless || ticks_ >= ticks_in_all) return run_out_of_time();
    // A connection that is not there after a quarter was turned away; an answer may take half.
    if (!has_sent_ || ticks_ * 2 >= ticks_in_all) watcher_.slow(*this);
    await_tick();
}

void OutgoingCall::run_out_of_time() {
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - patient_since_);
    // A late timer would name more than the limit, which would only confuse.
    const std::string within = text(std::min<Duration>(waited, timeout()));
    if (phase_ == Phase::connecting)
        fail(HttpFailureKind::unreachable, "there was no connection within " + within);
    else if (phase_ == Phase::handshake)
        fail(HttpFailureKind::tls, "the TLS handshake was not over within " + within);
    else
        fail(HttpFailureKind::timed_out, "there was no complete answer within " + within);
}

void OutgoingCall::fail(HttpFailureKind kind, std::string reason) {
    if (phase_ == Phase::ended) return;
    // What the other side has not read yet is not to be acted upon: it counts as not delivered.
    if (stream_) stream_->abort();
    stream_.reset();
    end(HttpFailure{kind, std::move(reason)});
}

void OutgoingCall::end(HttpResult result) {
    // The watcher lets go of it below.
    const auto self = shared_from_this();
    phase_ = Phase::ended;
    timer_.cancel();
    error_code ignored;
    if (socket_) socket_->close(ignored);
    output_ = {};
    std::exchange(watcher_.ended, nullptr)(*this, std::move(result));
}

std::unique_ptr<ByteStream> OutgoingCall::take_stream() {
    return std::move(stream_);
}

}  // namespace tuma::net
