// One call of the HTTP client: make the content, connect, handshake, send, receive.
#pragma once

#include "protocols/http/http_readers.h"
#include "protocols/http/url.h"
#include "switch/engine/clock.h"
#include "switch/http/byte_stream.h"
#include "switch/http/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tuma::net {

/// A call that has its turn. Lives on the client's thread.
class OutgoingCall : public std::enable_shared_from_this<OutgoingCall> {
public:
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
    struct Watcher {
        /// Told once, whatever ends the call.
        std::function<void(OutgoingCall&, HttpResult)> ended;
        /// Told now and then while the call has waited for long.
        std::function<void(OutgoingCall&)> slow;
    };

    /// Requires: `context` stays as long as the call.
    OutgoingCall(boost::asio::io_context& context, HttpCall call, http::Url url,
                 Endpoints endpoints, const HttpMessageLimits& limits);

    /// Which connections can serve such a call: scheme, host's name, whether the server was
    /// verified.
    static std::string flavour(const http::Url& url, bool verify_tls);
    std::string flavour() const { return flavour(url_, call_.verify_tls); }
    bool is_tls() const { return url_.is_tls; }
    bool verifies() const { return call_.verify_tls; }
    /// When it had its turn.
    Steady::time_point begun() const { return begun_; }
    Duration timeout() const { return call_.content.timeout; }
    /// Some of it may have reached the other side.
    bool has_sent() const { return has_sent_; }
    /// It is sent over a connection on which nothing was answered yet.
    bool is_on_fresh_connection() const { return !was_kept_; }

    /// Sends over the kept connection, or over a new one; `tls` is for that.
    void start(std::unique_ptr<ByteStream> kept, std::shared_ptr<const TlsContext> tls,
               Watcher watcher);
    /// Ends it, if it has not ended. Requires: it was started.
    void fail(HttpFailureKind kind, std::string reason);
    /// The connection after a complete answer, to be kept or closed; only within `ended`.
    std::unique_ptr<ByteStream> take_stream();
    /// It can serve another call.
    bool may_keep() const { return may_keep_; }

private:
    enum class Phase : std::uint8_t { preparing, connecting, handshake, sending, receiving, ended };

    void prepare();
    void go_on(std::optional<HttpContent> content);
    void connect();
    void on_connected();
    void begin_sending();
    void advance();
    void shake_hands();
    void send();
    void receive();
    void wait(StreamStep step);
    void begin_patience();
    void await_tick();
    void on_tick();
    void run_out_of_time();
    void end(HttpResult result);

    boost::asio::io_context& context_;
    HttpCall call_;
    http::Url url_;
    Endpoints endpoints_;
    Steady::time_point begun_;
    Phase phase_ = Phase::preparing;
    bool was_kept_ = false;
    bool has_sent_ = false;
    bool may_keep_ = true;
    Watcher watcher_;
    std::shared_ptr<const TlsContext> tls_;
    boost::asio::steady_timer timer_;
    Steady::time_point patient_since_{};
    int ticks_ = 0;
    std::uint64_t patience_ = 0;                          ///< which one the timer is for
    std::optional<boost::asio::ip::tcp::socket> socket_;  ///< while connecting
    std::unique_ptr<ByteStream> stream_;
    std::string output_;
    std::size_t written_ = 0;
    ResponseReader reader_;
};

}  // namespace tuma::net
