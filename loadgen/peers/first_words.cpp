#include "loadgen/peers/first_words.h"

#include "loadgen/client/byte_stream.h"
#include "loadgen/client/protocol_guess.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr Duration silence_max = std::chrono::seconds{1};

ByteStream greeted(const Endpoint& endpoint, std::string_view greeting, Duration timeout) {
    ByteStream stream(connect_to(endpoint, timeout));
    stream.queue(greeting);
    // A few bytes on a fresh connection: the kernel takes them whole.
    if (const auto lost = stream.flush())
        throw ConnectionError(fmt::format("{}: {}", endpoint.text(), *lost));
    return stream;
}

}  // namespace

std::string first_words(const Endpoint& endpoint, std::string_view greeting, std::string_view line,
                        std::string_view wanted, Duration timeout) {
    const auto begin = std::chrono::steady_clock::now();
    ByteStream stream = greeted(endpoint, greeting, timeout);
    if (!wait_for(stream.descriptor(), POLLIN, begin + std::min(silence_max, timeout))) {
        ByteStream other = greeted(endpoint, line, timeout);
        // The first may only have been slow.
        if (wait_for(other.descriptor(), POLLIN, std::chrono::steady_clock::now() + silence_max))
            std::swap(stream, other);
        else if (!wait_for(stream.descriptor(), POLLIN, begin + timeout))
            throw ConnectionError(
                fmt::format("{} takes connections and says nothing; {} is not "
                            "spoken there, or the server is not ready",
                            endpoint.text(), wanted));
    }
    std::array<std::byte, 4096> room;
    std::string reason;
    if (stream.receive(room, reason) == ByteStream::Reading::got)
        return std::string(stream.arrived_text());
    throw ConnectionError(
        fmt::format("{} closes the connection without a word{}{}: {} is not spoken there",
                    endpoint.text(), reason.empty() ? "" : ", ", reason, wanted));
}

ConnectionError other_words(const Endpoint& endpoint, std::string_view bytes,
                            std::string_view wanted) {
    const std::string_view other = protocol_of(std::as_bytes(std::span{bytes}));
    return ConnectionError(
        other.empty() ? fmt::format("{}: an answer that is none of {}", endpoint.text(), wanted)
                      : fmt::format("{}: this speaks {}, not {}", endpoint.text(), other, wanted));
}

}  // namespace tuma::loadgen
