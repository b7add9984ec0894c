// Where a listener listens: "127.0.0.1:8080", "[::1]:0", "localhost:0".
#pragma once

#include "ledger/words/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tuma::net {

/// How long a listener rests before it accepts again after an error: mostly the process has no file
/// descriptor left, and whatever it is, it may last.
inline constexpr std::chrono::milliseconds accept_pause{100};

/// A numeric address and a port; port 0 asks the system for a free one.
struct Endpoint {
    std::string address;
    std::uint16_t port = 0;

    bool operator==(const Endpoint&) const = default;
    /// "127.0.0.1:8080"; IPv6 in brackets.
    std::string text() const;
};

/// ASCII letters in lower case: hosts and the words of header fields are compared so.
std::string lower_case(std::string_view text);

/// True for 127.0.0.0/8 and ::1: other machines cannot reach it.
bool is_loopback(const Endpoint& endpoint);

/// Reads HOST:PORT. "localhost" becomes 127.0.0.1; other names are refused, so that nothing is
/// looked up and nobody is surprised by which interface was taken.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace tuma::net
