// The only file of the switch that includes Beast: it takes long to compile.
#include "protocols/http/http_readers.h"

#include "ledger/words/ensure.h"
#include "protocols/http/head_scan.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/optional/optional.hpp>

#include <algorithm>
#include <utility>

namespace tuma::net {
namespace {

namespace beast = boost::beast;
using beast::http::error;
using beast::http::field;
using boost::system::error_code;

// A chunk's size line with its extensions, or the trailer, may be so long.
constexpr std::size_t chunk_line_bytes_max = 16 * 1024;
// What is not used yet of a chunked body is at least so long when the body is complete: "0", two
// line ends. Beast asserts that it is never given less of a last chunk a second time.
constexpr std::size_t last_chunk_bytes = 5;
// Room that a length alone may ask for; the rest comes with the bytes.
constexpr std::uint64_t body_room_max = 64 * 1024;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 18 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_method_letter(char c) {
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

HttpRefusal refusal_of(const error_code& code) {
    if (code == error::body_limit) return {413, "the body is too long"};
    if (code == error::header_limit) return {431, "the header is too long"};
    if (code == error::bad_method) return {400, "the method is malformed"};
    if (code == error::bad_target) return {400, "the target is malformed"};
    if (code == error::bad_version) return {400, "the version is not HTTP/1.0 or HTTP/1.1"};
    if (code == error::bad_field) return {400, "the name of a header field is malformed"};
    if (code == error::bad_value) return {400, "the value of a header field is malformed"};
    if (code == error::bad_content_length || code == error::multiple_content_length)
        return {400, "Content-Length is malformed or contradicts another field"};
    if (code == error::bad_transfer_encoding)
        return {400, "Transfer-Encoding is repeated or contradicts Content-Length"};
    if (code == error::bad_chunk || code == error::bad_chunk_extension)
        return {400, "the size of a chunk is malformed"};
    if (code == error::partial_message) return {400, "the message ended early"};
    return {400, "the message is no HTTP/1.1"};
}

/// False for bytes with which no answer in HTTP/1 begins.
bool may_be_answer(std::string_view bytes) {
    constexpr std::string_view begin = "HTTP/1.";
    return begin.starts_with(bytes.substr(0, begin.size()));
}

/// Cuts "http://host:1/path?q" into host and target. False when it is neither http nor https, or
/// has no host or a user in it.
bool cut_absolute_form(http::HttpRequest& request) {
    const std::string_view target = request.target;
    const std::size_t scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return false;
    const beast::string_view scheme{target.data(), scheme_end};
    if (!beast::iequals(scheme, "http") && !beast::iequals(scheme, "https")) return false;
    const std::string_view rest = target.substr(scheme_end + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string host{rest.substr(0, end)};
    std::string path{rest.substr(end)};
    // A fragment has no place in a request, and a user before an @ hides the host from whoever
    // reads the line.
    if (host.empty() || host.find_first_of("@#") != std::string::npos) return false;
    // "http://host?q" has no path. A dialect finds its API by a path, so that there is always one.
    if (!path.starts_with('/')) path.insert(0, "/");
    request.host = std::move(host);
    request.target = std::move(path);
    return true;
}

}  // namespace

class RequestReader::Parser final : public beast::http::basic_parser<true> {
public:
    explicit Parser(const HttpMessageLimits& the_limits) : limits(the_limits) {
        // Without it put() returns after the head and after each part of a body.
        eager(true);
        // read_head() counts the bytes itself and says which bound was met. Beast's own bound lies
        // above it, so that it never speaks first.
        header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + 1));
        body_limit(limits.body_bytes_max);
    }

    std::size_t feed(std::string_view bytes) {
        ensure(state != HttpReadState::complete && state != HttpReadState::refused,
               "the request has ended already");
        std::string_view rest = bytes;
        // Each step leaves in `rest` what it did not use, so that one read of the socket may bring
        // a whole request.
        if (state == HttpReadState::idle) skip_empty_lines(rest);
        if (state == HttpReadState::head) read_head(rest);
        if (state == HttpReadState::body && !rest.empty()) read_body(rest);
        return bytes.size() - rest.size();
    }

    void refuse(HttpRefusal why) {
        if (state == HttpReadState::refused) return;
        // The first reason counts: an error that Beast reports afterwards follows from it.
        refusal = std::move(why);
        state = HttpReadState::refused;
    }

