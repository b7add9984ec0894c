#include "protocols/native/frame.h"

#include "protocols/native/layout.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tuma::native {
namespace {

constexpr std::size_t body_bytes_max = frame_bytes_max - sizeof(FrameHeader);
constexpr std::size_t record_result_bytes =
    sizeof(layout::Outcome) + sizeof(ledger::TransferRecord);
constexpr std::size_t account_result_bytes = sizeof(layout::Outcome) + sizeof(layout::Account);

template <typename Command>
constexpr FrameRow plain(FrameType type, std::string_view name,
                         std::size_t result_bytes = sizeof(layout::Outcome)) {
    // As many as fit both ways: a reply may be larger than its request.
    return {type, name, sizeof(Command), result_bytes,
            std::min(commands_max, body_bytes_max / std::max(sizeof(Command), result_bytes))};
}

constexpr std::array<FrameRow, 20> rows{{
    plain<layout::OpenAccount>(FrameType::open_account, "open_account"),
    plain<layout::Movement>(FrameType::issue, "issue"),
    plain<layout::Movement>(FrameType::redeem, "redeem"),
    plain<layout::Movement>(FrameType::deposit, "deposit"),
    plain<layout::Movement>(FrameType::withdraw, "withdraw"),
    plain<layout::Movement>(FrameType::transfer, "transfer"),
    plain<layout::Movement>(FrameType::pay_merchant, "pay_merchant"),
    plain<layout::Linked>(FrameType::linked, "linked"),
    plain<layout::Movement>(FrameType::reserve, "reserve"),
    plain<layout::FollowUp>(FrameType::settle, "settle"),
    plain<layout::FollowUp>(FrameType::release, "release"),
    plain<layout::FollowUp>(FrameType::reverse, "reverse"),
    plain<layout::ChangeAccount>(FrameType::change_account, "change_account"),
    plain<layout::QueryAccount>(FrameType::query_account, "query_account", account_result_bytes),
    plain<layout::QueryRequest>(FrameType::query_request, "query_request"),
    plain<layout::QueryTransfer>(FrameType::query_transfer, "query_transfer", record_result_bytes),
    {FrameType::statement, "statement", sizeof(layout::Statement), sizeof(layout::StatementHead),
     statement_commands_max},
    plain<layout::Movement>(FrameType::refund, "refund"),
    plain<layout::Movement>(FrameType::disburse, "disburse"),
    plain<layout::Movement>(FrameType::bank_transfer, "bank_transfer"),
}};

constexpr bool numbered_without_gaps() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        // Found at compile time, because a lookup takes the number for the place.
        if (static_cast<std::size_t>(rows[i].type) != i + 1) return false;
    return true;
}
static_assert(numbered_without_gaps(), "the row's position is its type less one");
static_assert(statement_commands_max * (sizeof(layout::StatementHead) +
                                        statement_entries_max * sizeof(layout::StatementEntry)) <=
                  body_bytes_max,
              "the largest statement reply fits a frame");

constexpr std::array<std::string_view, 9> error_names{
    "bad_length", "bad_version",          "bad_type",
    "bad_count",  "bad_checksum",         "bad_command",
    "too_slow",   "too_many_connections", "shutting_down"};

constexpr std::size_t error_reason_bytes_max = 512;

FrameError error(ErrorCode code, std::string reason) {
    return {code, std::move(reason)};
}

std::uint32_t checksum(FrameHeader header, std::span<const std::byte> body) {
    // The sum covers the header too, with its own place left out.
    header.crc = 0;
    const std::uint32_t crc = libdeflate_crc32(0, &header, sizeof(header));
    return libdeflate_crc32(crc, body.data(), body.size());
}

/// Type byte and count of an error frame.
std::optional<FrameError> check_error_count(std::uint16_t count) {
    // An error frame has no commands; its count is the code.
    if (find_error(count)) return std::nullopt;
    return error(ErrorCode::bad_count, fmt::format("{} is no error code", count));
}

std::optional<FrameError> check_count(const FrameRow& frame, const FrameHeader& header,
                                      bool is_reply) {
    if (header.count == 0 || header.count > frame.count_max)
        return error(ErrorCode::bad_count, fmt::format("count {} of {} is not 1 to {}",
                                                       header.count, frame.name, frame.count_max));
    const std::size_t item = is_reply ? frame.result_bytes : frame.command_bytes;
    const std::size_t expected = sizeof(FrameHeader) + header.count * item;
    // Statements answer with as many entries as there are, so only their head has a fixed size.
    const bool is_open_ended = is_reply && frame.type == FrameType::statement;
    if (header.length == expected || (is_open_ended && header.length > expected))
        // Compared exactly: bytes that no command accounts for would be read as the next frame.
        return std::nullopt;
    return error(ErrorCode::bad_count,
                 fmt::format("count {} of {} makes {} bytes, but the length is {}", header.count,
                             frame.name, expected, header.length));
}

