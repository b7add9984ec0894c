// A non-blocking connection as two streams of bytes: what waits to be sent, what has come.
#pragma once

#include "loadgen/client/receive_time.h"
#include "loadgen/client/socket.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// A socket with its bytes on their way out and in. Reads into memory of the caller, and copies
/// only what has not come whole.
class ByteStream {
public:
    explicit ByteStream(Socket socket) : socket_(std::move(socket)) {}

    int descriptor() const { return socket_.descriptor(); }
    bool is_open() const { return socket_.is_open(); }
    void close() { socket_.close(); }

    /// Bytes are appended to it, and leave with `flush`.
    std::vector<std::byte>& outgoing() { return outgoing_; }
    /// Appends a text to it.
    void queue(std::string_view text);
    /// Bytes that the socket has not taken yet.
    std::size_t unsent_bytes() const { return outgoing_.size() - outgoing_begin_; }
    /// Writes what the socket takes. Gives the reason when the connection is lost.
    std::optional<std::string> flush();

    enum class Reading { got, nothing, ended };
    /// Reads once into `scratch`. What came is `arrived()` until `consumed` is called; when it
    /// ended without a fault, `reason` is empty.
    Reading receive(std::span<std::byte> scratch, std::string& reason);
    std::span<const std::byte> arrived() const { return arrived_; }
    /// The same for protocols of texts.
    std::string_view arrived_text() const {
        return {reinterpret_cast<const char*>(arrived_.data()), arrived_.size()};
    }
    /// How many bytes the last reading gave.
    std::size_t last_read() const { return last_read_; }
    /// When the kernel received the last byte that was read, if it was asked for.
    const std::optional<KernelTime>& last_byte_at() const { return last_byte_at_; }
    /// Keeps what is behind the first `bytes` of `arrived()` for the next reading.
    void consumed(std::size_t bytes);

private:
    Socket socket_;
    std::vector<std::byte> outgoing_;
    std::size_t outgoing_begin_ = 0;
    std::vector<std::byte> kept_;  ///< the beginning of a message that has not come whole
    std::span<const std::byte> arrived_;
    std::size_t last_read_ = 0;
    std::optional<KernelTime> last_byte_at_;
};

}  // namespace tuma::loadgen
