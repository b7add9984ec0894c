// One HTTP/1.1 connection of the generator: bytes out, messages in.
#pragma once

#include "loadgen/socket.h"
#include "protocols/http/head_scan.h"
#include "protocols/http/message.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// A request or a reply as it came.
struct HttpMessage {
    std::string start_line;  ///< "HTTP/1.1 200 OK", "POST /callback HTTP/1.1"
    http::Fields headers{};
    std::string body{};

    const std::string* find(std::string_view name) const { return http::find(headers, name); }
    /// Of a reply's first line; 0 if this is none.
    int status() const;
    /// The sender leaves the connection open.
    bool keeps_open() const;
};

/// Bytes → messages, in any pieces.
class HttpMessageReader {
public:
    static constexpr std::size_t head_bytes_max = 16 * 1024;
    static constexpr std::size_t body_bytes_max = 1U << 20U;

    /// Takes the next bytes; what follows a message is kept for the next one.
    void feed(std::string_view bytes) { bytes_.append(bytes); }
    /// The next message; nothing when it is not complete, or when `problem` says why it never
    /// will be: a head that is none or too long, a body without Content-Length (chunks are not
    /// read) or with more than a megabyte.
    std::optional<HttpMessage> take();
    const std::string& problem() const { return problem_; }
    /// A message has begun and is not complete.
    bool is_within() const { return !bytes_.empty(); }
    void clear() { *this = HttpMessageReader{}; }

private:
    bool read_head();
    void fail(std::string_view problem) { problem_ = problem; }

    std::string bytes_;
    http::HeadScan scan_;
    std::size_t scanned_ = 0;
    std::size_t head_bytes_ = 0;
    std::size_t body_bytes_ = 0;
    HttpMessage message_;
    std::string problem_;
};

/// A non-blocking socket with what waits to be sent on it and what has come.
class HttpStream {
public:
    HttpStream() = default;
    explicit HttpStream(Socket socket) : socket_(std::move(socket)) {}

    int descriptor() const { return socket_.descriptor(); }
    bool is_open() const { return socket_.is_open(); }
    void close() { socket_.close(); }

    void queue(std::string_view bytes) { outgoing_.append(bytes); }
    bool has_unsent() const { return !outgoing_.empty(); }
    /// Hands to the kernel what it takes; why the connection is lost, if it is.
    std::optional<std::string> flush();

    enum class Reading { nothing, got, ended };
    /// Takes what has come into the reader. `reason` says why it has ended.
    Reading receive(std::string& reason);
    HttpMessageReader& reader() { return reader_; }

private:
    Socket socket_;
    std::string outgoing_;
    HttpMessageReader reader_;
};

}  // namespace tuma::loadgen
