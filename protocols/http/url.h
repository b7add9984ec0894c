// http and https URLs: where to connect to and what to ask for.
#pragma once

#include "ledger/words/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tuma::http {

inline constexpr std::size_t url_bytes_max = 2048;

/// The parts of a URL that a client needs, as they were written: nothing is decoded.
struct Url {
    bool is_tls = false;
    std::string host;  ///< name or numeric address; IPv6 without brackets
    std::uint16_t port = 0;
    std::string host_field;  ///< for the Host header: brackets kept, the scheme's own port left out
    std::string target;      ///< path and query, "/" at least; a fragment is dropped

    bool operator==(const Url&) const = default;
};

/// Reads "https://host:port/path?query". Refuses, in this order: more than 2048 bytes, what is no
/// URL by RFC 3986 (blanks, brackets, bytes above 127 must be percent-encoded), other schemes, a
/// user or password, an empty host or one of more than 253 bytes, a percent-encoded host, port 0 or
/// above 65535.
Result<Url> parse_url(std::string_view text);

}  // namespace tuma::http
