// What goes to one host: calls that wait, calls under way, connections.
#pragma once

#include "protocols/http/url.h"
#include "switch/http/call_window.h"
#include "switch/http/outgoing_call.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace tuma::net {

/// A call without a turn.
struct WaitingCall {
    HttpCall call;
    http::Url url;
    HttpCompletion completion;
    OutgoingCall::Endpoints endpoints{};  ///< once its host's are known
};

/// A connection that waits to be used again.
struct KeptConnection {
    std::unique_ptr<ByteStream> stream;
    std::string flavour;
    Steady::time_point since;
};

/// The state of one host. Lives on the client's thread; `HttpClient` moves things along it.
struct HostLine {
    explicit HostLine(std::size_t connections_max)
        : most(connections_max), window(connections_max) {}

    const std::size_t most;
    CallWindow window;
    std::deque<WaitingCall> first{};  ///< go before the others
    std::deque<WaitingCall> others{};
    /// In the order in which they began.
    std::vector<std::shared_ptr<OutgoingCall>> under_way{};
    std::vector<KeptConnection> kept{};
    std::size_t closing = 0;  ///< connections that are not closed by both sides yet
    Steady::time_point answered_at{};
    bool has_turn = false;  ///< it is in the line of hosts

    std::size_t waiting() const { return first.size() + others.size(); }
    std::size_t connections() const { return under_way.size() + kept.size() + closing; }
    /// Another call may begin, if need be once a kept connection was closed for it.
    bool has_room() const {
        return under_way.size() < window.size() &&
               (connections() < most || (closing == 0 && !kept.empty()));
    }
    bool can_begin() const { return waiting() > 0 && has_room(); }
    bool is_idle() const { return waiting() == 0 && connections() == 0 && !has_turn; }

    std::deque<WaitingCall>& next_queue() { return first.empty() ? others : first; }
    /// Another call waits for the first answer on its connection, and it began earlier, or nobody
    /// would use this one's connection now: perhaps the host serves one connection at a time, and
    /// this one would be in the way.
    bool is_in_the_way(const OutgoingCall& call) const {
        // Calls stand in the order in which they began.
        bool is_earlier = true;
        for (const auto& other : under_way) {
            if (other.get() == &call)
                is_earlier = false;
            else if (other->is_on_fresh_connection() && (is_earlier || waiting() == 0))
                return true;
        }
        return false;
    }
};

}  // namespace tuma::net
