// A server of the native protocol whose every delay and fault is known beforehand: what a load
// generator is held against, and a target for labs.
//
// One thread. A request's frame is read; `ServiceModel` says at once when its answer is due, as if
// the machine were perfect; the answer waits in a heap until then. So no error adds up: when this
// thread is late with one answer, the next is due just as before, and the log knows by how much.
#pragma once

#include "loadgen/client/byte_stream.h"
#include "loadgen/client/poller.h"
#include "loadgen/fake/fake_books.h"
#include "loadgen/fake/fake_log.h"
#include "loadgen/fake/fake_settings.h"
#include "loadgen/fake/service_model.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tuma::loadgen {

/// Listens from construction on, answers while `run` runs.
class FakeServer {
public:
    /// Throws ConnectionError when it cannot listen.
    explicit FakeServer(const FakeSettings& settings);

    /// Where it listens, with the port that the system found.
    const Endpoint& endpoint() const { return endpoint_; }
    /// Until `stop` is set, which is looked at ten times a second, or until the server dies as the
    /// settings say. Throws ConnectionError when no descriptor is left.
    void run(const std::atomic<bool>& stop);
    const FakeLog& log() const { return log_; }

private:
    struct Peer {
        ByteStream stream;
        std::uint64_t in_service = 0;
        bool has_operations = false;  ///< has sent more than a set-up
        bool has_ended = false;       ///< sends nothing more, and waits for what is in service
        bool closes = false;          ///< after what is queued for it
        bool is_dirty = false;
        std::uint32_t events = EPOLLIN;
    };
    /// How the operations of a request ended.
    struct Ends {
        std::uint32_t ok = 0;
        std::uint32_t refused = 0;
    };
    /// An answer that is not due yet.
    struct Pending {
        Offset due{0};
        std::uint64_t sequence = 0;  ///< of answers that are due together, the first goes first
        Offset arrived{0};
        std::uint32_t peer = 0;
        bool is_twice = false;
        Ends ends;
        std::vector<std::byte> frame;
    };
    using Peers = std::unordered_map<std::uint32_t, Peer>;

    static bool is_later(const Pending& a, const Pending& b) {
        return a.due != b.due ? a.due > b.due : a.sequence > b.sequence;
    }
    void advance_clock() { now_ = std::chrono::steady_clock::now() - epoch_; }
    void accept_all();
    void read(std::uint32_t number, std::uint32_t events);
    void take_frames(std::uint32_t number, Peer& peer, Offset arrived);
    void take_set_up(Peer& peer, const native::FrameView& frame);
    void take_operations(std::uint32_t number, Peer& peer, const native::FrameView& frame,
                         Offset arrived);
    void refuse(Peer& peer, const native::FrameError& error, std::uint64_t request_id);
    /// Appends the answer's frame.
    Ends append_answer(std::vector<std::byte>& bytes, const native::FrameView& frame,
                       bool is_overloaded);
    /// Counts an answer that leaves now.
    void note_answer(const Ends& ends, Offset arrived, Offset due);
    void release_due();
    void deliver(const Pending& pending);
    bool has_come(std::optional<Duration> moment) const;
    bool is_garbling() const;
    void append_garble(Peer& peer);
    void drop_some();
    Offset next_moment() const;
    void touch(std::uint32_t number, Peer& peer);
    void flush_all();
    /// Closes it when nothing is left to do, else tells the poller what it waits for.
    void settle(std::uint32_t number, Peer& peer);
    bool is_crowded() const;
    void finish();

    const FakeSettings settings_;
    Poller poller_;
    Socket listening_;
    Endpoint endpoint_;
    FakeLog log_;
    FakeBooks books_;
    ServiceModel model_;
    Random refusing_;
    Random silent_;
    Random duplicate_;
    std::chrono::steady_clock::time_point epoch_;
    Offset now_{0};
    std::optional<Offset> begin_;  ///< of the first operation; the model's times count from it
    Peers peers_;
    std::uint32_t next_peer_ = 1;
    std::vector<Pending> pending_;  ///< a heap, the next that is due in front
    std::size_t pending_bytes_ = 0;
    bool was_crowded_ = false;
    std::uint64_t next_sequence_ = 0;
    std::vector<std::uint32_t> dirty_;
    bool has_dropped_ = false;
    std::vector<std::byte> scratch_;
};

}  // namespace tuma::loadgen
