// Calls other people's HTTP servers: callbacks, notifications.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "protocols/http/http_readers.h"
#include "protocols/http/message.h"
#include "switch/engine/clock.h"
#include "switch/http/callback_rules.h"
#include "switch/http/tls_context.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tuma::net {

/// Bounds of the client. A host is an address and a port, whatever names lead to it.
struct HttpClientLimits {
    std::size_t calls_max = 512;  ///< under way at a time; more wait
    /// Of these, to one host; also the most connections to it, counting those that are being
    /// opened, wait for the next call, or are not closed by both sides yet.
    std::size_t calls_per_host_max = 16;
    std::size_t queued_max = 1'000'000;         ///< waiting; above it a call fails as overloaded
    std::size_t queued_per_host_max = 100'000;  ///< of these, for one host
    HttpMessageLimits message{.body_bytes_max = 64 * 1024};
    /// A connection that was kept is used again within this time. Shorter than any server's,
    /// because a request that meets a closing connection is not sent twice.
    Duration idle_timeout = std::chrono::seconds{1};
    /// How long a connection that this side has ended waits for the other side's end.
    Duration closing_timeout = std::chrono::seconds{1};
};

/// What is sent.
struct HttpContent {
    std::string method = "POST";
    /// Sent in this order after Host, which may be given here instead. Content-Length, Connection
    /// and Transfer-Encoding are the client's.
    http::Fields headers{};
    std::string body{};
    /// From the first byte sent to the complete answer. Connecting and the TLS handshake have as
    /// long again; waiting for a turn does not count.
    Duration timeout = std::chrono::seconds{10};
};

/// Takes what is to be sent, or nothing when there is no reason to send it any more. Any thread.
using HttpContentReady = std::function<void(std::optional<HttpContent>)>;

/// One request to make.
struct HttpCall {
    std::string url{};
    HttpContent content{};
    /// If given: called once the call has its turn, on the client's thread, to make the content.
    std::function<void(HttpContentReady)> at_turn{};
    bool verify_tls = true;
    bool goes_first = false;  ///< before other calls that wait for the same host
    /// The answer is of no use from then on: the call ends, or is not begun.
    std::optional<Steady::time_point> useless_at{};
};

enum class HttpFailureKind : std::uint8_t {
    bad_url,
    overloaded,   ///< too many calls wait; nothing was sent
    forbidden,    ///< by the rules; nothing was sent
    unresolved,   ///< the host has no address; nothing was sent
    unreachable,  ///< no connection; nothing was sent
    tls,          ///< no handshake, or not the certificate that is trusted; nothing was sent
    too_late,     ///< `useless_at` came before its turn; nothing was sent
    withdrawn,    ///< `at_turn` had nothing to send
    not_begun,    ///< the client is held or has stopped; nothing was sent
    timed_out,
    closed,  ///< the connection ended before a complete answer
    bad_answer,
    too_long,
    stopped,  ///< the client stopped before the answer came
};

/// Why there is no answer.
struct HttpFailure {
    HttpFailureKind kind = HttpFailureKind::closed;
    std::string reason;  ///< a short sentence for people
};

using HttpResult = Result<http::HttpAnswer, HttpFailure>;
/// Called once a call, on the client's thread, or within `send` when nothing was begun.
using HttpCompletion = std::function<void(HttpResult)>;
/// The numeric addresses of a host's name, none if it has none; may take long. Any thread.
using ResolveName = std::function<std::vector<std::string>(const std::string&)>;

/// Makes calls on one thread of its own. Redirects are answers like any other. Connections are kept
/// for the next call to the same host; a request is never sent twice. A call waits for its turn as
/// long as it takes: the hosts take turns, and how many calls a host gets at a time follows from
/// how it answers (`CallWindow`).
class HttpClient {
public:
    /// `trust` is what servers are verified against; the system's certificates if not given.
    /// Every address that a call is about to be made to is held against the rules, names after they
    /// were looked up. `resolve` looks up names other than localhost; the system does if not given.
    explicit HttpClient(const HttpClientLimits& limits,
                        std::shared_ptr<const TlsContext> trust = nullptr, CallbackRules rules = {},
                        ResolveName resolve = {});
    /// Stops.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Any thread. Requires: a method of capital letters.
    void send(HttpCall call, HttpCompletion completion);

    /// Before the first call: where this process listens is never called.
    void add_own(const Endpoint& endpoint);

    /// Begins no more calls: those of which nothing was sent fail as not_begun, and so does every
    /// later one. Any thread; does not wait.
    void hold();
    /// True once no completion is outstanding, false if that takes longer than `timeout`. Not from
    /// a completion.
    bool finish(Duration timeout);
    /// Holds; every call that has no answer yet fails as stopped. Returns when no completion runs
    /// any more; waits for names being looked up. Not from a completion.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
