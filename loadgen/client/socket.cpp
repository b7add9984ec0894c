#include "loadgen/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

namespace tuma::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t http_bytes_max = 16U << 20U;

/// Waits until the socket is ready for `events`; false when `deadline` passed first.
bool wait_for(int descriptor, short events, Clock::time_point deadline) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd entry{descriptor, events, 0};
        const int ready =
            ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) throw ConnectionError(std::strerror(errno));
    }
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(const Endpoint& endpoint) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (failed != 0)
        throw ConnectionError(
            fmt::format("{}: no such host: {}", endpoint.text(), ::gai_strerror(failed)));
    return {found, &::freeaddrinfo};
}

/// 0, or the errno that says why not.
int try_address(const addrinfo& address, Clock::time_point deadline, Socket& socket) {
    socket = Socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                             address.ai_protocol));
    if (!socket.is_open()) return errno;
    const int one = 1;
    ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(socket.descriptor(), address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(socket.descriptor(), POLLOUT, deadline)) return ETIMEDOUT;
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &failure, &size);
    return failure;
}

void send_text(const Socket& socket, std::string_view text, Clock::time_point deadline) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EAGAIN && errno != EINTR) {
            throw ConnectionError(std::strerror(errno));
        } else if (!wait_for(socket.descriptor(), POLLOUT, deadline)) {
            throw ConnectionError("no room to send before the timeout");
        }
    }
}

std::string receive_all(const Socket& socket, Clock::time_point deadline) {
    std::string text;
    std::array<char, 65536> chunk;
    while (text.size() < http_bytes_max) {
        if (!wait_for(socket.descriptor(), POLLIN, deadline))
            throw ConnectionError("no complete answer before the timeout");
        const ssize_t received = ::recv(socket.descriptor(), chunk.data(), chunk.size(), 0);
        if (received == 0) return text;
        if (received > 0)
            text.append(chunk.data(), static_cast<std::size_t>(received));
        else if (errno != EAGAIN && errno != EINTR)
            throw ConnectionError(std::strerror(errno));
    }
    throw ConnectionError(fmt::format("an answer of more than {} bytes", http_bytes_max));
}

}  // namespace

std::string Endpoint::text() const {
    const bool has_colon = host.find(':') != std::string::npos;
    return has_colon ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return InputError{"endpoint", fmt::format("\"{}\" is not HOST:PORT", text)};
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    if (host.empty())
        return InputError{"endpoint", fmt::format("\"{}\" has no host before the colon", text)};
    if (host.find('/') != std::string_view::npos)
        return InputError{"endpoint", fmt::format("\"{}\" is no host; it has a slash in it", host)};
    Endpoint endpoint{std::string(host), 0};
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    if (failed != std::errc{} || end != digits.data() + digits.size() || endpoint.port == 0)
        return InputError{"endpoint",
                          fmt::format("port \"{}\" is not a number of 1 to 65535", digits)};
    return endpoint;
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

Socket connect_to(const Endpoint& endpoint, Duration timeout) {
    const auto deadline = Clock::now() + timeout;
    const Addresses addresses = resolve(endpoint);
    int failure = 0;
    for (const addrinfo* address = addresses.get(); address != nullptr;
         address = address->ai_next) {
        Socket socket;
        failure = try_address(*address, deadline, socket);
        if (failure == 0) return socket;
    }
    throw ConnectionError(fmt::format("{}: cannot connect: {}; is the server running there?",
                                      endpoint.text(), std::strerror(failure)));
}

std::string http_get(const Endpoint& endpoint, std::string_view path, Duration timeout) {
    const auto deadline = Clock::now() + timeout;
    const Socket socket = connect_to(endpoint, timeout);
    send_text(socket, fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", path, endpoint.text()),
              deadline);
    const std::string answer = receive_all(socket, deadline);
    const auto line_end = answer.find("\r\n");
    const std::string status = answer.substr(0, line_end);
    if (status.find(" 200") == std::string::npos)
        throw ConnectionError(
            fmt::format("http://{}{} answers \"{}\"", endpoint.text(), path, status));
    const auto body = answer.find("\r\n\r\n");
    if (body == std::string::npos)
        throw ConnectionError(
            fmt::format("http://{}{}: an answer without a body", endpoint.text(), path));
    return answer.substr(body + 4);
}

}  // namespace tuma::loadgen
