#include "switch/http/closing_connection.h"

#include <array>
#include <utility>

namespace tuma::net {

ClosingConnection::ClosingConnection(std::unique_ptr<ByteStream> stream)
    : stream_(std::move(stream)), timer_(stream_->socket().get_executor()) {}

void ClosingConnection::start(Duration most, std::function<void(ClosingConnection&)> closed) {
    closed_ = std::move(closed);
    stream_->end_writing();
    timer_.expires_after(most);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->end();
    });
    read();
}

void ClosingConnection::read() {
    std::array<char, 4096> room;
    // Past TLS, because what comes is thrown away.
    StreamMoved got = stream_->read_plain(room);
    // Nobody reads it any more; a side that never ends is cut off by the timer.
    if (got.step == StreamStep::done) got.step = StreamStep::wants_read;
    if (got.step != StreamStep::wants_read) return end();
    stream_->socket().async_wait(boost::asio::ip::tcp::socket::wait_read,
                                 [self = shared_from_this()](const boost::system::error_code&) {
                                     if (self->closed_) self->read();
                                 });
}

void ClosingConnection::end() {
    if (!closed_) return;
    // Its owner lets go of it in `closed_`.
    const auto self = shared_from_this();
    timer_.cancel();
    stream_->close();
    std::exchange(closed_, nullptr)(*this);
}

}  // namespace tuma::net
