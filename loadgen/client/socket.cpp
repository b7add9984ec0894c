#include "loadgen/client/socket.h"

#include "ledger/words/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace tuma::loadgen {
namespace {

/// 0, or the errno that says why not.
int try_address(const addrinfo& address, SteadyTime deadline, Socket& socket) {
    int failure = 0;
    socket = begin_connecting(address, failure);
    if (failure != 0) return failure;
    if (!wait_for(socket.descriptor(), POLLOUT, deadline)) return ETIMEDOUT;
    return connecting_failure(socket);
}

/// Where nobody listens on a port of this machine, the kernel may choose that very port for the
/// caller, who then is connected to itself.
bool is_own_echo(const Socket& socket) {
    sockaddr_storage here{};
    sockaddr_storage there{};
    socklen_t here_size = sizeof here;
    socklen_t there_size = sizeof there;
    return ::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&here), &here_size) ==
               0 &&
           ::getpeername(socket.descriptor(), reinterpret_cast<sockaddr*>(&there), &there_size) ==
               0 &&
           here_size == there_size && std::memcmp(&here, &there, here_size) == 0;
}

}  // namespace

std::string Endpoint::text() const {
    const bool has_colon = host.find(':') != std::string::npos;
    return has_colon ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Addresses resolve(const Endpoint& endpoint) {
    addrinfo hints{};
    // Of either family: all addresses are tried in the order that the system gives.
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (failed != 0)
        throw ConnectionError(
            fmt::format("{}: no such host: {}", endpoint.text(), ::gai_strerror(failed)));
    return {found, &::freeaddrinfo};
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    // The last one, because addresses of IPv6 have colons too.
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return InputError{"endpoint", fmt::format("\"{}\" is not HOST:PORT", text)};
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    if (host.empty())
        return InputError{"endpoint", fmt::format("\"{}\" has no host before the colon", text)};
    // Somebody has put in a URL. Looking it up would only say that there is no such host.
    if (host.find('/') != std::string_view::npos)
        return InputError{"endpoint", fmt::format("\"{}\" is no host; it has a slash in it", host)};
    const auto port = read_number<std::uint16_t>(digits);
    if (!port || *port == 0)
        return InputError{"endpoint",
                          fmt::format("port \"{}\" is not a number of 1 to 65535", digits)};
    return Endpoint{std::string(host), *port};
}

bool wait_for(int descriptor, short events, SteadyTime deadline) {
    while (true) {
        // Rounded up, or it would give up within a millisecond before the deadline.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd entry{descriptor, events, 0};
        const int ready =
            ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0) return false;
        // A signal: the wait goes on with what is left of it.
        if (errno != EINTR) throw ConnectionError(std::strerror(errno));
    }
}

void send_at_once(const Socket& socket) {
    // Requests and answers are small, and the kernel would hold them back to send them together.
    // That would be measured as the other side's time.
    const int one = 1;
    ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = other.release();
    }
    return *this;
}

void Socket::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

int Socket::release() {
    return std::exchange(descriptor_, -1);
}

std::optional<std::string> send_some(const Socket& socket, std::span<const std::byte> bytes,
                                     std::size_t& sent) {
    while (sent < bytes.size()) {
        // Another side that is gone must be an error code here, and not a signal.
        const ssize_t taken =
            ::send(socket.descriptor(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (taken > 0)
            sent += static_cast<std::size_t>(taken);
        else if (errno == EAGAIN)
            return std::nullopt;
        else if (errno != EINTR)
            return std::strerror(errno);
    }
    return std::nullopt;
}

Socket begin_connecting(const addrinfo& address, int& failure) {
    Socket socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           address.ai_protocol));
    failure = socket.is_open() ? 0 : errno;
    if (failure != 0) return socket;
    send_at_once(socket);
    const int begun = ::connect(socket.descriptor(), address.ai_addr, address.ai_addrlen);
    if (begun != 0 && errno != EINPROGRESS) failure = errno;
    return socket;
}

int connecting_failure(const Socket& socket) {
    // Ready only means that it is decided. How, the socket's own error says.
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &failure, &size);
    return failure == 0 && is_own_echo(socket) ? ECONNREFUSED : failure;
}

Socket connect_to(const Endpoint& endpoint, Duration timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const Addresses addresses = resolve(endpoint);
    // The last address says why. With one host there is mostly one reason.
    int failure = 0;
    for (const addrinfo* address = addresses.get(); address != nullptr;
         address = address->ai_next) {
        Socket socket;
        failure = try_address(*address, deadline, socket);
        if (failure == 0) return socket;
    }
    throw ConnectionError(fmt::format(
        "{}: cannot connect: {}; {}", endpoint.text(), std::strerror(failure),
        failure == EMFILE ? "raise the limit (ulimit -Hn)" : "is the server running there?"));
}

}  // namespace tuma::loadgen
