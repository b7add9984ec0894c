// The HTTP listener of all dialects: plain and TLS, one router behind both.
#pragma once

#include "protocols/http/message.h"
#include "switch/net/endpoint.h"
#include "switch/net/metrics.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tuma::net {

/// Bounds of what clients may ask of the listener. What goes beyond gets a definite answer where
/// one can still be given: 431, 413, 408, 400, 503, and the connection closes.
struct HttpLimits {
    std::size_t threads = 1;
    std::size_t connections_max = 12'000;
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t body_bytes_max = 1024 * 1024;
    /// Requests and replies of all connections together.
    std::size_t memory_bytes_max = std::size_t{256} * 1024 * 1024;
    /// Requests of one connection that are not answered yet; then nothing more is read.
    std::size_t pipelined_max = 16;
    std::chrono::milliseconds idle_timeout{30'000};
    /// From the first byte of a request to its last, and for a TLS handshake.
    std::chrono::milliseconds request_timeout{10'000};
    /// For a reply to leave.
    std::chrono::milliseconds write_timeout{10'000};
};

/// Certificate chain and key of the TLS side, PEM; empty: there is none.
struct TlsIdentity {
    std::string certificate_pem;
    std::string key_pem;
};

/// Called exactly once with the reply, on any thread.
using HttpRespond = std::function<void(http::HttpReply)>;
/// Called on an I/O thread for each whole request.
using HttpHandler = std::function<void(http::HttpRequest, HttpRespond)>;

/// Listens on any number of endpoints. HTTP/1.0 and 1.1, keep-alive, pipelining (replies leave in
/// the order of requests), chunked bodies, Expect: 100-continue, absolute-form targets, and
/// CONNECT, which is answered by speaking TLS on the same connection with our certificate. Client
/// certificates are accepted, not required.
class HttpServer {
public:
    /// Throws std::runtime_error when the TLS identity cannot be used.
    HttpServer(Metrics& metrics, const HttpLimits& limits, const TlsIdentity& tls,
               HttpHandler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and listens. Returns the bound endpoint. Throws boost::system::system_error.
    Endpoint listen(const Endpoint& endpoint, bool is_tls);
    void start();
    void stop_accepting();
    /// Reads nothing more; connections close once their requests are answered.
    void stop_reading();
    /// True when every request that was read has been answered within `timeout`.
    bool finish(std::chrono::milliseconds timeout);
    /// Closes everything at once and ends the threads.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
