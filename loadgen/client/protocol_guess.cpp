#include "loadgen/client/protocol_guess.h"

#include "protocols/native/frame.h"

#include <algorithm>
#include <array>

namespace tuma::loadgen {
namespace {

struct Beginning {
    std::string_view bytes;
    std::string_view protocol;
};

constexpr std::array beginnings{
    Beginning{"HTTP/", "HTTP"},
    // What a server makes of a request line that it cannot read: the oldest HTTP has no status.
    Beginning{"<!DOCTYPE", "HTTP"}, Beginning{"<html", "HTTP"},
    Beginning{"+PONG", redis_protocol_name}, Beginning{"-ERR ", redis_protocol_name},
    Beginning{"-NOAUTH ", redis_protocol_name}, Beginning{"-DENIED ", redis_protocol_name},
    // The severity is the first field of an error, behind the length of four bytes.
    Beginning{"SFATAL", pg_protocol_name}, Beginning{"SERROR", pg_protocol_name}};

}  // namespace

std::string_view protocol_of(std::span<const std::byte> bytes) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (const auto frame = native::read_frame(bytes, true); frame && frame->has_value())
        return "tuma's native protocol";
    constexpr std::size_t error_front = 5;
    if (text.size() > error_front && text.front() == 'E') text.remove_prefix(error_front);
    const auto* const found =
        std::find_if(beginnings.begin(), beginnings.end(),
                     [&](const Beginning& row) { return text.starts_with(row.bytes); });
    return found == beginnings.end() ? std::string_view{} : found->protocol;
}

}  // namespace tuma::loadgen
