// When the kernel received what is read: closer to the wire than the moment of reading.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>

namespace tuma::loadgen {

/// A time of the kernel's wall clock.
struct KernelTime {
    timespec realtime{};

    /// How long ago that was; less than nothing when the clock was set back meanwhile.
    std::chrono::nanoseconds age() const;
};

/// Makes the kernel say when it received the bytes of this socket. Where it cannot, it says
/// nothing.
void ask_for_receive_times(int socket);

/// What one reading gave.
struct Received {
    ssize_t bytes = 0;  ///< 0: the other side has closed; below 0: `error`
    int error = 0;
    /// Of the last of the bytes; TCP joins segments, and keeps the last one's time.
    std::optional<KernelTime> last_byte_at;
};

/// Reads what there is, once, with `flags` of recvmsg; an interrupted call is made again.
Received receive_timed(int socket, std::span<std::byte> into, int flags = 0);

/// Whether what one reading gave came in one segment, so that the time of its last byte is that of
/// all. A server that commits many requests together answers them together. Told by the kernel's
/// count of segments: it must have grown by one for each reading.
class SegmentCount {
public:
    /// Of each reading, in order; `is_all` when it left nothing unread.
    void note_reading(std::size_t bytes, bool is_all) {
        bytes_read_ += bytes;
        ++readings_;
        is_known_ = is_known_ && is_all;
    }
    /// Of the last reading; a system call.
    bool was_one_segment(int socket);

private:
    std::uint64_t bytes_read_ = 0;
    std::uint64_t readings_ = 0;  ///< since the count was known
    std::uint64_t segments_ = 0;  ///< then
    bool is_known_ = true;        ///< nothing has come before the first reading
};

}  // namespace tuma::loadgen
