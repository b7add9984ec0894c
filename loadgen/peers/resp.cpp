#include "loadgen/peers/resp.h"

#include "ledger/words/ensure.h"
#include "ledger/words/text.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::string_view line_end = "\r\n";

InputError unreadable(std::string reason) {
    return InputError{"reply", std::move(reason)};
}

/// Reads one reply from the front; each function gives false when it cannot go on: `wrong` says
/// why, and nothing where bytes are missing.
class RespReader {
public:
    explicit RespReader(std::string_view bytes) : rest_(bytes) {}

    bool read(RespReply& reply, std::size_t depth) {
        std::string_view line;
        if (!take_line(line)) return false;
        const char mark = line.front();
        line.remove_prefix(1);
        switch (mark) {
            case '+':
                reply.type = RespReply::Type::text;
                reply.text = line;
                return true;
            case '-':
                reply.type = RespReply::Type::error;
                reply.text = line;
                return true;
            case ':':
                reply.type = RespReply::Type::integer;
                return take_number(line, reply.integer);
            case '$':
                return take_text(line, reply);
            case '*':
                return take_array(line, reply, depth);
            default:
                unreachable("a line that begins with another letter was taken");
        }
    }

    std::string_view rest() const { return rest_; }
    std::optional<InputError>& wrong() { return wrong_; }

private:
    bool take_line(std::string_view& line) {
        // The first byte tells what it is, and the rest of another protocol may never come.
        if (!rest_.empty() &&
            std::string_view("+-:$*").find(rest_.front()) == std::string_view::npos) {
            const auto first = static_cast<unsigned char>(rest_.front());
            wrong_ = unreadable(fmt::format("byte 0x{:02x} begins no reply", first));
            return false;
        }
        const std::size_t end = rest_.find(line_end);
        if (end == std::string_view::npos) return false;
        line = rest_.substr(0, end);
        rest_.remove_prefix(end + line_end.size());
        return true;
    }

    bool take_number(std::string_view line, std::int64_t& number) {
        const auto read = read_number<std::int64_t>(line);
        if (read)
            number = *read;
        else
            wrong_ = unreadable("a number of other letters than digits, or too large");
        return read.has_value();
    }

    /// A length, or -1 for nothing at all.
    bool take_length(std::string_view line, std::int64_t& length) {
        if (!take_number(line, length)) return false;
        if (length >= -1 && length <= static_cast<std::int64_t>(resp_reply_bytes_max)) return true;
        wrong_ = unreadable(fmt::format("length {} is not 0 to {}", length, resp_reply_bytes_max));
        return false;
    }

    bool take_text(std::string_view line, RespReply& reply) {
        std::int64_t length = 0;
        if (!take_length(line, length)) return false;
        if (length < 0) return true;
        const auto size = static_cast<std::size_t>(length);
        if (rest_.size() < size + line_end.size()) return false;
        if (rest_.substr(size, line_end.size()) != line_end) {
            wrong_ = unreadable("a text that does not end where its length says");
            return false;
        }
        reply.type = RespReply::Type::text;
        reply.text = rest_.substr(0, size);
        rest_.remove_prefix(size + line_end.size());
        return true;
    }

    bool take_array(std::string_view line, RespReply& reply, std::size_t depth) {
        std::int64_t count = 0;
        if (!take_length(line, count)) return false;
        if (count < 0) return true;
        if (depth == resp_depth_max) {
            wrong_ = unreadable(fmt::format("arrays deeper than {}", resp_depth_max));
            return false;
        }
        reply.type = RespReply::Type::array;
        // Grown as they come: a count is only a claim, and memory is not taken for it.
        for (std::int64_t i = 0; i < count; ++i)
            if (!read(reply.elements.emplace_back(), depth + 1)) return false;
        return true;
    }

    std::string_view rest_;
    std::optional<InputError> wrong_;
};

}  // namespace

std::optional<Result<RespRead>> read_resp(std::string_view bytes) {
    RespReader reader(bytes);
    RespRead read;
    if (reader.read(read.reply, 0)) {
        read.bytes = bytes.size() - reader.rest().size();
        return Result<RespRead>(std::move(read));
    }
    if (reader.wrong()) return Result<RespRead>(std::move(*reader.wrong()));
    if (bytes.size() > resp_reply_bytes_max)
        return Result<RespRead>(
            unreadable(fmt::format("longer than {} bytes", resp_reply_bytes_max)));
    return std::nullopt;
}

void append_resp_command(std::string& bytes, std::span<const std::string_view> words) {
    fmt::format_to(std::back_inserter(bytes), "*{}\r\n", words.size());
    for (const std::string_view word : words)
        fmt::format_to(std::back_inserter(bytes), "${}\r\n{}\r\n", word.size(), word);
}

}  // namespace tuma::loadgen
