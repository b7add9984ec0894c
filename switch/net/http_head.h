// The strict part of reading a request's head, and the writing of a reply's.
#pragma once

#include "protocols/http/message.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::net {

/// Where the head at the front of `bytes` ends, the empty line included; npos while it is not
/// whole.
std::size_t end_of_head(std::string_view bytes);

/// Why a head must not be read at all, or nothing. What proxies and servers are known to read in
/// two ways is refused here: bare CR or LF, control characters, folded lines, blanks around a
/// field's name, a Content-Length beside a Transfer-Encoding or different from another one, a
/// transfer coding other than "chunked", more than one Host.
/// Requires: `head` ends with the empty line. Source: RFC 9112, sections 2.2, 5, 6 and 11.2.
std::optional<std::string> misread_head(std::string_view head);

/// The parts of a target. Absolute-form ("https://host/path") is what axios before 1.0 sends to a
/// proxy.
struct TargetParts {
    std::string target;  ///< origin-form
    std::string host;    ///< empty unless the target was absolute
};
/// Nothing when it is neither origin-form, absolute-form nor "*".
std::optional<TargetParts> split_target(std::string_view target);

/// Status line, fields and body as they are sent. Fields that frame the message are added here:
/// Content-Length (not with 204 and 304), Connection.
std::string reply_bytes(const http::HttpReply& reply, bool is_head, bool keeps_alive,
                        unsigned minor_version);

}  // namespace tuma::net
