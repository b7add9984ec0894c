// One pipelined connection to Redis.
#pragma once

#include "loadgen/client/byte_stream.h"
#include "loadgen/peers/peer.h"
#include "loadgen/peers/resp.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// Each transfer is a call of the script that the server knows by `script`, its hash.
class RedisSession final : public PeerSession {
public:
    RedisSession(Socket socket, std::string_view script);

    int descriptor() const override { return stream_.descriptor(); }
    void send(const PeerTransfer& transfer) override;
    std::optional<std::string> flush() override { return stream_.flush(); }
    bool has_unsent() const override { return stream_.unsent_bytes() > 0; }
    PeerReading receive(std::span<std::byte> scratch, std::vector<PeerAnswer>& answers) override;

private:
    ByteStream stream_;
    SegmentCount segments_;
    std::string script_;
    std::string command_;
};

/// What a reply to the script means. An error's first word is in the refusal: "redis_OOM".
PeerAnswer redis_answer(const RespReply& reply);

}  // namespace tuma::loadgen
