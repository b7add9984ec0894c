// Identifiers that services give out, made of a request's random bytes or of an order's number.
#pragma once

#include "ledger/words/id.h"
#include "protocols/kit/adapter.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma::protocols {

/// The part of a request's random bytes that serves one purpose. A dialect names its parts, so that
/// everybody sees that no two overlap.
struct EntropyPart {
    std::size_t offset = 0;
    std::size_t size = 0;
};

/// Requires: the part lies within.
std::span<const std::byte> bytes_of(const Entropy& entropy, EntropyPart part);
/// The part as lower-case hexadecimal.
std::string hex_of(const Entropy& entropy, EntropyPart part);
/// A number from 0 to 99, the same for the same byte.
std::int64_t percent_of(const Entropy& entropy, std::size_t at);

/// A version 4 UUID of the part's first 16 bytes: "c7b2a9f4-5d1e-4c3b-9a8f-0e1d2c3b4a59".
/// Requires: the part has as many.
std::string uuid(const Entropy& entropy, EntropyPart part);
/// A UUID in either case of letters, any version.
bool is_uuid(std::string_view text);

/// The order whose number is written in the last `digits` characters; nothing if they are no
/// digits, or say 0.
std::optional<OrderId> order_in(std::string_view id, std::size_t digits);

}  // namespace tuma::protocols
