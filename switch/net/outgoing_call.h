// One call of the HTTP client: connect, handshake, send, receive.
#pragma once

#include "protocols/http/url.h"
#include "switch/net/byte_stream.h"
#include "switch/net/callback_rules.h"
#include "switch/net/clock.h"
#include "switch/net/http_client.h"
#include "switch/net/http_readers.h"

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

/// Lives on the client's thread.
class OutgoingCall : public std::enable_shared_from_this<OutgoingCall> {
public:
    /// Told once, whatever ends the call.
    using Ended = std::function<void(OutgoingCall&, HttpResult)>;

    /// Requires: `context` and `rules` stay as long as the call.
    OutgoingCall(boost::asio::io_context& context, const CallbackRules& rules, HttpCall call,
                 http::Url url, const HttpMessageLimits& limits);

    /// Which connections can serve it: scheme, host, port, whether the server was verified.
    const std::string& route() const { return route_; }
    bool is_tls() const { return url_.is_tls; }
    bool verifies() const { return verify_tls_; }
    bool was_started() const { return was_started_; }

    /// The time that it has begins to run.
    void await_end(Steady::time_point deadline, Ended ended);
    /// Sends over the kept connection, or over a new one; `tls` is for that.
    void start(std::unique_ptr<ByteStream> kept, std::shared_ptr<const TlsContext> tls);
    /// Ends it, if it has not ended.
    void fail(HttpFailureKind kind, std::string reason);
    /// The connection, when it can serve another call; only within Ended.
    std::unique_ptr<ByteStream> take_kept();

private:
    enum class Phase : std::uint8_t { waiting, connecting, handshake, sending, receiving, ended };

    void resolve();
    void connect(const std::vector<boost::asio::ip::tcp::endpoint>& endpoints);
    void on_connected();
    void advance();
    void shake_hands();
    void send();
    void receive();
    void wait(StreamStep step);
    void end(HttpResult result);

    boost::asio::io_context& context_;
    const CallbackRules& rules_;
    http::Url url_;
    bool verify_tls_;
    std::string route_;
    Phase phase_ = Phase::waiting;
    bool was_started_ = false;
    Ended ended_;
    std::shared_ptr<const TlsContext> tls_;
    boost::asio::steady_timer timer_;
    boost::asio::ip::tcp::resolver resolver_;
    std::optional<boost::asio::ip::tcp::socket> socket_;  ///< while connecting
    std::unique_ptr<ByteStream> stream_;
    std::string output_;
    std::size_t written_ = 0;
    ResponseReader reader_;
    bool may_keep_ = true;
};

}  // namespace tuma::net
