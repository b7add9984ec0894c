#include "protocols/kit/ids.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tuma::protocols {

std::span<const std::byte> bytes_of(const Entropy& entropy, EntropyPart part) {
    ensure(part.offset + part.size <= entropy.size(), "a part of the random bytes lies within");
    return std::span{entropy}.subspan(part.offset, part.size);
}

std::string hex_of(const Entropy& entropy, EntropyPart part) {
    return crypto::hex_lower(bytes_of(entropy, part));
}

std::int64_t percent_of(const Entropy& entropy, std::size_t at) {
    // Two or three byte values for each number: even enough for faults that are asked for in
    // percent, and the same in every repeated run.
    return std::to_integer<std::int64_t>(entropy.at(at)) * 100 / 256;
}

std::string uuid(const Entropy& entropy, EntropyPart part) {
    constexpr std::size_t size = 16;
    ensure(part.size >= size, "a UUID has 16 bytes");
    std::array<std::byte, size> bytes{};
    std::copy_n(bytes_of(entropy, part).begin(), size, bytes.begin());
    // Version 4, variant 1: RFC 4122, section 4.4.
    bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
    bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    const std::string hex = crypto::hex_lower(std::span<const std::byte>{bytes});
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

bool is_uuid(std::string_view text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const auto fits = [](char c, char wanted) {
        if (wanted == '-') return c == '-';
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    // Any version: whoever needs version 4 looks at that digit as well.
    return std::equal(text.begin(), text.end(), form.begin(), form.end(), fits);
}

std::optional<OrderId> order_in(std::string_view id, std::size_t digits) {
    if (digits == 0 || id.size() < digits) return std::nullopt;
    id.remove_prefix(id.size() - digits);
    // std::from_chars takes no sign for this type, so that only digits remain.
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    if (error != std::errc{} || end != id.data() + id.size() || value == 0) return std::nullopt;
    return OrderId{value};
}

}  // namespace tuma::protocols
