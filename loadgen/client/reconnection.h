// A lost connection on its way back: attempts that nobody waits for, with growing pauses between.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/client/socket.h"

#include <chrono>
#include <optional>
#include <string>

namespace tuma::loadgen {

/// How long a connection is tried for.
struct ReconnectLimits {
    Offset in_all = std::chrono::seconds{30};  ///< from its loss until it has answered again
    Offset attempt = std::chrono::seconds{5};  ///< each of them
};

/// The attempts of one connection. The first begins at once; after one that failed there is a pause
/// of 20 ms, which doubles up to 500 ms. All addresses are tried before a pause.
class Reconnection {
public:
    enum class State {
        idle,        ///< nothing was lost
        pausing,     ///< `advance` has something to do at `next`
        connecting,  ///< and when `descriptor` is ready to be written to
        connected,   ///< `take` has the socket
        given_up,    ///< the limit has passed; `failure` says why the last attempt failed
    };

    /// Requires: at least one address, which outlives it.
    Reconnection(const addrinfo* addresses, const ReconnectLimits& limits)
        : addresses_(addresses), limits_(limits) {}

    /// The connection is lost. Where the last one that was got back never answered, pauses and
    /// limit go on from there, or a server that takes connections and drops them would be asked
    /// without rest and for ever.
    void lost(Offset now);
    /// It has answered.
    void answered() { since_.reset(); }
    /// Does what is due; `is_ready` when the socket of an attempt is.
    State advance(Offset now, bool is_ready);
    State state() const { return state_; }
    /// When something is due at the latest.
    Offset next() const;
    /// Of the attempt. Requires: connecting.
    int descriptor() const { return socket_.descriptor(); }
    /// The new connection; idle then. Requires: connected.
    Socket take();
    /// It is not tried any more.
    void abandon();
    /// By how much the pauses can have delayed it: the server may have been there since the last
    /// attempt that failed.
    Offset paused() const { return paused_; }
    std::string failure() const;

private:
    void attempt(Offset now);
    void pause(Offset now);

    static constexpr Offset pause_min = std::chrono::milliseconds{20};
    static constexpr Offset pause_max = std::chrono::milliseconds{500};

    const addrinfo* addresses_;
    const addrinfo* address_ = nullptr;  ///< of the attempt
    ReconnectLimits limits_;
    State state_ = State::idle;
    Socket socket_;
    std::optional<Offset> since_;  ///< lost, and no answer since
    std::optional<Offset> failed_at_;
    Offset pause_{0};
    Offset next_{0};
    Offset paused_{0};
    int failure_ = 0;
    bool is_at_end_ = false;  ///< the limit had passed when the last attempt failed
};

}  // namespace tuma::loadgen
