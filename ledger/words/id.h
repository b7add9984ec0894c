// Numbers that name things, each kind a type of its own.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tuma {

/// A number that names a thing of kind `Tag`. No arithmetic; zero names nothing.
template <typename Tag, typename Number>
struct Id {
    Number value = 0;

    auto operator<=>(const Id&) const = default;
    explicit operator bool() const { return value != 0; }
};

/// An account, numbered 1, 2, 3 … in the order of opening; dense, so that it indexes an array.
using AccountId = Id<struct AccountTag, std::uint32_t>;
/// A transfer record, numbered 1, 2, 3 … in commit order over the whole journal.
using TransferId = Id<struct TransferTag, std::uint64_t>;
/// Who sends requests: a bank, an app, a load generator. Assigned outside; zero is the switch
/// itself.
using ParticipantId = Id<struct ParticipantTag, std::uint32_t>;

/// A scheme (tariff, limits, settlement rules), numbered 1, 2, 3 … in the order of first loading.
using SchemeId = Id<struct SchemeTag, std::uint16_t>;

/// An order, numbered 1, 2, 3 … in the order of opening.
using OrderId = Id<struct OrderTag, std::uint64_t>;
/// A notice to somebody outside, numbered 1, 2, 3 …
using NoticeId = Id<struct NoticeTag, std::uint64_t>;

/// A participant's own name for one request: 128 bits, opaque, compared byte by byte.
using Reference = std::array<std::byte, 16>;
/// A 128-bit digest of everything a request asks for, made by the protocol that read it.
using Digest = std::array<std::byte, 16>;

/// What makes a request the same request when it is sent again.
struct RequestKey {
    ParticipantId participant;
    Reference reference{};

    auto operator<=>(const RequestKey&) const = default;
    /// False for the all-zero key, which no participant may use.
    explicit operator bool() const { return *this != RequestKey{}; }
};

}  // namespace tuma

template <typename Tag, typename Number>
struct std::hash<tuma::Id<Tag, Number>> {
    std::size_t operator()(tuma::Id<Tag, Number> id) const noexcept {
        // Fibonacci hashing: consecutive ids land far apart.
        return static_cast<std::size_t>(id.value * 0x9E3779B97F4A7C15ULL);
    }
};
