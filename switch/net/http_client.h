// Sends callbacks: one request a connection, bounded in time, size and number.
#pragma once

#include "protocols/adapter.h"

#include <cstddef>
#include <functional>
#include <memory>

namespace tuma::net {

/// Bounds of what callbacks may take.
struct HttpClientLimits {
    std::size_t at_once_max = 256;  ///< under way at a time; more wait their turn
    std::size_t per_host_max = 32;  ///< of them to one host and port
    std::size_t answer_bytes_max = 64 * 1024;
    std::size_t head_bytes_max = 16 * 1024;
    bool verifies_tls = false;  ///< false: any certificate will do, as developers' own hosts have
};

/// An asynchronous client for http:// and https:// addresses. Redirects are not followed. A slow
/// host only holds up what goes to it.
class HttpClient {
public:
    using Done = std::function<void(protocols::CallbackResult)>;

    explicit HttpClient(const HttpClientLimits& limits);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Any thread. `done` is called once, on a thread of the client, with an answer or a failure:
    /// an address that cannot be used, no connection, no answer in time, one that is no HTTP.
    void send(protocols::Callback callback, Done done);
    /// Ends everything under way as failed and the threads with it.
    void stop();

private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
