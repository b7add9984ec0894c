// The HTTP listener: sockets, with or without TLS → requests → a handler, and the replies back.
#pragma once

#include "ledger/words/time.h"
#include "protocols/http/http_readers.h"
#include "protocols/http/message.h"
#include "switch/http/server.h"
#include "switch/http/tls_context.h"
#include "switch/ops/metrics.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace tuma::net {

/// Bounds of the listener, and what a client gets that exceeds one.
struct HttpServerLimits {
    std::size_t io_threads = 1;
    std::size_t connections_max = 12'000;  ///< 503; under TLS the connection is closed
    HttpMessageLimits message{};           ///< 431, 413
    /// A request that was begun must have its header after this time, and its body after that time
    /// more: 408.
    Duration header_timeout = std::chrono::seconds{10};
    Duration body_timeout = std::chrono::seconds{10};
    /// A connection without a request for this long is closed. Some real servers: 8 s.
    Duration idle_timeout = std::chrono::seconds{10};
    /// The handler must have answered: 503, and the outcome is unknown to the client.
    Duration reply_timeout = std::chrono::seconds{60};
    /// A client that takes neither 64 KiB nor all of its waiting replies in this time is
    /// disconnected.
    Duration write_timeout = std::chrono::seconds{30};
    /// From the first byte of a TLS handshake to its end; then the connection is closed.
    Duration handshake_timeout = std::chrono::seconds{10};
    /// Handshakes under way at a time; more wait their turn.
    std::size_t handshakes_max = 256;
    /// Requests of one connection that wait for their answer; then nothing more is read from it.
    std::size_t pipelined_max = 16;
    /// Requests read ahead and unanswered and unwritten replies, in bytes, over all connections:
    /// 503 for a request that brings a body while more is held, and no further request is read from
    /// a connection that has one under way.
    std::size_t memory_bytes_max = 256U << 20U;
};

/// Answers one request, once, from any thread. Dropped without an answer it answers 500, so that no
/// client waits for nothing. May outlive the server: the answer then goes nowhere.
class HttpResponder {
public:
    /// Who takes the answer; nothing when the handler gave none. Called on the answering thread.
    using Deliver = std::function<void(std::optional<http::HttpReply>)>;

    HttpResponder() = default;
    explicit HttpResponder(Deliver deliver) : deliver_(std::move(deliver)) {}
    ~HttpResponder() { drop(); }
    HttpResponder(HttpResponder&& other) noexcept
        : deliver_(std::exchange(other.deliver_, nullptr)) {}
    HttpResponder& operator=(HttpResponder&& other) noexcept {
        if (this == &other) return *this;
        drop();
        deliver_ = std::exchange(other.deliver_, nullptr);
        return *this;
    }
    HttpResponder(const HttpResponder&) = delete;
    HttpResponder& operator=(const HttpResponder&) = delete;

    /// Requires: not answered yet, not moved from.
    void answer(http::HttpReply reply);

private:
    void drop();

    Deliver deliver_;
};

/// Takes a complete request on an I/O thread; must neither block it nor throw.
using HttpHandler = std::function<void(http::HttpRequest, HttpResponder)>;

/// Makes the answer to what never reaches the handler, or to what the handler dropped. `reason` is
/// a short sentence. Called on an I/O thread.
using HttpErrorReply = std::function<http::HttpReply(int status, std::string_view reason)>;

/// The reason as text/plain.
http::HttpReply plain_error_reply(int status, std::string_view reason);

/// Listens, reads requests, hands them to the handler, writes the replies in the requests' order.
/// HTTP/1.1 and 1.0: keep-alive, pipelining, HEAD, chunked bodies, Expect: 100-continue,
/// absolute-form targets. CONNECT is answered 200 and the tunnel ends here: TLS with our own
/// certificate, or HTTP in the clear; without a certificate it gets 501.
/// `stop_reading`: requests that were begun get 503, those in flight their answer.
class HttpServer : public Server {
public:
    struct Parts {
        HttpHandler handler;
        std::shared_ptr<const TlsContext> tls{};  ///< without it no TLS and no CONNECT
        HttpErrorReply error_reply = plain_error_reply;
    };

    /// Requires: `metrics` stay until `finish` or `stop` has returned.
    HttpServer(const Parts& parts, Metrics& metrics, const HttpServerLimits& limits);

    /// As `listen`, under TLS. Requires: `tls` was given.
    Endpoint listen_tls(const Endpoint& endpoint);

private:
    bool has_certificate_;
};

}  // namespace tuma::net
