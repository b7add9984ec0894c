// What a run over any protocol does again and again: send what is due, take what has come.
#pragma once

#include "loadgen/client/poller.h"
#include "loadgen/drive/driver.h"
#include "loadgen/measure/recorder.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tuma::loadgen {

/// What the loop needs to know of a driver's settings; see there.
struct DrivePace {
    Duration timeout{};
    Overload overload = Overload::queue;
    bool closed_loop = false;
    Offset end = Offset::max();
    bool send_everything = false;
    AbortReason abort_reason{};
};
DrivePace pace_of(const DriverSettings& settings);

/// When requests are due, when they are skipped and when a run is over. What a request is and how
/// it travels is the derived class's. All on one thread; times count from the start of `run`.
class DriveLoop {
public:
    DriveLoop(const DriveLoop&) = delete;
    DriveLoop& operator=(const DriveLoop&) = delete;
    virtual ~DriveLoop() = default;

    using Moment = std::chrono::steady_clock::time_point;
    /// Until everything has been sent and answered, or the run is given up; then `finish`. Waits
    /// for `start` where one is given, from which times count; else from now.
    RunEnd run(const std::atomic<bool>& stop, const OnProgress& on_progress,
               std::optional<Moment> start = {});

protected:
    /// Requires: the recorder outlives it.
    DriveLoop(const DrivePace& pace, Recorder& recorder) : pace_(pace), recorder_(recorder) {}

    /// When the next request is due; nothing once there are no more. A closed loop needs no time.
    virtual std::optional<Offset> next_time() const = 0;
    /// Takes that request, which `send` or nobody sends.
    struct Taken {
        std::uint64_t operations = 1;
        Offset intended{0};  ///< when the request is due
        /// When each operation is due, until the next call; empty: with the request.
        std::span<const Offset> due{};
        /// Since when there was no place for it; nothing if there always was.
        std::optional<Offset> blocked_since{};
    };
    virtual Taken take_next() = 0;
    virtual void send(const Taken& taken) = 0;
    virtual bool has_place() const = 0;
    /// "All 3 places are taken", when there is none.
    virtual std::string crowd() const = 0;
    /// After a round of sending.
    virtual void flush_all() {}
    /// The socket of this number is ready; the time is that of this moment.
    virtual void on_ready(std::uint32_t number, std::uint32_t events) = 0;
    /// Gives up what has waited for the timeout; about ten times a second, and when it has said.
    /// Gives when the next of those in flight is to be given up.
    virtual Offset time_out() = 0;
    virtual bool is_over() = 0;
    virtual void finish() = 0;
    /// Something is to be done by then, whatever the sockets say.
    virtual Offset latest_wake_up() const { return next_tick_; }

    void advance_clock() { now_ = std::chrono::steady_clock::now() - start_; }
    bool may_send() const;
    /// There is no place from now on, though no request has taken the last.
    void note_full() {
        if (!full_since_) full_since_ = now_;
    }
    /// What was due in an open loop and will never be sent.
    void skip_backlog();

    /// When the sockets that were not ready at the last look were empty for sure.
    Offset quiet_at() const { return quiet_at_; }

    const DrivePace pace_;
    Recorder& recorder_;
    Poller poller_;
    Offset now_{0};
    std::uint64_t in_flight_ = 0;  ///< operations
    bool is_stopped_ = false;
    bool is_lost_ = false;  ///< the server is gone
    RunEnd result_;

private:
    bool has_ended_early() const;
    void send_due();
    Offset wait_time();
    void tick(const OnProgress& on_progress);

    std::chrono::steady_clock::time_point start_;
    Offset next_tick_{0};
    Offset next_timeout_{0};
    Offset quiet_at_{0};
    /// Since when all that is due has gone into places that had to become free first.
    std::optional<Offset> full_since_;
};

}  // namespace tuma::loadgen
