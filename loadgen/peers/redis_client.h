// A plain blocking client of Redis, for what comes before a run.
#pragma once

#include "loadgen/client/byte_stream.h"
#include "loadgen/peers/resp.h"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// One connection, used by one thread. Throws ConnectionError when it is lost or the answer is late
/// or none of Redis.
class RedisClient {
public:
    RedisClient(const Endpoint& endpoint, Duration timeout);

    /// Sends a command and waits for its reply, whose texts are valid until the next call. An error
    /// is a reply.
    const RespReply& call(std::span<const std::string_view> words);
    const RespReply& call(std::initializer_list<std::string_view> words) {
        return call(std::span{words.begin(), words.size()});
    }

private:
    Endpoint endpoint_;
    Duration timeout_;
    ByteStream stream_;
    std::vector<std::byte> scratch_;
    std::string arrived_;
    RespReply reply_;
};

}  // namespace tuma::loadgen
