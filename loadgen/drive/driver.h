// Sends a run's requests over many connections from one thread, and takes down what comes back.
#pragma once

#include "ledger/store/acks.h"
#include "loadgen/client/socket.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/workload/request_stream.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// What happens to a request that is due while every connection is full.
enum class Overload : std::uint8_t {
    queue,  ///< it waits; its latency counts from its intended time
    skip,   ///< it is never sent, and counted
    abort,  ///< the run ends and is invalid
};
std::string_view name(Overload overload);
std::optional<Overload> parse_overload(std::string_view text);

/// Why a run is to be given up, asked about ten times a second; nothing while it goes on.
using AbortReason = std::function<std::optional<std::string>(const Recorder&)>;

struct DriverSettings {
    Endpoint target;
    ParticipantId participant{1};
    std::uint64_t prefix = 0;  ///< of the references, as in FramingSettings
    std::uint32_t connections = 1;
    std::uint32_t in_flight = 16;                ///< requests a connection, 1..65535
    Duration timeout = std::chrono::seconds{5};  ///< from sending, for each request
    Duration connect_timeout = std::chrono::seconds{5};
    Overload overload = Overload::queue;
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
    std::string aborted;          ///<///< why it was given up; empty when it was not
    std::vector<std::string> problems;  ///< further reasons not to believe the run
    std::string unwritten;      ///< why no more acknowledgements were kept, which ended the run
    std::uint64_t replays = 0;  ///< answers from the server's memory of an earlier request
    std::uint64_t late_answers = 0;          ///< to requests that had timed out
    std::uint64_t duplicate_answers = 0;     ///< to requests that were answered, or never sent
    std::optional<std::uint8_t> durability;  ///< as replies state it
};

/// Connects, sends, drains, on the calling thread; `on_progress` is told about ten times a second.
/// Latencies are cut at three moments: intended, sent (handed to the kernel, or kept on this side
/// when the kernel's buffer is full), answered (received). Once `stop` is set nothing more is sent
/// and the run drains. When a connection is lost nothing more is sent, what it had in flight is
/// counted as errors, and answers that are on their way on the others are still taken.
/// Every answer goes into `acks` (null: none are kept), refusals too, but not `overloaded`.
/// When they cannot be written, nothing more is sent. Throws ConnectionError when it cannot
/// connect.
RunEnd drive(const DriverSettings& settings, RequestStream& traffic, Recorder& recorder,
             ledger::AcksWriter* acks, const std::atomic<bool>& stop,
             const OnProgress& on_progress);

}  // namespace tuma::loadgen
