// HTTP requests and replies as the dialects see them: plain values, no socket.
#pragma once

#include "ledger/words/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::http {

/// Header fields in the order and spelling of the wire; values without surrounding blanks.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The value of the first field of this name, compared without regard to ASCII case; null if there
/// is none.
const std::string* find(const Fields& fields, std::string_view name);
/// Whether there is more than one field of this name.
bool is_repeated(const Fields& fields, std::string_view name);

/// One complete request. Signatures cover bytes, so nothing here is decoded or normalised.
struct HttpRequest {
    std::string method{};  ///< as sent: "GET", "POST"
    /// Path and query exactly as sent: "/v3/pay?a=%7e". Of an absolute-form target the part after
    /// the authority ("/" if there is none); "*" in OPTIONS *.
    std::string target{};
    std::string host{};  ///< of an absolute-form target, else of the Host field; "" in HTTP/1.0
    Fields headers{};
    std::string body{};  ///< without the chunks' frames; trailers are dropped
    bool is_tls = false;
    std::string peer{};  ///< "127.0.0.1:50312"
    /// DER of the certificate with which the client has shown itself in TLS; empty without one.
    std::string client_certificate{};

    std::string_view path() const;
    /// Behind the question mark, empty without one.
    std::string_view query() const;
    const std::string* find(std::string_view name) const { return http::find(headers, name); }
};

/// What the log and the administrator are told of an answer. Nothing of it goes on the wire.
struct ReplyNote {
    std::string route{};     ///< the API: "/v3/pay/transactions/id/{}"
    std::string merchant{};  ///< whom the request is taken to be from; nobody's secret
    std::string code{};      ///< of an error: the dialect's own
    std::string why{};       ///< of a refusal: what was compared with what; never a secret
    std::string trace{};     ///< the request id that the answer shows
};

/// One answer. Content-Length, Connection, Transfer-Encoding are the server's: given here, they are
/// left out. There is no Date unless the dialect gives one, because switch time is its to know.
struct HttpReply {
    int status = 200;
    Fields headers{};
    std::string body{};
    std::string reason{};  ///< behind the status where it is not the usual phrase

    // Faults that an emulator injects.
    Duration delay{};    ///< how long the finished answer is held back
    bool drop = false;   ///< close without answering
    bool close = false;  ///< close after the answer

    ReplyNote note{};
};

/// What somebody else's server answered.
struct HttpAnswer {
    int status = 0;
    Fields headers{};
    std::string body{};
};

/// What the connection adds to a reply.
struct ReplyFrame {
    bool is_head = false;      ///< the answer to HEAD: its body's length, but not the body
    bool keeps_open = true;    ///< else "Connection: close"
    bool is_http_1_0 = false;  ///< then keeping open must be said
};

/// Appends the reply as HTTP/1.1 bytes. A line break or NUL in a header or the reason becomes a
/// blank, so that echoed input cannot add fields. Statuses 1xx, 204 and 304 have neither length nor
/// body. Requires: a status of three digits.
void append_reply(std::string& bytes, const HttpReply& reply, const ReplyFrame& frame);

/// Appends a request as HTTP/1.1 bytes: a Host field first, unless the headers bring their own, and
/// a Content-Length unless GET has no body. Line breaks as in `append_reply`. Requires: a method of
/// capital letters, a target without blanks.
void append_request(std::string& bytes, const HttpRequest& request);

/// "Not Found"; "Status" for numbers without a name.
std::string_view reason_phrase(int status);

}  // namespace tuma::http
