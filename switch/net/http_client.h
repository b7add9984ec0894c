// Calls other people's HTTP servers: callbacks, notifications.
#pragma once

#include "ledger/result.h"
#include "ledger/time.h"
#include "protocols/http/message.h"
#include "switch/net/callback_rules.h"
#include "switch/net/http_readers.h"
#include "switch/net/tls_context.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace tuma::net {

/// Bounds of the client.
struct HttpClientLimits {
    std::size_t calls_max = 256;          ///< under way at a time; more wait
    std::size_t calls_per_host_max = 16;  ///< of these, to one host and port
    std::size_t queued_max = 65'536;      ///< waiting; above it a call fails as overloaded
    HttpMessageLimits message{.body_bytes_max = 64 * 1024};
    /// A connection that was kept is used again within this time. Shorter than any server's,
    /// because a request that meets a closing connection is not sent twice.
    Duration idle_timeout = std::chrono::seconds{2};
    std::size_t kept_per_host_max = 4;
};

/// One request to make.
struct HttpCall {
    std::string method = "POST";
    std::string url;
    /// Sent in this order after Host, which may be given here instead. Content-Length, Connection
    /// and Transfer-Encoding are the client's.
    http::Fields headers;
    std::string body;
    /// From `send` to the complete answer, waiting included.
    Duration timeout = std::chrono::seconds{10};
    bool verify_tls = true;
};

enum class HttpFailureKind : std::uint8_t {
    bad_url,
    overloaded,   ///< too many calls wait; nothing was sent
    forbidden,    ///< by the rules; nothing was sent
    unresolved,   ///< the host has no address; nothing was sent
    unreachable,  ///< no connection; nothing was sent
    tls,          ///< no handshake, or not the certificate that is trusted; nothing was sent
    timed_out,
    closed,  ///< the connection ended before a complete answer
    bad_answer,
    too_long,
    stopped,
};

/// Why there is no answer.
struct HttpFailure {
    HttpFailureKind kind = HttpFailureKind::closed;
    std::string reason;  ///< a short sentence for people
};

using HttpResult = Result<http::HttpAnswer, HttpFailure>;
/// Called once a call, on the client's thread, or within `send` when nothing was begun.
using HttpCompletion = std::function<void(HttpResult)>;

/// Makes calls on one thread of its own. Redirects are answers like any other. Connections are kept
/// for the next call to the same host; a request is never sent twice.
/// Names other than localhost are looked up by the system, one at a time.
class HttpClient {
public:
    /// `trust` is what servers are verified against; the system's certificates if not given.
    /// Every address that a call is about to be made to is held against the rules, names after they
    /// were looked up.
    explicit HttpClient(const HttpClientLimits& limits,
                        std::shared_ptr<const TlsContext> trust = nullptr,
                        CallbackRules rules = {});
    /// Stops.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Any thread. Requires: a method of capital letters.
    void send(HttpCall call, HttpCompletion completion);

    /// Before the first call: where this process listens is never called.
    void add_own(const Endpoint& endpoint);

    /// Every call that has no answer yet fails as stopped, and so does every later one. Returns
    /// when no completion runs any more; waits for a name being looked up. Not from a completion.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
