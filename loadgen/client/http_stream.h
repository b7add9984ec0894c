// One HTTP/1.1 connection of the generator: bytes out, answers or requests in.
#pragma once

#include "loadgen/client/receive_time.h"
#include "loadgen/client/socket.h"
#include "protocols/http/http_readers.h"
#include "protocols/http/message.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::loadgen {

/// A non-blocking socket with what waits to be sent on it and what has come. It is a client's and
/// gives answers, or a server's and gives requests.
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
    /// Takes what has come. `reason` says why it has ended.
    Reading receive(std::string& reason);
    /// When the kernel had the last byte of what was taken last; nothing where it does not say.
    const std::optional<KernelTime>& last_byte_at() const { return last_byte_at_; }
    /// What has come whole; nothing when it has not, or when `problem` says why it never will.
    std::optional<http::HttpAnswer> take_answer();
    std::optional<http::HttpRequest> take_request();
    const std::string& problem() const { return problem_; }
    /// The server may be asked again: it leaves the connection open, and has sent nothing behind
    /// the last answer.
    bool keeps_open() const { return keeps_open_; }

private:
    Socket socket_;
    std::string outgoing_;
    std::string arrived_;
    std::unique_ptr<net::ResponseReader> answer_;  ///< while one is being read
    std::unique_ptr<net::RequestReader> request_;
    std::string problem_;
    bool keeps_open_ = true;
    std::optional<KernelTime> last_byte_at_;
};

/// Sends the bytes of a request and waits for the answer; for set-up. Throws ConnectionError when
/// it does not come in time or cannot be read.
http::HttpAnswer call(HttpStream& stream, std::string_view request, Duration timeout);

/// The body of `GET path`. Throws ConnectionError, also on any status but 200.
std::string http_get(const Endpoint& endpoint, std::string_view path, Duration timeout);

}  // namespace tuma::loadgen
