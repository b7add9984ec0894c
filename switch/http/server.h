// What every listener of the switch offers, whatever is spoken on its connections.
#pragma once

#include "ledger/words/time.h"
#include "switch/http/endpoint.h"

#include <cstddef>
#include <memory>
#include <utility>

namespace tuma::net {

/// Sockets and threads behind a `Server`; see `Listener`. The functions are those of `Server`.
class AnyListener {
public:
    AnyListener() = default;
    virtual ~AnyListener() = default;
    AnyListener(const AnyListener&) = delete;
    AnyListener& operator=(const AnyListener&) = delete;

    virtual Endpoint listen(const Endpoint& endpoint, bool is_tls) = 0;
    virtual void start() = 0;
    virtual std::size_t memory_bytes() const = 0;
    virtual void stop_accepting() = 0;
    virtual void stop_reading() = 0;
    virtual bool finish(Duration deadline) = 0;
    virtual void stop() = 0;
};

/// Listens, and spreads connections over its I/O threads in turn. Closes everything at once when it
/// is destroyed and `finish` was not called.
class Server {
public:
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and listens; from here on the system queues connections. May be called for several
    /// endpoints, before `start`. Returns the bound endpoint. Throws std::system_error.
    Endpoint listen(const Endpoint& endpoint) { return listener_->listen(endpoint, false); }
    /// Starts the threads and accepts.
    void start() { listener_->start(); }

    /// What connections hold of the limits' `memory_bytes_max`. Any thread.
    std::size_t memory_bytes() const { return listener_->memory_bytes(); }

    /// Accepts no more connections.
    void stop_accepting() { listener_->stop_accepting(); }
    /// Reads nothing more. Each connection gets what it is owed, is told that the server is being
    /// stopped, and is closed.
    void stop_reading() { listener_->stop_reading(); }
    /// Waits until all connections have got their last byte, or for `deadline`; then closes what is
    /// left and ends the threads. True when nothing was cut off.
    bool finish(Duration deadline) { return listener_->finish(deadline); }
    /// Closes everything at once.
    void stop() { listener_->stop(); }

protected:
    explicit Server(std::unique_ptr<AnyListener> listener) : listener_(std::move(listener)) {}
    ~Server() { listener_->stop(); }

    std::unique_ptr<AnyListener> listener_;
};

}  // namespace tuma::net
