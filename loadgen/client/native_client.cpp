#include "loadgen/client/native_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

namespace tuma::loadgen {
namespace {

std::string with_endpoint(const Endpoint& endpoint, std::string_view what) {
    return fmt::format("{}: {}", endpoint.text(), what);
}

void await(const Endpoint& endpoint, const Socket& socket, short events, SteadyTime deadline) {
    if (!wait_for(socket.descriptor(), events, deadline))
        throw NoAnswer(with_endpoint(endpoint, "no answer before the timeout"));
}

/// What the reader of a reply cannot accept.
ConnectionError bad_reply(const Endpoint& endpoint, const native::FrameError& error) {
    return ConnectionError(with_endpoint(
        endpoint,
        fmt::format("a reply that cannot be read: {}: {}", name(error.code), error.reason)));
}

}  // namespace

std::string other_protocol(std::span<const std::byte> bytes) {
    constexpr std::string_view http = "HTTP/";
    if (bytes.size() < http.size() || std::memcmp(bytes.data(), http.data(), http.size()) != 0)
        return {};
    return "this speaks HTTP, not the native protocol; give the port that tuma serve prints as "
           "native=";
}

NativeClient::NativeClient(const Endpoint& endpoint, ParticipantId participant, Duration timeout)
    : endpoint_(endpoint),
      participant_(participant),
      timeout_(timeout),
      socket_(connect_to(endpoint, timeout)) {}

std::vector<core::Outcome> NativeClient::call(std::span<const core::Request> requests) {
    ensure(!requests.empty(), "a call without requests");
    std::vector<core::Outcome> outcomes;
    outcomes.reserve(requests.size());
    // How many fit into a frame depends on its type, and only writing a request tells the type.
    std::vector<std::byte> probe;
    const std::size_t count_max =
        native::row(native::append_command(probe, requests.front())).count_max;
    while (!requests.empty()) {
        const auto some = requests.first(std::min(count_max, requests.size()));
        const std::uint64_t request_id = send(some);
        const Reply reply = receive();
        // Nothing else is under way on this connection, so that another number means that the two
        // sides have lost step.
        if (reply.header.request_id != request_id)
            throw ConnectionError(with_endpoint(endpoint_, "the answer to another request"));
        auto part = native::read_outcomes(reply.view());
        if (!part) throw bad_reply(endpoint_, part.error());
        // Results have no numbers of their own: they belong to the requests by their order.
        if (part->size() != some.size())
            throw ConnectionError(with_endpoint(endpoint_, "fewer results than requests"));
        outcomes.insert(outcomes.end(), part->begin(), part->end());
        requests = requests.subspan(some.size());
    }
    return outcomes;
}

core::Outcome NativeClient::call(const core::Request& request) {
    return call(std::span{&request, 1}).front();
}

native::StatementPage NativeClient::statement(const native::StatementQuery& query) {
    std::vector<std::byte> body;
    native::append_command(body, query);
    const Reply reply = exchange(native::FrameType::statement, body);
    auto pages = native::read_statements(reply.view());
    if (!pages) throw bad_reply(endpoint_, pages.error());
    return pages->front();
}

std::optional<native::StatementEntry> NativeClient::query_transfer(TransferId transfer) {
    std::vector<std::byte> body;
    native::append_command(body, native::QueryTransfer{transfer});
    const Reply reply = exchange(native::FrameType::query_transfer, body);
    auto records = native::read_records(reply.view());
    if (!records) throw bad_reply(endpoint_, records.error());
    // A transfer that is not there is an answer, and not a fault of the connection.
    if (records->empty() || records->front().code != Refusal::none) return std::nullopt;
    return records->front().entry;
}

std::uint64_t NativeClient::send(std::span<const core::Request> requests) {
    ensure(!requests.empty(), "a frame without commands");
    outgoing_.clear();
    // The header's place is kept free: count and length are known at the end.
    native::begin_frame(outgoing_);
    const native::FrameType type = native::append_command(outgoing_, requests.front());
    for (const core::Request& request : requests.subspan(1))
        ensure(native::append_command(outgoing_, request) == type,
               "a frame carries one kind of command");
    return send_frame(type, requests.size());
}

Reply NativeClient::exchange(native::FrameType type, std::span<const std::byte> body) {
    outgoing_.clear();
    native::begin_frame(outgoing_);
    outgoing_.insert(outgoing_.end(), body.begin(), body.end());
    const std::uint64_t request_id = send_frame(type, 1);
    Reply reply = receive();
    if (reply.header.request_id != request_id)
        throw ConnectionError(with_endpoint(endpoint_, "the answer to another request"));
    return reply;
}

std::uint64_t NativeClient::send_frame(native::FrameType type, std::size_t count) {
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(type);
    header.count = static_cast<std::uint16_t>(count);
    header.request_id = next_request_++;
    header.participant = participant_;
    native::finish_frame(outgoing_, 0, header);
    send_bytes(outgoing_);
    return header.request_id;
}

void NativeClient::send_bytes(std::span<const std::byte> bytes) {
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    while (!bytes.empty()) {
        // A server that is gone must be an error code here, and not a signal.
        const ssize_t sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0)
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN)
            await(endpoint_, socket_, POLLOUT, deadline);
        else if (errno != EINTR)
            throw ConnectionError(with_endpoint(endpoint_, std::strerror(errno)));
    }
}

Reply NativeClient::receive() {
    Reply reply = receive_any();
    if (reply.header.type == native::error_type) {
        // After an error frame the server closes the connection, so that nothing more can be asked
        // on it.
        const native::FrameError error = native::read_error(reply.view());
        throw ConnectionError(with_endpoint(
            endpoint_, fmt::format("the server refuses: {}: {}", name(error.code), error.reason)));
    }
    durability_ = reply.header.durability;
    return reply;
}

Reply NativeClient::receive_any() {
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    std::array<std::byte, 65536> chunk;
    while (true) {
        // First what has come already: a reading may bring several replies.
        if (auto frame = native::read_frame(incoming_, true)) {
            if (!*frame) {
                const std::string other = other_protocol(incoming_);
                if (!other.empty()) throw ConnectionError(with_endpoint(endpoint_, other));
                throw bad_reply(endpoint_, frame->error());
            }
            const native::FrameView& view = **frame;
            Reply reply{view.header, {view.body.begin(), view.body.end()}};
            // Moving what is left is good enough for set-up and tests. A run has readers of its
            // own.
            incoming_.erase(incoming_.begin(), incoming_.begin() + view.header.length);
            return reply;
        }
        const ssize_t received = ::recv(socket_.descriptor(), chunk.data(), chunk.size(), 0);
        if (received > 0)
            incoming_.insert(incoming_.end(), chunk.begin(), chunk.begin() + received);
        else if (received == 0)
            throw ConnectionError(with_endpoint(endpoint_, "the server closed the connection"));
        else if (errno == EAGAIN)
            await(endpoint_, socket_, POLLIN, deadline);
        else if (errno != EINTR)
            throw ConnectionError(with_endpoint(endpoint_, std::strerror(errno)));
    }
}

void NativeClient::finish_sending() {
    // Errors do not matter: a connection that is gone has nothing more to send either.
    ::shutdown(socket_.descriptor(), SHUT_WR);
}

}  // namespace tuma::loadgen
