// A non-blocking socket, in the clear or under TLS.
#pragma once

#include "switch/http/tls_context.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace tuma::net {

/// What has come of a step that does not wait.
enum class StreamStep : std::uint8_t {
    done,
    wants_read,   ///< try again when the socket is readable
    wants_write,  ///< try again when the socket is writable
    ended,        ///< the peer sends no more
    failed,       ///< the connection is of no more use
};

struct StreamMoved {
    StreamStep step = StreamStep::done;
    std::size_t bytes = 0;  ///< when done; at least one
};

/// Reads and writes what is possible now; waiting is the owner's, on `socket`. One thread at a
/// time. OpenSSL works on the socket itself, without Asio's stream around it: an idle TLS
/// connection costs some 10 KiB instead of 80.
class ByteStream {
public:
    /// Makes the socket non-blocking.
    explicit ByteStream(boost::asio::ip::tcp::socket socket);
    ~ByteStream();
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    boost::asio::ip::tcp::socket& socket() { return socket_; }
    bool is_tls() const { return ssl_ != nullptr; }

    /// From here on the bytes are TLS. `already_read` came from the socket and is read first.
    /// For a client `server_name` is announced and, if the context verifies, must be the
    /// certificate's: a name or a numeric address. Requires: not under TLS yet.
    void start_tls(std::shared_ptr<const TlsContext> context, std::string already_read,
                   const std::string& server_name);
    /// Takes the handshake a step further. Requires: start_tls.
    StreamStep handshake();
    /// After a failed handshake: the peer spoke HTTP without TLS.
    bool was_plain_http() const { return was_plain_http_; }
    /// DER of the certificate that the peer has shown; empty without one.
    std::string peer_certificate() const;
    /// Why the handshake failed, for messages.
    const std::string& failure() const { return failure_; }

    StreamMoved read(std::span<char> room);
    StreamMoved write(std::string_view bytes);
    /// Past TLS, to the socket and from it.
    StreamMoved read_plain(std::span<char> room);
    StreamMoved write_plain(std::string_view bytes);
    /// There are bytes that no readable socket will announce.
    bool has_buffered() const;
    /// Neither bytes nor the end have come; asked of a connection that waits to be used again.
    bool is_quiet();
    /// Says that nothing more comes, as far as the socket takes it.
    void end_writing();
    void close();
    /// Closes so that the other side drops what it has not read.
    void abort();

private:
    friend struct StreamBio;

    StreamStep step_of(int result);

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<const TlsContext> context_;
    ssl_st* ssl_ = nullptr;
    std::string already_read_;
    std::string failure_;
    bool is_handshaken_ = false;
    bool was_plain_http_ = false;
};

}  // namespace tuma::net
