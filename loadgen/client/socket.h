// TCP for the load generator: an endpoint as text, a connected socket.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"

#include <netdb.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// The other side cannot be reached, went away, or did not answer in time. The message says which
/// and what to do.
class ConnectionError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The other side is there and did not answer in time.
class NoAnswer : public ConnectionError {
public:
    using ConnectionError::ConnectionError;
};

/// Where a server listens.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    /// "127.0.0.1:7000", "[::1]:7000" when the host has colons.
    std::string text() const;
    bool operator==(const Endpoint&) const = default;
};

/// Reads "HOST:PORT" or "[IPV6]:PORT". Refuses: no colon, an empty host or a slash in it, a
/// port outside 1..65535.
Result<Endpoint> parse_endpoint(std::string_view text);

/// Addresses of the system's resolver, given back to it.
using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;
/// All addresses of an endpoint for TCP, in the system's order. Throws ConnectionError when the
/// host has none.
Addresses resolve(const Endpoint& endpoint);

/// An open file descriptor of a socket, closed with it.
class Socket {
public:
    Socket() = default;
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    int descriptor() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    void close();

private:
    int release();

    int descriptor_ = -1;
};

/// Hands to the kernel what it takes of `bytes` from `sent` on, and moves `sent` behind it. Gives
/// the reason when the connection is lost.
std::optional<std::string> send_some(const Socket& socket, std::span<const std::byte> bytes,
                                     std::size_t& sent);

/// Turns Nagle's delay off.
void send_at_once(const Socket& socket);

using SteadyTime = std::chrono::steady_clock::time_point;

/// Waits until the descriptor is ready for `events` (those of poll); false when `deadline` passed
/// first. Throws ConnectionError.
bool wait_for(int descriptor, short events, SteadyTime deadline);

/// Begins a non-blocking connection without Nagle's delay, and does not wait for it. `failure` is
/// 0, or the errno that says why it cannot be begun.
Socket begin_connecting(const addrinfo& address, int& failure);
/// Of such a connection whose socket is ready to be written to: 0, or the errno that says why there
/// is none.
int connecting_failure(const Socket& socket);

/// A non-blocking TCP connection without Nagle's delay. Throws ConnectionError.
Socket connect_to(const Endpoint& endpoint, Duration timeout);

}  // namespace tuma::loadgen
