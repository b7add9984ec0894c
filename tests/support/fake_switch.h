// A switch that says yes to everything, over real sockets: what the load generator is tested with.
#pragma once

#include "ledger/records/account.h"
#include "ledger/words/id.h"
#include "ledger/words/refusal.h"
#include "loadgen/client/socket.h"
#include "protocols/native/messages.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <thread>
#include <vector>

namespace tuma::testing {

/// How the switch misbehaves. Counts are of movements: everything but opening, funding, queries.
struct FakeSwitchFaults {
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t silent_from = never;  ///< the frame with this movement and all behind: no answer
    std::uint64_t silent_each = never;  ///< every Nth frame of movements: no answer
    /// Every Nth frame of movements: done, and instead of the answer its connection is closed.
    std::uint64_t loses_each = never;
    std::uint64_t close_at = never;  ///< the frame with this movement: all connections are closed
    /// The frame with this movement is answered so much later, and so is all behind it.
    std::uint64_t hold_at = never;
    std::chrono::milliseconds hold{0};
    std::uint64_t refuse_each = never;  ///< every Nth movement: insufficient_funds
    std::uint64_t overload_each = never;
    std::uint64_t overload_set_up_each = never;  ///< every Nth opening or funding
    bool forgets_keys = false;  ///< a known identity is `identity_taken`, not a replay
    bool corrupts_replies = false;
    bool answers_twice = false;
};

/// What the switch has seen; read it after `stop`.
struct FakeSwitchSeen {
    std::map<RequestKey, core::Outcome> answered;  ///< by key, set-up included
    std::map<RequestKey, Digest> digests;
    std::map<native::FrameType, std::uint64_t> movements;
    std::map<std::uint32_t, std::int64_t> credited;  ///< minor units by account, funding included
    std::uint64_t amount_total = 0;                  ///< of movements
    std::uint64_t repeated = 0;                      ///< movements with a key seen before
    std::uint64_t opened = 0;
    std::uint64_t funded = 0;
};

/// Listens on 127.0.0.1 with a free port; one thread.
class FakeSwitch {
public:
    explicit FakeSwitch(const FakeSwitchFaults& faults = {});
    FakeSwitch(const FakeSwitch&) = delete;
    FakeSwitch& operator=(const FakeSwitch&) = delete;
    ~FakeSwitch() { stop(); }

    loadgen::Endpoint endpoint() const { return {"127.0.0.1", port_}; }
    /// Ends the thread; afterwards `seen` may be read.
    void stop();
    const FakeSwitchSeen& seen() const { return seen_; }

private:
    struct Peer {
        loadgen::Socket socket;
        std::vector<std::byte> incoming;
    };

    void serve();
    void read(Peer& peer);
    void answer(Peer& peer, const native::FrameView& frame);
    core::Outcome decide(native::FrameType type, const core::Request& request);
    core::Outcome open(const core::OpenAccount& wish);
    core::Outcome look_up(const core::QueryAccount& query) const;
    core::Outcome move(native::FrameType type, const core::Request& request);
    void hold_once();

    FakeSwitchFaults faults_;
    FakeSwitchSeen seen_;
    loadgen::Socket listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::vector<Peer> peers_;
    std::map<ledger::Identity, std::uint32_t> identities_;
    std::vector<ledger::Account> accounts_;
    std::uint64_t movement_frames_ = 0;
    std::uint64_t movement_count_ = 0;
    std::uint64_t set_up_count_ = 0;
    std::uint64_t next_transfer_ = 1;
    bool has_held_ = false;
    bool closes_ = false;
    std::thread thread_;
};

}  // namespace tuma::testing
