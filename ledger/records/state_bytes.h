// Where a state is written to and read from, piece by piece.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>

namespace tuma::ledger {

/// Takes bytes in order: a file, a hash, a buffer.
class ByteSink {
public:
    ByteSink() = default;
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;
    virtual ~ByteSink() = default;
    virtual void write(std::span<const std::byte> bytes) = 0;
};

/// Gives back what a sink took, in the same order. Throws StateError past the end.
class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;
    virtual void read(std::span<std::byte> bytes) = 0;
};

/// The bytes of a saved state do not fit together.
class StateError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Writes the object representation of a padding-free value.
template <typename T>
void write_value(ByteSink& sink, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    sink.write(std::as_bytes(std::span{&value, 1}));
}

template <typename T>
T read_value(ByteSource& source) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    source.read(std::as_writable_bytes(std::span{&value, 1}));
    return value;
}

/// Reads `count` values and hands them to `take` in pieces, each a span, so that a damaged count
/// costs no more memory than there are bytes.
template <typename T, typename Take>
void read_pieces(ByteSource& source, std::uint64_t count, const Take& take) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::array<T, 256> buffer;
    while (count > 0) {
        const auto piece = std::span{buffer}.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size())));
        source.read(std::as_writable_bytes(piece));
        take(std::span<const T>{piece});
        count -= piece.size();
    }
}

}  // namespace tuma::ledger