    const HttpMessageLimits limits;
    http::HttpRequest request;
    HttpRefusal refusal;
    HttpReadState state = HttpReadState::idle;
    bool is_http_1_0 = false;
    bool expects_continue = false;

private:
    void skip_empty_lines(std::string_view& rest) {
        while (!rest.empty() && state == HttpReadState::idle) {
            const char c = rest.front();
            if (c != (is_after_cr_ ? '\n' : '\r')) {
                if (is_after_cr_) return refuse({400, "a CR without LF before the request"});
                state = HttpReadState::head;
                return;
            }
            is_after_cr_ = !is_after_cr_;
            rest.remove_prefix(1);
        }
    }

    /// False at the first byte that no method has.
    bool is_method_fine(std::string_view bytes) {
        for (const char c : bytes) {
            if (has_method_) return true;
            if (c == ' ' && method_bytes_ > 0)
                has_method_ = true;
            else if (!is_method_letter(c) || ++method_bytes_ > 32)
                return false;
        }
        return true;
    }

    void read_head(std::string_view& rest) {
        // Before the line's end, which may never come: whoever speaks TLS or another protocol to
        // this port is told at the first byte, not after a timeout.
        if (!is_method_fine(rest))
            return refuse({400, "what was sent does not begin with a method"});
        const std::size_t used = scan_.feed(rest);
        // Beast gets the head in one piece and only after the scan has passed it, so that it cannot
        // see other lines than the scan.
        head_.append(rest.substr(0, used));
        rest.remove_prefix(used);
        if (const auto problem = scan_.problem()) return refuse({400, std::string(*problem)});
        // A head without an end is measured too; otherwise it would grow until the memory is full.
        if (head_.size() > limits.header_bytes_max) return refuse({431, "the header is too long"});
        if (!scan_.is_complete()) return;
        error_code code;
        put(boost::asio::buffer(head_), code);
        // The fields have been copied, and a long body may follow: the bytes are given back.
        head_ = {};
        if (state == HttpReadState::refused) return;
        if (code && code != error::need_more) return refuse(refusal_of(code));
        check_head();
        if (state == HttpReadState::refused) return;
        state = is_done() ? HttpReadState::complete : HttpReadState::body;
    }

    void read_body(std::string_view& rest) {
        error_code code;
        if (chunked() && tail_.size() + rest.size() < last_chunk_bytes) {
            // Too few bytes for a last chunk: they wait for more (see last_chunk_bytes).
            tail_.append(std::exchange(rest, {}));
        } else if (tail_.empty()) {
            rest.remove_prefix(put(boost::asio::buffer(rest), code));
            if (!is_done()) {
                // Beast keeps nothing that it has not used. It is a part of a size line or trailer
                // and is shown to it again together with what follows.
                tail_ = rest;
                rest = {};
            }
        } else {
            tail_.append(rest);
            tail_.erase(0, put(boost::asio::buffer(tail_), code));
            // What is left over came just now: the older bytes were used, or more would be needed.
            rest = is_done() ? rest.substr(rest.size() - tail_.size()) : std::string_view{};
        }
        if (code && code != error::need_more) return refuse(refusal_of(code));
        if (is_done()) {
            state = HttpReadState::complete;
        } else if (tail_.size() > chunk_line_bytes_max) {
            refuse({400, "the size line or the trailer of a chunk is too long"});
        }
    }

    void check_head() {
        // With two of them a proxy could route by one and a dialect answer by the other.
        if (!is_http_1_0 && hosts_ != 1)
            return refuse({400, "a request in HTTP/1.1 has exactly one Host"});
        if (is_http_1_0) {
            expects_continue = false;
            // A proxy of that age knows no chunks and sees another end of the body than we do.
            if (chunked()) return refuse({400, "Transfer-Encoding in HTTP/1.0"});
        }
        if (request.method == "CONNECT") {
            // What follows belongs to the tunnel. A body would swallow its first bytes.
            if (!is_done() || chunked() || request.target.find(':') == std::string::npos ||
                request.target.find_first_of("/?@") != std::string::npos)
                return refuse({400, "CONNECT has a target HOST:PORT and no body"});
            request.host = request.target;
            return;
        }
        // Only OPTIONS may ask about the server as a whole.
        const bool is_whole_server = request.method == "OPTIONS" && request.target == "*";
        if (request.target.starts_with('/') || is_whole_server) return;
        if (!cut_absolute_form(request))
            refuse({400, "the target is neither a path nor an http or https URL"});
    }

