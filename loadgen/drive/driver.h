// Sends a run's requests over many connections from one thread, and takes down what comes back.
#pragma once

#include "loadgen/client/reconnection.h"
#include "loadgen/client/socket.h"
#include "loadgen/drive/native/acknowledgements.h"
#include "loadgen/drive/policies.h"
#include "loadgen/measure/losses.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/run_view.h"
#include "loadgen/workload/request_stream.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// Why a run is to be given up, asked about ten times a second; nothing while it goes on.
using AbortReason = std::function<std::optional<std::string>(const RunView&)>;

struct DriverSettings {
    Endpoint target;
    ParticipantId participant{1};
    std::uint64_t prefix = 0;  ///< of the references, as in FramingSettings
    std::uint32_t connections = 1;
    std::uint32_t in_flight = 16;  ///< requests a connection, 1..65535
    /// From sending, for each request; when it is sent again, from then.
    Duration timeout = std::chrono::seconds{5};
    Duration connect_timeout = std::chrono::seconds{5};
    Overload overload = Overload::queue;
    OnLoss on_loss = OnLoss::end;
    ReconnectLimits reconnect{};  ///< with OnLoss::reconnect
    /// A request is sent as soon as there is a place for it, and that is its intended time.
    bool closed_loop = false;
    Offset end = Offset::max();  ///< nothing is due at or after this time
    AbortReason abort_reason{};  ///< none: it never is
    /// Send all that the traffic has, however late. Otherwise what still waits one timeout after
    /// `end` is skipped.
    bool send_everything = false;
};

/// How far a run is.
struct RunProgress {
    Offset now{0};
    Offset behind{0};  ///< by how much the oldest unsent request is late
    bool is_draining = false;
};

using OnProgress = std::function<void(const RunProgress&)>;

/// How a run ended.
struct RunEnd {
    Offset ended{0};
    std::string server_gone;      ///< what happened and what was in flight; empty when it did not
    bool is_interrupted = false;  ///< it was asked to stop before its end
    std::string aborted;          ///< why it was given up; empty when it was not
    std::vector<std::string> problems;  ///< further reasons not to believe the run
    std::string unwritten;      ///< why no more acknowledgements were kept, which ended the run
    std::uint64_t replays = 0;  ///< answers from the server's memory of an earlier request
    std::uint64_t late_answers = 0;          ///< to requests that had timed out
    std::uint64_t duplicate_answers = 0;     ///< to requests that were answered, or never sent
    std::optional<std::uint8_t> durability;  ///< as replies state it
    std::optional<Losses> losses;            ///< with OnLoss::reconnect
};

/// Connects, sends, drains, on the calling thread; `on_progress` is told about ten times a second.
/// Latencies are cut at three moments: intended, sent (handed to the kernel, or kept on this side
/// when the kernel's buffer is full), answered (received). Once `stop` is set nothing more is sent
/// and the run drains.
///
/// A connection that is lost ends the run: nothing more is sent, what it had in flight is counted
/// as errors, and answers that are on their way on the others are still taken. With
/// OnLoss::reconnect it is opened again meanwhile, and takes no new request until what was in
/// flight on it has been sent again: the same commands under the same references, in the order in
/// which they were sent first. Their latency counts from their first sending. A server that knows a
/// request already says so; that is no answer out of its memory of another run. Once a connection
/// has been tried for too long, the run ends as without.
///
/// Every answer goes into `acks` (null: none are kept), refusals too, but not `overloaded`. When
/// they cannot be written, nothing more is sent. Throws ConnectionError when it cannot connect.
RunEnd drive(const DriverSettings& settings, RequestStream& traffic, Recorder& recorder,
             Acknowledgements* acks, const std::atomic<bool>& stop, const OnProgress& on_progress);

class DriveLoop;
/// The same in two steps: connected, and not begun. All that is given must outlive it.
std::unique_ptr<DriveLoop> connected_drive(const DriverSettings& settings, RequestStream& traffic,
                                           Recorder& recorder, Acknowledgements* acks);

}  // namespace tuma::loadgen
