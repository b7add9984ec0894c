// Sends a run's HTTP requests over a pool of kept connections from one thread, receives replies and
// callbacks, and takes down both.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/client/socket.h"
#include "loadgen/drive/driver.h"
#include "loadgen/measure/callback_tracker.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/refusal_names.h"
#include "loadgen/merchants/http_dialect.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// With what an operation is over.
enum class Until : std::uint8_t {
    reply,     ///< the request is accepted or refused; callbacks are counted beside
    callback,  ///< the callback has come; until then the connection takes no other request
};
std::string_view name(Until until);
std::optional<Until> parse_until(std::string_view text);

/// What is made of callbacks.
enum class Callbacks : std::uint8_t {
    wait,    ///< each is read, matched and timed; what is missing at the end is awaited
    ignore,  ///< each is answered and thrown away; the run is over with its last reply
};
std::string_view name(Callbacks callbacks);
std::optional<Callbacks> parse_callbacks(std::string_view text);

struct HttpDriverSettings {
    Endpoint target{};
    std::uint32_t connections = 1;               ///< one request at a time on each
    Duration timeout = std::chrono::seconds{5};  ///< from sending to the operation's end
    Duration connect_timeout = std::chrono::seconds{5};
    Duration grace = std::chrono::seconds{5};  ///< callbacks are awaited so long after the rest
    Overload overload = Overload::queue;
    Callbacks callbacks = Callbacks::wait;
    AbortReason abort_reason{};  ///< none: the run is never given up
    Until until = Until::reply;  ///< `callback` only while they are awaited
    Offset end = Offset::max();  ///< nothing is due at or after this time
    std::uint64_t operations_max = std::numeric_limits<std::uint64_t>::max();
};

/// What a run is told to.
struct HttpRecords {
    Recorder& recorder;
    CallbackTracker& callbacks;
    RefusalNames& refusals;
};

/// Connects, lets the dialect begin, says `on_begin` when the first request may leave, sends,
/// drains, awaits callbacks, on the calling thread. An operation is intended by `arrivals` (null: a
/// closed loop, as soon as a connection is free), sent when its request is made and handed to the
/// kernel, and ended as `Until` says; waiting for a free connection is in its latency. A connection
/// that the server closed while idle is opened again, which takes time from whoever needs it; one
/// that is lost with a request on it makes that an error. A server that takes no new connection is
/// gone: nothing more is sent. Callbacks that are ignored leave nothing in the book. Throws
/// ConnectionError when it cannot connect at the start.
RunEnd drive_http(const HttpDriverSettings& settings, Arrivals* arrivals, HttpDialect& dialect,
                  const HttpRecords& records, const std::function<void()>& on_begin,
                  const std::atomic<bool>& stop, const OnProgress& on_progress);

}  // namespace tuma::loadgen
