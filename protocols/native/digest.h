// The hash that tells whether two requests with one reference ask for the same thing.
#pragma once

#include "ledger/words/id.h"
#include "protocols/native/frame.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tuma::native {

/// A 128-bit multiply-fold hash of `bytes`, which is a whole number of 8-byte words, seeded with
/// the frame type. Stored in the journal beside each request, so it must never change; written out
/// in README.md, "Digest". Inline, so that a fixed size unrolls.
inline Digest digest(std::uint8_t frame_type, std::span<const std::byte> bytes) {
    __extension__ using Wide = unsigned __int128;
    const auto fold = [](std::uint64_t a, std::uint64_t b) {
        const Wide product = Wide{a} * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    };
    const auto word = [bytes](std::size_t at) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + at, sizeof(value));
        return value;
    };
    // Digits of pi and of e: nobody chose them.
    constexpr std::uint64_t k0 = 0x243F6A8885A308D3;
    constexpr std::uint64_t k1 = 0x13198A2E03707344;
    constexpr std::uint64_t k2 = 0xA4093822299F31D0;
    constexpr std::uint64_t k3 = 0xB7E151628AED2A6A;
    std::uint64_t a = k0 ^ frame_type;
    // The length is in it, so that zeros at the end are not another spelling of the same bytes.
    std::uint64_t b = k1 ^ bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        const std::uint64_t first = word(at);
        const std::uint64_t second = at + 16 <= bytes.size() ? word(at + 8) : 0;
        // Two chains with the words crossed: a word that wipes out one chain leaves the other.
        a = fold(first ^ k2, second ^ a);
        b = fold(second ^ k3, first ^ b);
    }
    // Each half depends on both chains: half a digest still tells two requests apart.
    const std::uint64_t halves[2] = {fold(a ^ k1, b ^ k2), fold(b ^ k0, a ^ k3)};
    Digest result;
    // Bytes as they lie; layout.h asserts that this machine is little-endian.
    std::memcpy(result.data(), halves, sizeof(halves));
    return result;
}

/// The digest of one command of layout.h. The reference stands first in every command that has one,
/// and is left out.
template <typename Bytes>
Digest digest_of_bytes(FrameType type, const Bytes& bytes) {
    // Queries have no reference, and then nothing is left out.
    constexpr bool has_reference = requires {
        bytes.reference;
    };
    constexpr std::size_t skipped = has_reference ? sizeof(Reference) : 0;
    return digest(static_cast<std::uint8_t>(type),
                  std::as_bytes(std::span{&bytes, 1}).subspan(skipped));
}

}  // namespace tuma::native
