#include "loadgen/merchants/callback_listener.h"

#include "loadgen/client/listener.h"

#include <fmt/format.h>

namespace tuma::loadgen {
namespace {

constexpr std::string_view thanks = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view not_understood =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

CallbackListener::CallbackListener(Poller& poller)
    // For this machine alone: nobody else should be able to tell the generator that something was
    // paid.
    : poller_(poller), listening_(listen_on({"127.0.0.1", 0})), port_(port_of(listening_)) {
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
    while (auto socket = accept_caller(listening_)) {
        // Numbers are never given again, so that an event of a closed connection finds nothing.
        poller_.add(socket->descriptor(), next_number_);
        streams_.emplace(next_number_++, HttpStream(std::move(*socket)));
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
