// The HTTP listener: sockets, with or without TLS → requests → a handler, and the replies back.
#pragma once

#include "ledger/time.h"
#include "protocols/http/message.h"
#include "switch/net/endpoint.h"
#include "switch/net/http_readers.h"
#include "switch/net/http_responder.h"
#include "switch/net/metrics.h"
#include "switch/net/tls_context.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

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
/// Connections are spread over the I/O threads in turn.
class HttpServer {
public:
    struct Parts {
        HttpHandler handler;
        std::shared_ptr<const TlsContext> tls{};  ///< without it no TLS and no CONNECT
        HttpErrorReply error_reply = plain_error_reply;
    };

    /// Requires: `metrics` stay until `finish` or `stop` has returned.
    HttpServer(Parts parts, Metrics& metrics, const HttpServerLimits& limits);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and listens; from here on the system queues connections. May be called for several
    /// endpoints, before `start`. Returns the bound endpoint. Throws std::system_error.
    Endpoint listen(const Endpoint& endpoint);
    /// The same under TLS. Requires: `tls` was given.
    Endpoint listen_tls(const Endpoint& endpoint);
    /// Starts the threads and accepts.
    void start();

    /// What connections hold of `memory_bytes_max`. Any thread.
    std::size_t memory_bytes() const;

    /// Accepts no more connections.
    void stop_accepting();
    /// Reads nothing more: requests that were begun get 503, those in flight their answer, and then
    /// each connection is closed.
    void stop_reading();
    /// Waits until all connections have got their last byte, or for `deadline`; then closes what is
    /// left and ends the threads. True when nothing was cut off.
    bool finish(Duration deadline);
    /// Closes everything at once.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