    void on_request_impl(beast::http::verb /*method*/, beast::string_view method,
                         beast::string_view target, int version, error_code& /*code*/) override {
        request.method = view(method);
        request.target = view(target);
        is_http_1_0 = version == 10;
    }

    void on_field_impl(field name, beast::string_view text, beast::string_view value,
                       error_code& code) override {
        // Whatever comes behind the body has passed none of the checks of the head, and nobody
        // expects it.
        if (is_past_head_) return;  // trailers
        if (!check_field(name, view(value))) {
            // Any error makes Beast stop. The true reason is in `refusal` already.
            code = error::bad_value;
            return;
        }
        request.headers.emplace_back(view(text), view(value));
    }

    bool check_field(field name, std::string_view value) {
        // Beast takes equal lengths, repeated or in a list, as one, and any list of codings that
        // ends in chunked. Another parser on the way may not, so that only the plain forms are
        // taken here.
        if (request.headers.size() >= limits.fields_max) {
            refuse({431, "too many header fields"});
        } else if (name == field::content_length && ++lengths_ > 1) {
            refuse({400, "more than one Content-Length"});
        } else if (name == field::content_length && !is_number(value)) {
            refuse({400, "Content-Length is no number"});
        } else if (name == field::transfer_encoding &&
                   !beast::iequals({value.data(), value.size()}, "chunked")) {
            refuse({400, "the only Transfer-Encoding is chunked"});
        } else if (name == field::host) {
            ++hosts_;
            // Of an absolute-form target the host is put in its place by check_head().
            request.host = value;
        } else if (name == field::expect) {
            if (!beast::iequals({value.data(), value.size()}, "100-continue"))
                refuse({417, "the only Expect is 100-continue"});
            expects_continue = true;
        }
        return state != HttpReadState::refused;
    }

    void on_header_impl(error_code& /*code*/) override { is_past_head_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                           error_code& /*code*/) override {
        request.body.reserve(std::min(length.value_or(0), body_room_max));
    }
    std::size_t on_body_impl(beast::string_view bytes, error_code& /*code*/) override {
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t /*size*/, beast::string_view /*extensions*/,
                              error_code& /*code*/) override {}
    std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, beast::string_view bytes,
                                   error_code& /*code*/) override {
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_response_impl(int /*status*/, beast::string_view /*reason*/, int /*version*/,
                          error_code& /*code*/) override {}
    void on_finish_impl(error_code& /*code*/) override {}

    http::HeadScan scan_;
    std::string head_;
    std::string tail_;  ///< the begun size line or trailer of a chunk
    bool is_after_cr_ = false;
    bool has_method_ = false;
    std::size_t method_bytes_ = 0;
    bool is_past_head_ = false;
    int lengths_ = 0;
    int hosts_ = 0;
};

RequestReader::RequestReader(const HttpMessageLimits& limits)
    : parser_(std::make_unique<Parser>(limits)) {}

RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(std::string_view bytes) {
    return parser_->feed(bytes);
}

HttpReadState RequestReader::state() const {
    return parser_->state;
}

bool RequestReader::expects_continue() const {
    // A client whose body is here already waits for nothing.
    return parser_->state == HttpReadState::body && parser_->expects_continue;
}

bool RequestReader::keeps_open() const {
    return parser_->keep_alive();
}

bool RequestReader::is_http_1_0() const {
    return parser_->is_http_1_0;
}

std::size_t RequestReader::body_bytes() const {
    return parser_->request.body.size();
}

const HttpRefusal& RequestReader::refusal() const {
    ensure(parser_->state == HttpReadState::refused, "the request was not refused");
    return parser_->refusal;
}

http::HttpRequest RequestReader::take() {
    ensure(parser_->state == HttpReadState::complete, "the request is not complete");
    return std::move(parser_->request);
}

class ResponseReader::Parser final : public beast::http::basic_parser<false> {
public:
    explicit Parser(const HttpMessageLimits& the_limits) : limits(the_limits) {
        eager(true);
        header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        body_limit(limits.body_bytes_max);
    }

