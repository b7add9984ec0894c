// Fuzzes what reads frames: any bytes as a request stream and as a reply stream, and as replies of
// Redis, which the load generator reads too.
#include "loadgen/peers/resp.h"
#include "protocols/native/frame.h"
#include "protocols/native/messages.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace {

using namespace tuma;
using native::FrameType;

void read_request(const native::FrameView& frame) {
    const auto type = static_cast<FrameType>(frame.header.type);
    std::vector<core::Request> requests;
    std::vector<native::QueryTransfer> transfers;
    std::vector<native::StatementQuery> statements;
    if (type == FrameType::query_transfer) {
        static_cast<void>(native::read_queries(frame, transfers));
    } else if (type == FrameType::statement) {
        static_cast<void>(native::read_queries(frame, statements));
    } else if (!native::read_requests(frame, requests)) {
        // What was accepted is the canonical form: written again it is the same bytes.
        std::vector<std::byte> body;
        for (const core::Request& request : requests) {
            ensure(native::append_command(body, request) == type, "the type changed");
            ensure(native::digest_of(request) == request.digest, "the digest changed");
        }
        ensure(std::equal(body.begin(), body.end(), frame.body.begin(), frame.body.end()),
               "a request came back different");
    }
}

void read_reply(const native::FrameView& frame) {
    if (frame.header.type == native::error_type) {
        static_cast<void>(native::read_error(frame));
        return;
    }
    const auto type = static_cast<FrameType>(frame.header.type & ~native::reply_bit);
    if (type == FrameType::query_transfer)
        static_cast<void>(native::read_records(frame));
    else if (type == FrameType::statement)
        static_cast<void>(native::read_statements(frame));
    else
        static_cast<void>(native::read_outcomes(frame));
}

void read_both(std::span<const std::byte> bytes) {
    if (const auto read = native::read_frame(bytes, false); read && read->has_value())
        read_request(**read);
    if (const auto read = native::read_frame(bytes, true); read && read->has_value())
        read_reply(**read);
}

/// A reply is what its own bytes say, whatever stands behind them, and nothing less.
void read_redis(std::string_view bytes) {
    const auto read = loadgen::read_resp(bytes);
    if (!read || !*read) return;
    const std::size_t length = (**read).bytes;
    ensure(length > 0 && length <= bytes.size(), "a reply of more bytes than there are");
    const auto again = loadgen::read_resp(bytes.substr(0, length));
    ensure(again && *again && (**again).reply == (**read).reply, "a reply came back different");
    ensure(!loadgen::read_resp(bytes.substr(0, length - 1)), "a reply without its end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    read_both(bytes);
    read_redis({reinterpret_cast<const char*>(data), size});
    // Length and CRC mended, so that the fuzzer gets past them to the commands.
    if (size < sizeof(native::FrameHeader) || size > native::frame_bytes_max) return 0;
    std::vector<std::byte> mended(bytes.begin(), bytes.end());
    native::FrameHeader header;
    std::memcpy(&header, mended.data(), sizeof(header));
    native::finish_frame(mended, 0, header);
    read_both(mended);
    return 0;
}
