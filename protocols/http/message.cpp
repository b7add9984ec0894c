#include "protocols/http/message.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tuma::http {
namespace {

struct Phrase {
    int status;
    std::string_view text;
};

// RFC 9110, section 15.
constexpr Phrase phrases[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_framing(std::string_view name) {
    return is_same_name(name, "Content-Length") || is_same_name(name, "Connection") ||
           is_same_name(name, "Transfer-Encoding");
}

void append_clean(std::string& bytes, std::string_view text) {
    // Callers echo what clients have sent. A blank is what RFC 9110, section 5.5, allows in such a
    // place, and the length stays as it was.
    std::ranges::replace_copy_if(
        text, std::back_inserter(bytes), [](char c) { return c == '\r' || c == '\n' || c == '\0'; },
        ' ');
}

void append_fields(std::string& bytes, const Fields& headers) {
    for (const auto& [name, value] : headers) {
        // These must be true of the bytes that follow, which only the connection knows.
        if (is_framing(name)) continue;
        append_clean(bytes, name);
        bytes += ": ";
        append_clean(bytes, value);
        bytes += "\r\n";
    }
}

}  // namespace

const std::string* find(const Fields& fields, std::string_view name) {
    // Few fields, so that a list is fast enough; a map would lose their order and spelling.
    for (const auto& [field, value] : fields)
        if (is_same_name(field, name)) return &value;
    return nullptr;
}

bool is_repeated(const Fields& fields, std::string_view name) {
    return std::ranges::count_if(
               fields, [&](const auto& field) { return is_same_name(field.first, name); }) > 1;
}

std::string_view HttpRequest::path() const {
    return std::string_view{target}.substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
    const std::size_t question = target.find('?');
    return question == std::string::npos ? std::string_view{}
                                         : std::string_view{target}.substr(question + 1);
}

std::string_view reason_phrase(int status) {
    for (const Phrase& phrase : phrases)
        if (phrase.status == status) return phrase.text;
    return "Status";
}

void append_reply(std::string& bytes, const HttpReply& reply, const ReplyFrame& frame) {
    ensure(reply.status >= 100 && reply.status <= 999, "an HTTP status has three digits");
    fmt::format_to(std::back_inserter(bytes), "HTTP/1.1 {} ", reply.status);
    append_clean(bytes, reply.reason.empty() ? reason_phrase(reply.status) : reply.reason);
    bytes += "\r\n";
    append_fields(bytes, reply.headers);
    // A length on a status that has no body would make some clients wait for one.
    const bool has_body = reply.status >= 200 && reply.status != 204 && reply.status != 304;
    if (has_body)
        fmt::format_to(std::back_inserter(bytes), "Content-Length: {}\r\n", reply.body.size());
    if (!frame.keeps_open)
        // Each version says only what differs from its habit: HTTP/1.1 stays open, HTTP/1.0 closes.
        bytes += "Connection: close\r\n";
    else if (frame.is_http_1_0)
        bytes += "Connection: keep-alive\r\n";
    bytes += "\r\n";
    // HEAD is told the length that GET would have and gets none of the bytes.
    if (has_body && !frame.is_head) bytes += reply.body;
}

void append_request(std::string& bytes, const HttpRequest& request) {
    const bool is_method =
        !request.method.empty() &&
        std::ranges::all_of(request.method, [](char c) { return c >= 'A' && c <= 'Z'; });
    ensure(is_method, "an HTTP method has capital letters only");
    ensure(request.target.find_first_of(" \t\r\n") == std::string::npos,
           "an HTTP target has no blanks");
    fmt::format_to(std::back_inserter(bytes), "{} {} HTTP/1.1\r\n", request.method, request.target);
    if (!request.find("Host")) append_fields(bytes, {{"Host", request.host}});
    append_fields(bytes, request.headers);
    // A POST without a body says so too. MTN's gateway, for one, answers 411 to one that does not.
    if (!request.body.empty() || request.method != "GET")
        fmt::format_to(std::back_inserter(bytes), "Content-Length: {}\r\n", request.body.size());
    bytes += "\r\n";
    bytes += request.body;
}

}  // namespace tuma::http