    const HttpMessageLimits limits;
    http::HttpAnswer answer;
    HttpRefusal refusal;
    HttpReadState state = HttpReadState::idle;

private:
    void on_response_impl(int status, beast::string_view /*reason*/, int /*version*/,
                          error_code& /*code*/) override {
        answer.status = status;
    }
    void on_field_impl(field /*name*/, beast::string_view text, beast::string_view value,
                       error_code& code) override {
        if (state == HttpReadState::body) return;  // trailers
        if (answer.headers.size() >= limits.fields_max)
            code = error::header_limit;
        else
            answer.headers.emplace_back(view(text), view(value));
    }
    void on_header_impl(error_code& /*code*/) override { state = HttpReadState::body; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                           error_code& /*code*/) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code& /*code*/) override {
        answer.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t /*size*/, beast::string_view /*extensions*/,
                              error_code& /*code*/) override {}
    std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, beast::string_view bytes,
                                   error_code& /*code*/) override {
        answer.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_request_impl(beast::http::verb /*method*/, beast::string_view /*text*/,
                         beast::string_view /*target*/, int /*version*/,
                         error_code& /*code*/) override {}
    void on_finish_impl(error_code& /*code*/) override {}
};

ResponseReader::ResponseReader(const HttpMessageLimits& limits)
    : limits_(limits), parser_(std::make_unique<Parser>(limits)) {}

ResponseReader::~ResponseReader() = default;

void ResponseReader::feed(std::string_view bytes) {
    ensure(state() != HttpReadState::complete && state() != HttpReadState::refused,
           "the answer has ended already");
    bytes_.append(bytes);
    put();
}

void ResponseReader::put() {
    while (!bytes_.empty()) {
        // Beast looks at nothing before the first line's end, which may never come.
        if (parser_->answer.status == 0 && !may_be_answer(bytes_)) {
            parser_->refusal = {400, "the message is no HTTP/1.1"};
            parser_->state = HttpReadState::refused;
            return;
        }
        const bool is_chunked = parser_->state == HttpReadState::body && parser_->chunked();
        if (is_chunked && bytes_.size() < last_chunk_bytes) return;
        error_code code;
        // What is not used stays: Beast wants to see a begun line again from its start.
        bytes_.erase(0, parser_->put(boost::asio::buffer(bytes_), code));
        if (code && code != error::need_more) {
            parser_->refusal = refusal_of(code);
            parser_->state = HttpReadState::refused;
            return;
        }
        if (!parser_->is_done()) {
            if (parser_->state == HttpReadState::body && bytes_.size() > chunk_line_bytes_max) {
                // Otherwise a line without an end would be kept for ever.
                parser_->refusal = {400, "the size line of a chunk is too long"};
                parser_->state = HttpReadState::refused;
            }
            return;
        }
        if (parser_->answer.status >= 200) return settle();
        // An interim answer. The real one follows on the same connection and is read from its
        // beginning.
        parser_ = std::make_unique<Parser>(limits_);
    }
}

void ResponseReader::settle() {
    // Bytes behind the answer are no answer to anything that was asked. On a connection that is
    // used again they would be taken for the next one.
    keeps_open_ = parser_->keep_alive() && bytes_.empty();
    parser_->state = HttpReadState::complete;
}

void ResponseReader::end() {
    ensure(state() != HttpReadState::complete && state() != HttpReadState::refused,
           "the answer has ended already");
    error_code code = error::partial_message;
    // A connection's end may only end a body that has no other. Bytes left over are a chunk that
    // was cut off.
    if (parser_->state == HttpReadState::body && bytes_.empty()) parser_->put_eof(code);
    if (!code) return settle();
    parser_->refusal = refusal_of(code);
    parser_->state = HttpReadState::refused;
}

HttpReadState ResponseReader::state() const {
    return parser_->state;
}

bool ResponseReader::keeps_open() const {
    return keeps_open_;
}

const HttpRefusal& ResponseReader::refusal() const {
    ensure(state() == HttpReadState::refused, "the answer was not refused");
    return parser_->refusal;
}

http::HttpAnswer ResponseReader::take() {
    ensure(state() == HttpReadState::complete, "the answer is not complete");
    return std::move(parser_->answer);
}

}  // namespace tuma::net
