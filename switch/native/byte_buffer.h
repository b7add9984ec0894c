// A growing buffer whose fresh bytes are not cleared, for reading from sockets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace tuma::net {

/// Bytes that arrived and are not used yet, with room behind them.
class ByteBuffer {
public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }

    /// Room for at least `least` more bytes.
    std::span<std::byte> room(std::size_t least) {
        if (capacity_ - size_ < least) grow(size_ + least);
        return {bytes_.get() + size_, capacity_ - size_};
    }
    /// The first `count` bytes of the room were filled.
    void filled(std::size_t count) { size_ += count; }

    void append(std::span<const std::byte> more) {
        if (more.empty()) return;
        std::memcpy(room(more.size()).data(), more.data(), more.size());
        filled(more.size());
    }
    /// Takes `count` bytes off the front.
    void drop(std::size_t count) {
        size_ -= count;
        if (size_ > 0 && count > 0) std::memmove(bytes_.get(), bytes_.get() + count, size_);
    }
    /// Gives the memory back.
    void release() { *this = ByteBuffer{}; }

private:
    void grow(std::size_t least) {
        // By half: a long frame is copied a few times only, and a short one takes little.
        const std::size_t capacity = std::max(least, capacity_ + capacity_ / 2);
        auto bytes = std::make_unique_for_overwrite<std::byte[]>(capacity);
        if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
        bytes_ = std::move(bytes);
        capacity_ = capacity;
    }

    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace tuma::net
