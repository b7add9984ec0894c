#include "loadgen/client/byte_stream.h"

#include <cerrno>
#include <cstring>

namespace tuma::loadgen {

void ByteStream::queue(std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text});
    outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end());
}

std::optional<std::string> ByteStream::flush() {
    if (auto lost = send_some(socket_, outgoing_, outgoing_begin_)) return lost;
    // What is left stays where it is: moving it to the front each time would cost more than the
    // room.
    if (unsent_bytes() > 0) return std::nullopt;
    outgoing_.clear();
    outgoing_begin_ = 0;
    return std::nullopt;
}

ByteStream::Reading ByteStream::receive(std::span<std::byte> scratch, std::string& reason) {
    // Once for each call: the poller tells again while there is more, and no connection keeps the
    // others waiting.
    const Received received = receive_timed(socket_.descriptor(), scratch);
    if (received.bytes < 0) {
        if (received.error == EAGAIN) return Reading::nothing;
        reason = std::strerror(received.error);
    }
    if (received.bytes <= 0) return Reading::ended;
    last_byte_at_ = received.last_byte_at;
    last_read_ = static_cast<std::size_t>(received.bytes);
    const auto fresh = scratch.first(last_read_);
    // Messages mostly come whole, and are read where they were received.
    if (kept_.empty()) {
        arrived_ = fresh;
    } else {
        kept_.insert(kept_.end(), fresh.begin(), fresh.end());
        arrived_ = kept_;
    }
    return Reading::got;
}

void ByteStream::consumed(std::size_t bytes) {
    const auto rest = arrived_.subspan(bytes);
    if (kept_.empty())
        kept_.assign(rest.begin(), rest.end());
    else
        kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(bytes));
    arrived_ = {};
}

}  // namespace tuma::loadgen
