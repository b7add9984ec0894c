// Which of many sockets are ready, with waits of nanoseconds.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/client/socket.h"

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tuma::loadgen {

/// Sockets by numbers of the caller's choice. Throws std::system_error where epoll fails.
class Poller {
public:
    Poller();

    void add(int socket, std::uint32_t number) { control(EPOLL_CTL_ADD, socket, number, EPOLLIN); }
    void want_room(int socket, std::uint32_t number, bool wanted) {
        want(socket, number, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    /// Waits for these events of the socket from now on.
    void want(int socket, std::uint32_t number, std::uint32_t events) {
        control(EPOLL_CTL_MOD, socket, number, events);
    }

    static constexpr std::size_t ready_max = 256;
    /// The sockets that are ready, at most `ready_max`, at once or within `longest`; `data.u32` is
    /// the number. Valid until the next call.
    std::span<const epoll_event> wait(Offset longest);

private:
    void control(int operation, int socket, std::uint32_t number, std::uint32_t events);

    Socket descriptor_;
    std::array<epoll_event, ready_max> events_{};
};

}  // namespace tuma::loadgen
