// The polite end of a connection, which counts as long as the other side may still see it.
#pragma once

#include "ledger/words/time.h"
#include "switch/http/byte_stream.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace tuma::net {

/// Says that nothing more comes and waits for the other side to do the same. Lives on the thread
/// of its stream.
class ClosingConnection : public std::enable_shared_from_this<ClosingConnection> {
public:
    explicit ClosingConnection(std::unique_ptr<ByteStream> stream);

    /// Waits for `most`, then closes anyway; tells `closed` once.
    void start(Duration most, std::function<void(ClosingConnection&)> closed);
    /// Closes at once.
    void end();

private:
    void read();

    std::unique_ptr<ByteStream> stream_;
    boost::asio::steady_timer timer_;
    std::function<void(ClosingConnection&)> closed_;
};

}  // namespace tuma::net
