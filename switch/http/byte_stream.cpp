#include "switch/http/byte_stream.h"

#include "ledger/words/ensure.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tuma::net {

using boost::system::error_code;

// OpenSSL's own socket BIO cannot be given bytes that were read before, and its writes can raise
// SIGPIPE.
struct StreamBio {
    static ByteStream& stream(BIO* bio) { return *static_cast<ByteStream*>(BIO_get_data(bio)); }

    static bool is_try_again(int number) { return number == EAGAIN || number == EINTR; }

    static int read(BIO* bio, char* room, int length) {
        ByteStream& self = stream(bio);
        // By these flags alone OpenSSL tells a wait from an error.
        BIO_clear_retry_flags(bio);
        if (!self.already_read_.empty()) {
            const std::size_t count =
                std::min(self.already_read_.size(), static_cast<std::size_t>(length));
            std::copy_n(self.already_read_.data(), count, room);
            self.already_read_.erase(0, count);
            if (self.already_read_.empty()) self.already_read_.shrink_to_fit();
            return static_cast<int>(count);
        }
        const ssize_t count = ::recv(self.socket_.native_handle(), room,
                                     static_cast<std::size_t>(length), MSG_DONTWAIT);
        if (count < 0 && is_try_again(errno)) BIO_set_retry_read(bio);
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* bytes, int length) {
        BIO_clear_retry_flags(bio);
        const ssize_t count = ::send(stream(bio).socket_.native_handle(), bytes,
                                     static_cast<std::size_t>(length), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && is_try_again(errno)) BIO_set_retry_write(bio);
        return static_cast<int>(count);
    }

    static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
        // OpenSSL flushes after each flight. Nothing is held back here.
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* method() {
        // Once for the process: OpenSSL has few numbers for kinds of BIO and takes none back.
        static BIO_METHOD* const made = [] {
            BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tuma");
            ensure(fresh != nullptr, "OpenSSL gives a BIO method");
            BIO_meth_set_read(fresh, &read);
            BIO_meth_set_write(fresh, &write);
            BIO_meth_set_ctrl(fresh, &control);
            return fresh;
        }();
        return made;
    }
};

namespace {

StreamMoved moved(const error_code& error, std::size_t bytes, StreamStep wanted) {
    if (!error) return {StreamStep::done, bytes};
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again)
        return {wanted, 0};
    return {error == boost::asio::error::eof ? StreamStep::ended : StreamStep::failed, 0};
}

}  // namespace

ByteStream::ByteStream(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    // A socket that fails here fails at its first read too.
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

ByteStream::~ByteStream() {
    SSL_free(ssl_);
}

void ByteStream::start_tls(std::shared_ptr<const TlsContext> context, std::string already_read,
                           const std::string& server_name) {
    ensure(ssl_ == nullptr, "TLS was started already");
    context_ = std::move(context);
    already_read_ = std::move(already_read);
    ssl_ = SSL_new(context_->native());
    BIO* bio = BIO_new(StreamBio::method());
    ensure(ssl_ != nullptr && bio != nullptr, "OpenSSL gives a connection");
    // The BIO works on this object, which is therefore never moved.
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    if (context_->is_server()) {
        SSL_set_accept_state(ssl_);
        return;
    }
    SSL_set_connect_state(ssl_);
    // A numeric address is not announced (RFC 6066, section 3), and is compared with the addresses
    // in the certificate and not with its names.
    error_code error;
    boost::asio::ip::make_address(server_name, error);
    const bool is_name = error.failed();
    if (is_name) {
        std::string announced = server_name;
        SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, announced.data());
        SSL_set1_host(ssl_, server_name.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), server_name.c_str());
    }
}

StreamStep ByteStream::handshake() {
    ensure(ssl_ != nullptr, "TLS was not started");
    // OpenSSL's list of errors belongs to the thread. What another connection has left there would
    // be taken for this one's.
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
        is_handshaken_ = true;
        return StreamStep::done;
    }
    const StreamStep step = step_of(result);
    if (step == StreamStep::ended || step == StreamStep::failed) {
        const unsigned long code = ERR_peek_error();
        was_plain_http_ =
            ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
        const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
        failure_ = reason != nullptr ? reason : "the connection was closed";
        const long verified = SSL_get_verify_result(ssl_);
        // A server takes whatever certificate a client has, so only a client can have refused one.
        if (!context_->is_server() && verified != X509_V_OK)
            failure_ += std::string(": ") + X509_verify_cert_error_string(verified);
        ERR_clear_error();
        return StreamStep::failed;
    }
    return step;
}

StreamStep ByteStream::step_of(int result) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return StreamStep::wants_read;
        case SSL_ERROR_WANT_WRITE:
            return StreamStep::wants_write;
        case SSL_ERROR_ZERO_RETURN:
            return StreamStep::ended;
        default:
            return StreamStep::failed;
    }
}

std::string ByteStream::peer_certificate() const {
    if (ssl_ == nullptr) return {};
    X509* const certificate = SSL_get0_peer_certificate(ssl_);
    const int length = certificate == nullptr ? 0 : i2d_X509(certificate, nullptr);
    if (length <= 0) return {};
    std::string der(static_cast<std::size_t>(length), '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(certificate, &bytes);
    return der;
}

StreamMoved ByteStream::read(std::span<char> room) {
    if (ssl_ == nullptr) return read_plain(room);
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_, room.data(), room.size(), &count);
    if (result == 1) return {StreamStep::done, count};
    return {step_of(result), 0};
}

StreamMoved ByteStream::write(std::string_view bytes) {
    if (ssl_ == nullptr) return write_plain(bytes);
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
    if (result == 1) return {StreamStep::done, count};
    const StreamStep step = step_of(result);
    // A peer that has ended takes nothing more: for a writer that is a failure.
    return {step == StreamStep::ended ? StreamStep::failed : step, 0};
}

StreamMoved ByteStream::read_plain(std::span<char> room) {
    error_code error;
    const std::size_t count =
        socket_.read_some(boost::asio::buffer(room.data(), room.size()), error);
    return moved(error, count, StreamStep::wants_read);
}

StreamMoved ByteStream::write_plain(std::string_view bytes) {
    error_code error;
    const std::size_t count =
        socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
    return moved(error, count, StreamStep::wants_write);
}

bool ByteStream::has_buffered() const {
    return !already_read_.empty() || (ssl_ != nullptr && SSL_has_pending(ssl_) == 1);
}

bool ByteStream::is_quiet() {
    char byte = 0;
    const ssize_t count =
        ::recv(socket_.native_handle(), &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && StreamBio::is_try_again(errno) && !has_buffered();
}

void ByteStream::end_writing() {
    if (ssl_ != nullptr && is_handshaken_) {
        ERR_clear_error();
        // Our side's end only. Nobody waits for the peer's.
        SSL_shutdown(ssl_);
        ERR_clear_error();
    }
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void ByteStream::abort() {
    error_code ignored;
    // A reset instead of an orderly end: what was not read yet is thrown away on both sides.
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void ByteStream::close() {
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace tuma::net
