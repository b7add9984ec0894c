// Bytes → HTTP requests and answers, in any pieces; no socket and no clock.
#pragma once

#include "protocols/http/message.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tuma::net {

/// Bounds of one message; a longer one is refused.
struct HttpMessageLimits {
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t fields_max = 100;
    std::size_t body_bytes_max = 1U << 20U;
};

enum class HttpReadState : std::uint8_t { idle, head, body, complete, refused };

/// Why a message is not accepted, and with which status it is answered.
struct HttpRefusal {
    int status = 400;
    std::string reason;
};

/// Reads one request. Strict where leniency lets requests be smuggled: line ends are CRLF, no
/// folded fields, one Content-Length or one "Transfer-Encoding: chunked" but not both, one Host in
/// HTTP/1.1, methods in capital letters (so that stray bytes after a body are seen at once).
/// Empty lines before a request are skipped.
/// Refuses with 400, 413 (body), 417 (Expect), 431 (header).
/// Source: RFC 9112, sections 2.2, 3, 5 to 7 and 11.2.
class RequestReader {
public:
    explicit RequestReader(const HttpMessageLimits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Takes the next bytes; returns how many it used: all, unless the request ended within them or
    /// was refused. Requires: neither complete nor refused.
    std::size_t feed(std::string_view bytes);

    HttpReadState state() const;
    /// The head is complete and its sender waits for "100 Continue".
    bool expects_continue() const;
    /// The client may send another request after this one. Requires: the head is complete.
    bool keeps_open() const;
    bool is_http_1_0() const;
    /// Of the body, so far.
    std::size_t body_bytes() const;
    const HttpRefusal& refusal() const;
    /// The request, `is_tls` and `peer` left to the caller. Requires: complete; only once.
    http::HttpRequest take();

private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

/// Reads one answer; interim ones (1xx) are skipped.
/// Refuses what is no HTTP/1 and what is longer than the limits.
class ResponseReader {
public:
    explicit ResponseReader(const HttpMessageLimits& limits);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    /// Takes the next bytes; what comes after the answer makes `keeps_open` false.
    /// Requires: neither complete nor refused.
    void feed(std::string_view bytes);
    /// The connection ended; completes an answer whose length that decides, refuses others.
    /// Requires: neither complete nor refused.
    void end();

    HttpReadState state() const;
    bool keeps_open() const;
    const HttpRefusal& refusal() const;
    /// Requires: complete; only once.
    http::HttpAnswer take();

private:
    class Parser;
    void put();
    void settle();

    HttpMessageLimits limits_;
    std::unique_ptr<Parser> parser_;
    std::string bytes_;  ///< came but are not used yet
    bool keeps_open_ = false;
};

}  // namespace tuma::net
