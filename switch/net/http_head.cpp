#include "switch/net/http_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::net {
namespace {

constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

bool is_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           token_marks.find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
    std::string copy(text);
    std::transform(copy.begin(), copy.end(), copy.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return copy;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

bool is_text(char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7F');
}

// What frames the body, over all fields.
struct Framing {
    std::optional<std::string> length;
    bool is_chunked = false;
    int hosts = 0;

    std::optional<std::string> see(std::string_view name, std::string_view value) {
        const std::string key = lower(name);
        if (key == "content-length") {
            if (value.empty() || !std::all_of(value.begin(), value.end(),
                                              [](char c) { return c >= '0' && c <= '9'; }))
                return "Content-Length is not a whole number";
            if (length && *length != value) return "two Content-Length fields differ";
            length = std::string(value);
        } else if (key == "transfer-encoding") {
            if (lower(value) != "chunked" || is_chunked)
                return "the only transfer coding here is chunked, once";
            is_chunked = true;
        } else if (key == "host" && ++hosts > 1) {
            return "there is more than one Host";
        }
        if (length && is_chunked) return "Content-Length beside Transfer-Encoding";
        return std::nullopt;
    }
};

std::optional<std::string> misread_field(std::string_view line, Framing& framing) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return "a header line is no name, colon and value";
    const std::string_view name = line.substr(0, colon);
    if (!std::all_of(name.begin(), name.end(), is_token))
        return "a field's name has blanks around it or other characters that names do not have";
    return framing.see(name, trimmed(line.substr(colon + 1)));
}

struct StatusText {
    int status;
    std::string_view text;
};

constexpr std::array status_texts{
    StatusText{200, "OK"},
    StatusText{201, "Created"},
    StatusText{202, "Accepted"},
    StatusText{204, "No Content"},
    StatusText{400, "Bad Request"},
    StatusText{401, "Unauthorized"},
    StatusText{403, "Forbidden"},
    StatusText{404, "Not Found"},
    StatusText{405, "Method Not Allowed"},
    StatusText{406, "Not Acceptable"},
    StatusText{408, "Request Timeout"},
    StatusText{409, "Conflict"},
    StatusText{411, "Length Required"},
    StatusText{413, "Content Too Large"},
    StatusText{415, "Unsupported Media Type"},
    StatusText{429, "Too Many Requests"},
    StatusText{431, "Request Header Fields Too Large"},
    StatusText{500, "Internal Server Error"},
    StatusText{501, "Not Implemented"},
    StatusText{502, "Bad Gateway"},
    StatusText{503, "Service Unavailable"},
    StatusText{504, "Gateway Timeout"},
};

std::string_view text_of(int status) {
    const auto found =
        std::find_if(status_texts.begin(), status_texts.end(),
                     [status](const StatusText& row) { return row.status == status; });
    return found == status_texts.end() ? "Status" : found->text;
}

}  // namespace

std::size_t end_of_head(std::string_view bytes) {
    const std::size_t found = bytes.find("\r\n\r\n");
    return found == std::string_view::npos ? found : found + 4;
}

std::optional<std::string> misread_head(std::string_view head) {
    Framing framing;
    bool is_first = true;
    while (head.size() > 2) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        if (!std::all_of(line.begin(), line.end(), is_text))
            return "a line of the head has control characters in it";
        if (line.starts_with(' ') || line.starts_with('\t'))
            return "a header line begins with a blank";
        if (!std::exchange(is_first, false))
            if (auto why = misread_field(line, framing)) return why;
    }
    return std::nullopt;
}

std::optional<TargetParts> split_target(std::string_view target) {
    if (target.starts_with('/') || target == "*") return TargetParts{std::string(target), {}};
    const std::string start = lower(target.substr(0, 8));
    std::size_t scheme = 0;
    if (start.starts_with("http://")) scheme = 7;
    if (start.starts_with("https://")) scheme = 8;
    if (scheme == 0) return std::nullopt;
    target.remove_prefix(scheme);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (end == 0) return std::nullopt;
    TargetParts parts{std::string(target.substr(end)), std::string(target.substr(0, end))};
    if (!parts.target.starts_with('/')) parts.target.insert(0, "/");
    return parts;
}

std::string reply_bytes(const http::HttpReply& reply, bool is_head, bool keeps_alive,
                        unsigned minor_version) {
    std::string bytes =
        fmt::format("HTTP/1.{} {} {}\r\n", minor_version, reply.status, text_of(reply.status));
    for (const auto& [name, value] : reply.headers) {
        bytes += name;
        bytes += ": ";
        bytes += value;
        bytes += "\r\n";
    }
    const bool has_no_body = reply.status == 204 || reply.status == 304;
    if (!has_no_body) bytes += fmt::format("Content-Length: {}\r\n", reply.body.size());
    bytes += keeps_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    if (!has_no_body && !is_head) bytes += reply.body;
    return bytes;
}

}  // namespace tuma::net
