// The native protocol's listener: sockets → frames → engine, and the answers back.
#pragma once

#include "ledger/time.h"
#include "switch/net/endpoint.h"
#include "switch/net/engine.h"
#include "switch/net/history.h"
#include "switch/net/metrics.h"

#include <cstddef>
#include <memory>

namespace tuma::net {

/// Bounds of the listener.
struct FrameServerLimits {
    std::size_t io_threads = 1;
    std::size_t connections_max = 12'000;
    /// A frame that was begun must be complete after this time.
    Duration frame_timeout = std::chrono::seconds{10};
    /// A connection without a frame for this long is closed; zero: never.
    Duration idle_timeout{};
    /// A client that takes neither 64 KiB nor all of its waiting replies in this time is
    /// disconnected.
    Duration write_timeout = std::chrono::seconds{30};
    /// Replies owed to one connection, in bytes, unwritten and still to be decided; above it
    /// nothing more is read from it. 2 MiB are 65,536 transfers.
    std::size_t reply_bytes_max = 2U << 20U;
    /// Memory of requests on their way, replies owed and unwritten and frames begun, in bytes, over
    /// all connections. Above it each connection may have one small request under way, and nothing
    /// more is read from it; a begun frame that cannot be completed then is cut off after
    /// `frame_timeout`. With what the allocator and the loops keep at hand the process takes less
    /// than 512 MiB for them.
    std::size_t memory_bytes_max = 360U << 20U;
};

/// Listens, reads frames, hands commands to the engine and to the history, writes replies when they
/// are durable. Connections are spread over the I/O threads in turn.
class FrameServer {
public:
    /// Requires: `engine`, `history` and `metrics` stay until `finish` has returned.
    FrameServer(Engine& engine, History& history, Metrics& metrics,
                const FrameServerLimits& limits);
    /// Closes everything at once if `finish` was not called.
    ~FrameServer();
    FrameServer(const FrameServer&) = delete;
    FrameServer& operator=(const FrameServer&) = delete;

    /// Binds and listens; from here on the system queues connections. Returns the bound endpoint.
    /// Throws std::system_error.
    Endpoint listen(const Endpoint& endpoint);
    /// Starts the threads and accepts.
    void start();

    /// What connections hold of `memory_bytes_max`. Any thread.
    std::size_t memory_bytes() const;

    /// Accepts no more connections.
    void stop_accepting();
    /// Reads nothing more. Each connection gets the replies that it is owed, then the error frame
    /// shutting_down, and is closed.
    void stop_reading();
    /// Waits until all connections have got their last byte, or for `deadline`; then closes what is
    /// left and ends the threads. True when nothing was cut off. The engine must still run.
    bool finish(Duration deadline);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tuma::net
