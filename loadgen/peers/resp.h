// The Redis protocol, version 2 (RESP2): commands as bytes, replies out of bytes.
#pragma once

#include "ledger/words/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// One reply; its texts lie in the bytes that were read.
struct RespReply {
    enum class Type : std::uint8_t { text, error, integer, null, array };
    Type type = Type::null;
    std::string_view text{};            ///< of text and error
    std::int64_t integer = 0;           ///< of integer
    std::vector<RespReply> elements{};  ///< of array

    bool operator==(const RespReply&) const = default;
};

/// A reply and how many bytes it takes.
struct RespRead {
    RespReply reply;
    std::size_t bytes = 0;
};

inline constexpr std::size_t resp_reply_bytes_max = std::size_t{1} << 20U;
inline constexpr std::size_t resp_depth_max = 4;

/// Looks at the front of `bytes`. Gives nothing when more are needed. Refuses what does not begin
/// as a reply does, a length that is no number, what is longer than `resp_reply_bytes_max`, arrays
/// in arrays deeper than `resp_depth_max`, a text that does not end where it should.
std::optional<Result<RespRead>> read_resp(std::string_view bytes);

/// Appends a command of these words.
void append_resp_command(std::string& bytes, std::span<const std::string_view> words);

}  // namespace tuma::loadgen
