// When the kernel received what is read: closer to the wire than the moment of reading.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
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

/// Reads what there is, once; an interrupted call is made again.
Received receive_timed(int socket, std::span<std::byte> into);

}  // namespace tuma::loadgen
