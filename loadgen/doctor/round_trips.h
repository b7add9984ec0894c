// One request at a time, there and back, and how late its answer is read.
#pragma once

#include "loadgen/client/socket.h"
#include "loadgen/measure/histogram.h"

#include <chrono>

namespace tuma::loadgen {

/// Times of requests that never overlapped.
struct RoundTrips {
    Histogram time;     ///< from sending to having read the answer
    Histogram wake_up;  ///< from the kernel's having the answer to having read it
};

/// Sends one transfer after the other for so long. Throws ConnectionError when the server is not
/// there, goes away, or says what cannot be read.
RoundTrips measure_round_trips(const Endpoint& server, std::chrono::milliseconds length);

}  // namespace tuma::loadgen
