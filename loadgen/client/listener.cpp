#include "loadgen/client/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace tuma::loadgen {
namespace {

constexpr int backlog = 1024;

/// 0, or the errno that says why not.
int try_to_listen(const addrinfo& address, Socket& socket) {
    socket = Socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                             address.ai_protocol));
    if (!socket.is_open()) return errno;
    // A port of a moment ago may be taken again, although its last connections still linger.
    const int one = 1;
    ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (::bind(socket.descriptor(), address.ai_addr, address.ai_addrlen) != 0) return errno;
    return ::listen(socket.descriptor(), backlog) == 0 ? 0 : errno;
}

}  // namespace

Result<Endpoint> parse_listen_endpoint(std::string_view text) {
    const bool finds_one = text.ends_with(":0");
    auto endpoint = parse_endpoint(finds_one ? std::string(text.substr(0, text.size() - 1)) + "1"
                                             : std::string(text));
    if (!endpoint || !finds_one) return endpoint;
    return Endpoint{endpoint->host, 0};
}

Socket listen_on(const Endpoint& endpoint) {
    const Addresses addresses = resolve(endpoint);
    int failure = 0;
    for (const addrinfo* address = addresses.get(); address != nullptr;
         address = address->ai_next) {
        Socket socket;
        failure = try_to_listen(*address, socket);
        if (failure == 0) return socket;
    }
    throw ConnectionError(
        fmt::format("{}: cannot listen: {}", endpoint.text(), std::strerror(failure)));
}

std::uint16_t port_of(const Socket& listening) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int failed =
        ::getsockname(listening.descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
    ensure(failed == 0, "a bound socket has a name");
    // Both families have the port at the same place.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

std::optional<Socket> accept_caller(const Socket& listening) {
    Socket socket(
        ::accept4(listening.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
        send_at_once(socket);
        return socket;
    }
    // The poller would tell of the same caller at once, and the loop would spin without a word.
    if (errno == EMFILE || errno == ENFILE)
        throw ConnectionError(
            "no file descriptor is left for a caller; raise the limit (ulimit -n) or use fewer "
            "--connections");
    // Nobody is waiting any more, or the caller has gone again. The poller tells of the next.
    return std::nullopt;
}

}  // namespace tuma::loadgen
