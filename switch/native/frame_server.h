// The native protocol's listener: sockets → frames → engine, and the answers back.
#pragma once

#include "ledger/words/time.h"
#include "switch/engine/engine.h"
#include "switch/engine/history.h"
#include "switch/http/server.h"
#include "switch/ops/metrics.h"

#include <cstddef>

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
/// are durable.
class FrameServer : public Server {
public:
    /// Requires: `engine`, `history` and `metrics` stay until `finish` has returned; until then the
    /// engine runs.
    FrameServer(Engine& engine, History& history, Metrics& metrics,
                const FrameServerLimits& limits);
};

}  // namespace tuma::net
