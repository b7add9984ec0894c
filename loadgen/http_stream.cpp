#include "loadgen/http_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Whether the text is this word in small letters, in any case.
bool is_word(std::string_view text, std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char small) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == small;
    });
}

/// A line of the head without its end; what is left begins behind it.
std::string_view take_line(std::string_view& head) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(head.size(), end + 2));
    return line;
}

/// The value of Content-Length; 0 where there is none, nothing where the body's end is elsewhere.
std::optional<std::size_t> body_length(const HttpMessage& message) {
    if (message.find("Transfer-Encoding") != nullptr) return std::nullopt;
    const std::string* length = message.find("Content-Length");
    const int status = message.status();
    if (length == nullptr)
        return status == 0 || status == 204 ? std::optional<std::size_t>(0) : std::nullopt;
    std::size_t bytes = 0;
    const char* last = length->data() + length->size();
    const auto [end, failed] = std::from_chars(length->data(), last, bytes);
    if (failed != std::errc{} || end != last) return std::nullopt;
    return bytes;
}

}  // namespace

int HttpMessage::status() const {
    constexpr std::string_view version = "HTTP/1.1 ";
    int status = 0;
    if (start_line.size() < version.size() + 3 || !start_line.starts_with("HTTP/1.")) return 0;
    const char* digits = start_line.data() + version.size();
    std::from_chars(digits, digits + 3, status);
    return status;
}

bool HttpMessage::keeps_open() const {
    const bool is_http_1_0 = start_line.starts_with("HTTP/1.0") || start_line.ends_with("HTTP/1.0");
    const std::string* connection = find("Connection");
    if (connection == nullptr) return !is_http_1_0;
    return is_word(*connection, "keep-alive") || (!is_http_1_0 && !is_word(*connection, "close"));
}

std::optional<HttpMessage> HttpMessageReader::take() {
    if (!problem_.empty()) return std::nullopt;
    if (head_bytes_ == 0 && !read_head()) return std::nullopt;
    if (bytes_.size() < head_bytes_ + body_bytes_) return std::nullopt;
    message_.body = bytes_.substr(head_bytes_, body_bytes_);
    bytes_.erase(0, head_bytes_ + body_bytes_);
    scan_ = {};
    scanned_ = head_bytes_ = body_bytes_ = 0;
    return std::exchange(message_, {});
}

bool HttpMessageReader::read_head() {
    if (scanned_ < bytes_.size()) scanned_ += scan_.feed(std::string_view(bytes_).substr(scanned_));
    if (scan_.problem()) fail(*scan_.problem());
    if (scanned_ > head_bytes_max) fail("a head of more than 16 KiB");
    if (!problem_.empty() || !scan_.is_complete()) return false;
    std::string_view head = std::string_view(bytes_).substr(0, scanned_);
    message_.start_line = take_line(head);
    for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            fail("a header field without a colon");
            return false;
        }
        message_.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    const auto length = body_length(message_);
    if (!length || *length > body_bytes_max) {
        fail("a body whose length is not told by Content-Length, or more than 1 MiB");
        return false;
    }
    head_bytes_ = scanned_;
    body_bytes_ = *length;
    return true;
}

std::optional<std::string> HttpStream::flush() {
    std::size_t begin = 0;
    while (begin < outgoing_.size()) {
        const ssize_t sent = ::send(socket_.descriptor(), outgoing_.data() + begin,
                                    outgoing_.size() - begin, MSG_NOSIGNAL);
        if (sent > 0)
            begin += static_cast<std::size_t>(sent);
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            return std::strerror(errno);
    }
    outgoing_.erase(0, begin);
    return std::nullopt;
}

HttpStream::Reading HttpStream::receive(std::string& reason) {
    std::array<char, 16 * 1024> chunk;
    ssize_t received = 0;
    do {
        received = ::recv(socket_.descriptor(), chunk.data(), chunk.size(), 0);
    } while (received < 0 && errno == EINTR);
    if (received > 0) {
        reader_.feed({chunk.data(), static_cast<std::size_t>(received)});
        return Reading::got;
    }
    if (received < 0 && errno == EAGAIN) return Reading::nothing;
    reason = received == 0 ? "the server closed the connection" : std::strerror(errno);
    return Reading::ended;
}

}  // namespace tuma::loadgen
