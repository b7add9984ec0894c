#include "loadgen/http_call.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

namespace tuma::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

void wait_for(int descriptor, short events, Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready == 0) throw ConnectionError("no complete answer before the timeout");
    if (ready < 0 && errno != EINTR) throw ConnectionError(std::strerror(errno));
}

}  // namespace

HttpMessage call(HttpStream& stream, std::string_view request, Duration timeout) {
    const auto deadline = Clock::now() + timeout;
    stream.queue(request);
    while (stream.has_unsent()) {
        if (const auto reason = stream.flush()) throw ConnectionError(*reason);
        if (stream.has_unsent()) wait_for(stream.descriptor(), POLLOUT, deadline);
    }
    while (true) {
        if (auto reply = stream.reader().take()) return std::move(*reply);
        if (!stream.reader().problem().empty())
            throw ConnectionError("an answer that cannot be read: " + stream.reader().problem());
        wait_for(stream.descriptor(), POLLIN, deadline);
        std::string reason;
        if (stream.receive(reason) == HttpStream::Reading::ended) throw ConnectionError(reason);
    }
}

}  // namespace tuma::loadgen
