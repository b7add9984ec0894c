#include "loadgen/merchants/callback_listener.h"

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
    // For this machine alone: nobody else should be able to tell the generator that something was
    // paid. The port stays 0, so that the kernel finds a free one.
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_.descriptor(), generic, size) != 0) throw_errno("bind");
    if (::listen(listening_.descriptor(), backlog) != 0) throw_errno("listen");
    if (::getsockname(listening_.descriptor(), generic, &size) != 0) throw_errno("getsockname");
    port_ = ntohs(address.sin_port);
    // The loop of the run waits for all sockets at once, so that callbacks need no thread.
    poller_.add(listening_.descriptor(), first_number);
}

std::string CallbackListener::url() const {
    return fmt::format("http://127.0.0.1:{}/callback", port_);
}

void CallbackListener::on_ready(std::uint32_t number, std::uint32_t events,
                                const std::function<void(const http::HttpRequest&)>& take) {
    if (number == first_number) return accept_all();
    // It may have been closed by an earlier event of this round.
    if (streams_.count(number) == 0) return;
    if ((events & EPOLLOUT) != 0) {
        // Taken back first; flushing asks for room again if there is not enough.
        poller_.want_room(streams_.at(number).descriptor(), number, false);
        flush(number);
    }
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0) read(number, take);
}

void CallbackListener::accept_all() {
    while (true) {
        Socket socket(
            ::accept4(listening_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.is_open()) {
            // The poller would tell of the same caller at once, and the run would spin without a
            // word.
            if (errno == EMFILE || errno == ENFILE)
                throw ConnectionError(
                    "no file descriptor is left for callbacks; raise the limit (ulimit -n) or use "
                    "fewer --connections");
            // Nobody is waiting any more, or the caller has gone again. The poller tells of the
            // next.
            return;
        }
        // The switch waits for each answer; held back, it would look like a slow merchant.
        const int one = 1;
        ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        // Numbers are never given again, so that an event of a closed connection finds nothing.
        poller_.add(socket.descriptor(), next_number_);
        streams_.emplace(next_number_++, HttpStream(std::move(socket)));
    }
}

void CallbackListener::read(std::uint32_t number,
                            const std::function<void(const http::HttpRequest&)>& take) {
    const auto found = streams_.find(number);
    if (found == streams_.end()) return;
    HttpStream& stream = found->second;
    std::string reason;
    const HttpStream::Reading reading = stream.receive(reason);
    if (reading == HttpStream::Reading::ended) streams_.erase(found);
    if (reading != HttpStream::Reading::got) return;
    // One reading may bring several, as the switch keeps its connections.
    while (const auto request = stream.take_request()) {
        // Before the answer: the time that counts is that of the arrival.
        take(*request);
        stream.queue(thanks);
    }
    const bool is_over = !stream.problem().empty();
    // Answered before it is closed, or the switch would see a lost connection instead of a refusal.
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
