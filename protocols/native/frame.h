// The native protocol's frames: a 32-byte header, then fixed-size commands or results.
// Byte by byte in protocols/native/README.md.
#pragma once

#include "ledger/words/id.h"
#include "ledger/words/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::native {

inline constexpr std::uint8_t protocol_version = 1;
/// No frame is longer, header included.
inline constexpr std::size_t frame_bytes_max = 1U << 20U;
/// Most commands in one request.
inline constexpr std::size_t commands_max = 8190;
/// Most entries of one statement page, and most statement commands in one request.
inline constexpr std::size_t statement_entries_max = 100;
inline constexpr std::size_t statement_commands_max = 64;

/// What a request frame asks; a reply has the same type with the highest bit set.
enum class FrameType : std::uint8_t {
    open_account = 1,
    issue = 2,
    redeem = 3,
    deposit = 4,
    withdraw = 5,
    transfer = 6,
    pay_merchant = 7,
    linked = 8,
    reserve = 9,
    settle = 10,
    release = 11,
    reverse = 12,
    change_account = 13,
    query_account = 14,
    query_request = 15,
    query_transfer = 16,
    statement = 17,
    refund = 18,
    disburse = 19,
    bank_transfer = 20,
};
inline constexpr std::uint8_t reply_bit = 0x80;
/// The type byte of the frame that a server sends before it closes the connection.
inline constexpr std::uint8_t error_type = 0xFF;

/// One row of the table of frame types.
struct FrameRow {
    FrameType type;
    std::string_view name;
    std::size_t command_bytes;  ///< size of one command
    std::size_t result_bytes;   ///< size of one result; for statements, of the head of one
    std::size_t count_max;      ///< most commands of one frame, so that request and reply fit
};
/// All frame types in order of their numbers.
std::span<const FrameRow> frame_table();
/// The row of a type byte of a request, or null.
const FrameRow* find_frame(std::uint8_t type);
/// Requires: an enumerator.
const FrameRow& row(FrameType type);

/// The front of every frame: 32 bytes, little-endian, no padding.
struct FrameHeader {
    std::uint32_t length = 0;  ///< whole frame, header included
    std::uint8_t version = protocol_version;
    std::uint8_t type = 0;
    std::uint16_t count = 0;       ///< commands or results; in an error frame, the ErrorCode
    std::uint64_t request_id = 0;  ///< the client's; a reply repeats it
    ParticipantId participant;     ///< who asks; repeated in the reply
    std::uint8_t durability = 0;   ///< in a reply: 0 memory, 1 local fsync
    std::uint8_t reserved[3] = {};
    std::uint32_t reserved_2 = 0;
    std::uint32_t crc = 0;  ///< CRC-32 (ISO-HDLC, as zlib) of the frame with this field zero
};
static_assert(sizeof(FrameHeader) == 32);

/// Why a server gives up on a connection.
enum class ErrorCode : std::uint16_t {
    bad_length = 1,    ///< shorter than a header or longer than frame_bytes_max
    bad_version = 2,   ///< not protocol_version
    bad_type = 3,      ///< not in the table of frame types
    bad_count = 4,     ///< zero, above the type's count_max, or not what the length says
    bad_checksum = 5,  ///< the CRC differs
    bad_command = 6,   ///< a field of a command, or a reserved byte, holds what it may not
    too_slow = 7,      ///< a begun frame did not arrive in time
    too_many_connections = 8,
    shutting_down = 9,
};
/// Stable snake_case name ("bad_length").
std::string_view name(ErrorCode code);
/// The code with this number, or nothing.
std::optional<ErrorCode> find_error(std::uint16_t number);

/// A frame that cannot be accepted: code and a sentence with field and bound.
struct FrameError {
    ErrorCode code = ErrorCode::bad_length;
    std::string reason;
};

/// A complete, checked frame: header and body, the body still in the reader's buffer.
struct FrameView {
    FrameHeader header;
    std::span<const std::byte> body;
};

/// Looks at the front of `bytes`. Gives: nothing when more bytes are needed, a frame, or an error.
/// The frame's bytes are the first `header.length`. Errors are found as early as they can be: a bad
/// length needs only four bytes, a bad version five, a bad type six, a bad count eight. Checks
/// requests when `is_reply` is false, replies and error frames otherwise.
/// Refuses, in order: bad_length, bad_version, bad_type, bad_count, bad_checksum.
std::optional<Result<FrameView, FrameError>> read_frame(std::span<const std::byte> bytes,
                                                        bool is_reply);

/// Starts a frame at the end of `bytes`, returns its position for `finish_frame`.
std::size_t begin_frame(std::vector<std::byte>& bytes);

/// Writes the header of the frame begun at `position`, with length and CRC filled in.
/// Requires: everything behind `position` is this frame, at most frame_bytes_max.
void finish_frame(std::vector<std::byte>& bytes, std::size_t position, FrameHeader header);

/// Appends an error frame that carries `error`.
void append_error_frame(std::vector<std::byte>& bytes, const FrameError& error,
                        std::uint64_t request_id);

/// What an error frame says. Requires: a reply from `read_frame` with type error_type.
FrameError read_error(const FrameView& frame);

}  // namespace tuma::native
