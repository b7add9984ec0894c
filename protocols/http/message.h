// An HTTP request and its reply as dialects see them: words only, no sockets.
#pragma once

#include "ledger/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::http {

/// Names as they were sent, in order.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The first value of a field, names compared without case; null if there is none.
const std::string* find(const Fields& fields, std::string_view name);

/// One request, whole. Target and body are the bytes that were sent: signatures are over them.
struct HttpRequest {
    std::string method{};
    std::string target{};  ///< path and query; of an absolute-form target the part behind the host
    std::string host{};    ///< of the target or the Host field, with the port if one was given
    Fields headers{};
    std::string body{};
    bool is_tls = false;
    std::string peer{};  ///< "127.0.0.1:51234"

    std::string_view path() const;
    /// Behind the question mark, empty without one.
    std::string_view query() const;
    const std::string* find(std::string_view name) const { return http::find(headers, name); }
};

/// What is to be answered, and what is done to the answer on purpose.
struct HttpReply {
    int status = 200;
    Fields headers{};
    std::string body{};
    Duration delay{};    ///< before it is sent
    bool drop = false;   ///< close the connection instead of answering
    bool close = false;  ///< close the connection after the answer
};

}  // namespace tuma::http
