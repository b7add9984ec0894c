#include "loadgen/client/poller.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tuma::loadgen {

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!descriptor_.is_open()) throw std::system_error(errno, std::generic_category(), "epoll");
}

std::span<const epoll_event> Poller::wait(Offset longest) {
    const auto ns = std::max<std::int64_t>(longest.count(), 0);
    // Nanoseconds, because milliseconds would be more than the latencies that are measured.
    const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
    const auto size = static_cast<int>(events_.size());
    int ready = ::epoll_pwait2(descriptor_.descriptor(), events_.data(), size, &timeout, nullptr);
    // Kernels before 5.11. Rounded up: rounded down, the last part of every wait would be spun.
    if (ready < 0 && errno == ENOSYS)
        ready = ::epoll_wait(descriptor_.descriptor(), events_.data(), size,
                             static_cast<int>((ns + 999'999) / 1'000'000));
    // A signal ends the wait without a socket, and the loop looks whether it was asked to stop.
    if (ready < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "epoll");
    return std::span{events_}.first(static_cast<std::size_t>(std::max(ready, 0)));
}

void Poller::control(int operation, int socket, std::uint32_t number, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = number;
    if (::epoll_ctl(descriptor_.descriptor(), operation, socket, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll");
}

}  // namespace tuma::loadgen