/// Checks as much of the first eight bytes as has arrived.
std::optional<FrameError> check_front(const FrameHeader& header, std::size_t arrived,
                                      bool is_reply) {
    // Each check needs a few bytes more than the one before. A client that speaks another protocol
    // is told after four bytes, not after it has sent a megabyte.
    if (arrived < 4) return std::nullopt;
    if (header.length < sizeof(FrameHeader) || header.length > frame_bytes_max)
        return error(ErrorCode::bad_length, fmt::format("length {} is not {} to {}", header.length,
                                                        sizeof(FrameHeader), frame_bytes_max));
    if (arrived < 5) return std::nullopt;
    if (header.version != protocol_version)
        return error(ErrorCode::bad_version,
                     fmt::format("version {} is not {}", header.version, protocol_version));
    if (arrived < 6) return std::nullopt;
    const bool is_error = is_reply && header.type == error_type;
    const bool is_reply_type = (header.type & reply_bit) != 0;
    const auto request_type = static_cast<std::uint8_t>(header.type & ~reply_bit);
    // A reply that a server receives is as wrong as an unknown type.
    const FrameRow* frame = is_reply_type == is_reply ? find_frame(request_type) : nullptr;
    if (frame == nullptr && !is_error)
        return error(ErrorCode::bad_type,
                     fmt::format("type {} is no {}", header.type, is_reply ? "reply" : "request"));
    if (arrived < 8) return std::nullopt;
    return is_error ? check_error_count(header.count) : check_count(*frame, header, is_reply);
}

}  // namespace

std::span<const FrameRow> frame_table() {
    return rows;
}

const FrameRow* find_frame(std::uint8_t type) {
    return type >= 1 && type <= rows.size() ? &rows[type - 1U] : nullptr;
}

const FrameRow& row(FrameType type) {
    const FrameRow* frame = find_frame(static_cast<std::uint8_t>(type));
    ensure(frame != nullptr, "a frame type outside the table");
    return *frame;
}

std::string_view name(ErrorCode code) {
    const auto number = static_cast<std::size_t>(code);
    ensure(number >= 1 && number <= error_names.size(), "an error code outside the table");
    return error_names[number - 1];
}

std::optional<ErrorCode> find_error(std::uint16_t number) {
    if (number < 1 || number > error_names.size()) return std::nullopt;
    return static_cast<ErrorCode>(number);
}

std::optional<Result<FrameView, FrameError>> read_frame(std::span<const std::byte> bytes,
                                                        bool is_reply) {
    using Read = Result<FrameView, FrameError>;
    // Filled as far as it has come; the checks know how much of it is real.
    FrameHeader header;
    const std::size_t arrived = std::min(bytes.size(), sizeof(header));
    if (arrived > 0) std::memcpy(&header, bytes.data(), arrived);
    if (auto refused = check_front(header, arrived, is_reply)) return Read{std::move(*refused)};
    // The checksum is looked at last, when all of the frame is there.
    if (arrived < sizeof(header) || bytes.size() < header.length) return std::nullopt;

    const auto body = bytes.subspan(sizeof(header), header.length - sizeof(header));
    const std::uint32_t crc = checksum(header, body);
    if (crc != header.crc)
        return Read{error(ErrorCode::bad_checksum,
                          fmt::format("the checksum is {:#010x}, the frame's bytes make {:#010x}",
                                      header.crc, crc))};
    return Read{FrameView{header, body}};
}

std::size_t begin_frame(std::vector<std::byte>& bytes) {
    const std::size_t position = bytes.size();
    // Room for the header now, its content later: length and sum are known only at the end.
    bytes.resize(position + sizeof(FrameHeader));
    return position;
}

void finish_frame(std::vector<std::byte>& bytes, std::size_t position, FrameHeader header) {
    ensure(position + sizeof(FrameHeader) <= bytes.size(), "no frame was begun here");
    const std::size_t length = bytes.size() - position;
    ensure(length <= frame_bytes_max, "a frame longer than frame_bytes_max");
    header.length = static_cast<std::uint32_t>(length);
    header.crc = checksum(header, std::span{bytes}.subspan(position + sizeof(FrameHeader)));
    std::memcpy(bytes.data() + position, &header, sizeof(header));
}

void append_error_frame(std::vector<std::byte>& bytes, const FrameError& error,
                        std::uint64_t request_id) {
    const std::size_t position = begin_frame(bytes);
    const auto reason = std::as_bytes(std::span{error.reason});
    // A long reason is cut, since the connection closes behind it anyway.
    const std::size_t size = std::min(reason.size(), error_reason_bytes_max);
    bytes.insert(bytes.end(), reason.begin(), reason.begin() + static_cast<std::ptrdiff_t>(size));
    FrameHeader header;
    header.type = error_type;
    header.count = static_cast<std::uint16_t>(error.code);
    header.request_id = request_id;
    finish_frame(bytes, position, header);
}

FrameError read_error(const FrameView& frame) {
    const auto code = find_error(frame.header.count);
    ensure(frame.header.type == error_type && code, "not an error frame");
    std::string reason(frame.body.size(), '\0');
    if (!frame.body.empty()) std::memcpy(reason.data(), frame.body.data(), frame.body.size());
    return {*code, std::move(reason)};
}

}  // namespace tuma::native
