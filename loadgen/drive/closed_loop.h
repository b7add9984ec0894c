// How much a closed loop keeps in flight: what the switch's queue holds, and no more.
#pragma once

#include "loadgen/drive/options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// Operations that may wait for a switch's core; more are refused as overloaded.
struct SwitchQueue {
    std::uint64_t operations = 262'144;  ///< of a switch that was not told otherwise (--queue)
    bool is_asked = false;               ///< the switch has said so; assumed otherwise
};

/// What a switch's metrics say of its queue; the usual one where they say nothing.
SwitchQueue queue_in_metrics(std::string_view metrics);
/// Asks the switch's admin address. The usual one where there is none, or where it does not answer.
SwitchQueue ask_for_queue(const std::optional<Endpoint>& admin);

/// Requests in flight on a connection: 16, or fewer if the queue would not hold them; at least 1.
std::uint32_t closed_loop_in_flight(const SwitchQueue& queue, const LoadOptions& options);

/// A sentence where so many requests a connection are more than the queue holds; else empty.
std::string overfull_remark(const SwitchQueue& queue, std::uint32_t in_flight,
                            const LoadOptions& options);

}  // namespace tuma::loadgen
