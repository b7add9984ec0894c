#include "loadgen/client/receive_time.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tuma::loadgen {

std::chrono::nanoseconds KernelTime::age() const {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::chrono::seconds{now.tv_sec - realtime.tv_sec} +
           std::chrono::nanoseconds{now.tv_nsec - realtime.tv_nsec};
}

void ask_for_receive_times(int socket) {
    const int one = 1;
    // It may fail: times are then those of reading.
    ::setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

Received receive_timed(int socket, std::span<std::byte> into, int flags) {
    iovec where{into.data(), into.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
    msghdr message{};
    message.msg_iov = &where;
    message.msg_iovlen = 1;
    Received received;
    do {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        received.bytes = ::recvmsg(socket, &message, flags);
    } while (received.bytes < 0 && errno == EINTR);
    if (received.bytes < 0) received.error = errno;
    if (received.bytes <= 0) return received;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
        received.last_byte_at.emplace();
        std::memcpy(&received.last_byte_at->realtime, CMSG_DATA(part), sizeof(timespec));
    }
    return received;
}

bool SegmentCount::was_one_segment(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    // An older kernel fills less, and the rest stays 0. More bytes than were read are of segments
    // that came since, and the count is not that of the reading.
    if (info.tcpi_bytes_received != bytes_read_) return false;
    const bool is_one = is_known_ && info.tcpi_data_segs_in - segments_ == readings_;
    segments_ = info.tcpi_data_segs_in;
    readings_ = 0;
    is_known_ = true;
    return is_one;
}

}  // namespace tuma::loadgen
