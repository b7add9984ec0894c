// What a run does when something does not go as planned.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tuma::loadgen {

/// What happens to a request that is due while every connection is full.
enum class Overload : std::uint8_t {
    queue,  ///< it waits; its latency counts from its intended time
    skip,   ///< it is never sent, and counted
    abort,  ///< the run ends and is invalid
};
std::string_view name(Overload overload);
std::optional<Overload> parse_overload(std::string_view text);

/// What happens when a connection is lost.
enum class OnLoss : std::uint8_t {
    end,        ///< nothing more is sent; what was in flight on it is counted as errors
    reconnect,  ///< it is opened again, and what was in flight on it is sent again
};
std::string_view name(OnLoss on_loss);
std::optional<OnLoss> parse_on_loss(std::string_view text);

}  // namespace tuma::loadgen
