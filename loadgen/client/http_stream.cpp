#include "loadgen/client/http_stream.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

namespace tuma::loadgen {
namespace {

void wait_until(int descriptor, short events, SteadyTime deadline) {
    if (!wait_for(descriptor, events, deadline))
        throw ConnectionError("no complete answer before the timeout");
}

}  // namespace

std::optional<std::string> HttpStream::flush() {
    std::size_t begin = 0;
    if (auto lost = send_some(socket_, std::as_bytes(std::span{outgoing_}), begin)) return lost;
    // What the kernel has not taken waits for the poller to say that there is room.
    outgoing_.erase(0, begin);
    return std::nullopt;
}

HttpStream::Reading HttpStream::receive(std::string& reason) {
    std::array<char, 16 * 1024> chunk;
    // Once for each call: the poller tells again while there is more, and no connection keeps the
    // others waiting.
    const Received received =
        receive_timed(socket_.descriptor(), std::as_writable_bytes(std::span{chunk}));
    if (received.bytes > 0) {
        arrived_.append(chunk.data(), static_cast<std::size_t>(received.bytes));
        last_byte_at_ = received.last_byte_at;
        return Reading::got;
    }
    if (received.bytes < 0 && received.error == EAGAIN) return Reading::nothing;
    reason =
        received.bytes == 0 ? "the server closed the connection" : std::strerror(received.error);
    return Reading::ended;
}

std::optional<http::HttpAnswer> HttpStream::take_answer() {
    // A stream that could not be read once cannot be read on: nobody knows where a message begins.
    if (!problem_.empty() || arrived_.empty()) return std::nullopt;
    if (!answer_) {
        constexpr std::string_view begin = "HTTP/";
        if (!begin.starts_with(arrived_.substr(0, begin.size()))) {
            problem_ =
                "this speaks another protocol than HTTP; give the port that tuma serve prints as "
                "http=";
            return std::nullopt;
        }
        answer_ = std::make_unique<net::ResponseReader>(net::HttpMessageLimits{});
    }
    // All of it: one request at a time is under way, so that nothing may come behind its answer. If
    // something does, the reader says that the connection is not to be kept.
    answer_->feed(arrived_);
    arrived_.clear();
    if (answer_->state() == net::HttpReadState::refused) problem_ = answer_->refusal().reason;
    if (answer_->state() != net::HttpReadState::complete) return std::nullopt;
    // Asked before the answer is taken, since the reader is gone then.
    keeps_open_ = answer_->keeps_open();
    return std::exchange(answer_, nullptr)->take();
}

std::optional<http::HttpRequest> HttpStream::take_request() {
    if (!problem_.empty() || arrived_.empty()) return std::nullopt;
    if (!request_) request_ = std::make_unique<net::RequestReader>(net::HttpMessageLimits{});
    // Here the next request may follow, and stays for the next call.
    arrived_.erase(0, request_->feed(arrived_));
    if (request_->state() == net::HttpReadState::refused) problem_ = request_->refusal().reason;
    if (request_->state() != net::HttpReadState::complete) return std::nullopt;
    return std::exchange(request_, nullptr)->take();
}

http::HttpAnswer call(HttpStream& stream, std::string_view request, Duration timeout) {
    // One deadline for all of it, so that a server that sends a byte now and then cannot hold up
    // the set-up.
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    stream.queue(request);
    while (stream.has_unsent()) {
        if (const auto reason = stream.flush()) throw ConnectionError(*reason);
        if (stream.has_unsent()) wait_until(stream.descriptor(), POLLOUT, deadline);
    }
    while (true) {
        if (auto answer = stream.take_answer()) return std::move(*answer);
        if (!stream.problem().empty())
            throw ConnectionError("an answer that cannot be read: " + stream.problem());
        wait_until(stream.descriptor(), POLLIN, deadline);
        std::string reason;
        if (stream.receive(reason) == HttpStream::Reading::ended) throw ConnectionError(reason);
    }
}

std::string http_get(const Endpoint& endpoint, std::string_view path, Duration timeout) {
    HttpStream stream(connect_to(endpoint, timeout));
    std::string request;
    http::append_request(request, {.method = "GET",
                                   .target = std::string(path),
                                   .host = endpoint.text(),
                                   .headers = {{"Connection", "close"}}});
    http::HttpAnswer answer = call(stream, request, timeout);
    // Nobody follows redirections here; the operator gave an address that should answer.
    if (answer.status != 200)
        throw ConnectionError(fmt::format("http://{}{} answers \"{} {}\"", endpoint.text(), path,
                                          answer.status, http::reason_phrase(answer.status)));
    return std::move(answer.body);
}

}  // namespace tuma::loadgen
