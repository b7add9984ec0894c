#include "loadgen/peers/redis_client.h"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <cstddef>

namespace tuma::loadgen {
namespace {

constexpr std::size_t client_scratch_bytes = 64U << 10U;

}  // namespace

RedisClient::RedisClient(const Endpoint& endpoint, Duration timeout)
    : endpoint_(endpoint),
      timeout_(timeout),
      stream_(connect_to(endpoint, timeout)),
      scratch_(client_scratch_bytes) {}

const RespReply& RedisClient::call(std::span<const std::string_view> words) {
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    const auto wait = [&](short events) {
        if (!wait_for(stream_.descriptor(), events, deadline))
            throw ConnectionError(
                fmt::format("redis:{}: no answer before the timeout", endpoint_.text()));
    };
    const auto lost = [&](const std::string& reason) {
        return ConnectionError(fmt::format("redis:{}: {}", endpoint_.text(), reason));
    };
    std::string command;
    append_resp_command(command, words);
    stream_.queue(command);
    while (stream_.unsent_bytes() > 0) {
        if (const auto reason = stream_.flush()) throw lost(*reason);
        if (stream_.unsent_bytes() > 0) wait(POLLOUT);
    }
    // One call at a time: what came before was its reply.
    arrived_.clear();
    while (true) {
        if (auto read = read_resp(arrived_)) {
            if (!*read) throw lost("a reply that cannot be read: " + read->error().reason);
            reply_ = std::move(*read).value().reply;
            return reply_;
        }
        wait(POLLIN);
        std::string reason;
        switch (stream_.receive(scratch_, reason)) {
            case ByteStream::Reading::nothing:
                continue;
            case ByteStream::Reading::ended:
                throw lost(reason.empty() ? "the server closed the connection" : reason);
            case ByteStream::Reading::got:
                break;
        }
        arrived_ += stream_.arrived_text();
        stream_.consumed(stream_.arrived().size());
    }
}

}  // namespace tuma::loadgen
