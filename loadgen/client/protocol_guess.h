// What speaks at an address, by the first bytes that come from there.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tuma::loadgen {

inline constexpr std::string_view redis_protocol_name = "the Redis protocol";
inline constexpr std::string_view pg_protocol_name = "PostgreSQL's protocol";

/// "HTTP", "the Redis protocol", "PostgreSQL's protocol", "tuma's native protocol"; empty when it
/// is none of these.
std::string_view protocol_of(std::span<const std::byte> bytes);

}  // namespace tuma::loadgen
