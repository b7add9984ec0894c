#include "loadgen/callback_listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tuma::loadgen {
namespace {

constexpr int backlog = 1024;
constexpr std::string_view thanks = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view not_understood =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

[[noreturn]] void throw_errno(const char* doing) {
    throw ConnectionError(
        fmt::format("callbacks cannot be received: {}: {}", doing, std::strerror(errno)));
}

}  // namespace

CallbackListener::CallbackListener(Poller& poller)
    : poller_(poller),
      listening_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (!listening_.is_open()) throw_errno("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_.descriptor(), generic, size) != 0) throw_errno("bind");
    if (::listen(listening_.descriptor(), backlog) != 0) throw_errno("listen");
    if (::getsockname(listening_.descriptor(), generic, &size) != 0) throw_errno("getsockname");
    port_ = ntohs(address.sin_port);
    poller_.add(listening_.descriptor(), first_number);
}

std::string CallbackListener::url() const {
    return fmt::format("http://127.0.0.1:{}/callback", port_);
}

void CallbackListener::on_ready(std::uint32_t number, std::uint32_t events,
                                const std::function<void(const HttpMessage&)>& take) {
    if (number == first_number) return accept_all();
    if (streams_.count(number) == 0) return;
    if ((events & EPOLLOUT) != 0) {
        poller_.want_room(streams_.at(number).descriptor(), number, false);
        flush(number);
    }
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0) read(number, take);
}

void CallbackListener::accept_all() {
    while (true) {
        Socket socket(
            ::accept4(listening_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.is_open()) return;
        const int one = 1;
        ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        poller_.add(socket.descriptor(), next_number_);
        streams_.emplace(next_number_++, HttpStream(std::move(socket)));
    }
}

void CallbackListener::read(std::uint32_t number,
                            const std::function<void(const HttpMessage&)>& take) {
    const auto found = streams_.find(number);
    if (found == streams_.end()) return;
    HttpStream& stream = found->second;
    std::string reason;
    const HttpStream::Reading reading = stream.receive(reason);
    if (reading == HttpStream::Reading::ended) streams_.erase(found);
    if (reading != HttpStream::Reading::got) return;
    while (const auto request = stream.reader().take()) {
        take(*request);
        stream.queue(thanks);
    }
    const bool is_over = !stream.reader().problem().empty();
    if (is_over) stream.queue(not_understood);
    flush(number);
    if (is_over) streams_.erase(number);
}

void CallbackListener::flush(std::uint32_t number) {
    const auto found = streams_.find(number);
    if (found == streams_.end()) return;
    HttpStream& stream = found->second;
    if (stream.flush()) {
        streams_.erase(found);
        return;
    }
    if (stream.has_unsent()) poller_.want_room(stream.descriptor(), number, true);
}

}  // namespace tuma::loadgen
