// Fuzzes the HTTP readers: what is a request whole is the same request in pieces.
#include "ledger/words/ensure.h"
#include "protocols/http/http_readers.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace {

using namespace tuma;
using net::HttpReadState;

const net::HttpMessageLimits limits{
    .header_bytes_max = 1'000, .fields_max = 10, .body_bytes_max = 2'000};

/// The request at the front, read in pieces of `step` bytes, and where it ended.
std::optional<http::HttpRequest> request_in(std::string_view bytes, std::size_t step,
                                            std::size_t& used) {
    net::RequestReader reader(limits);
    while (used < bytes.size()) {
        used += reader.feed(bytes.substr(used, step));
        if (reader.state() == HttpReadState::refused) return std::nullopt;
        if (reader.state() == HttpReadState::complete) return reader.take();
    }
    return std::nullopt;
}

void read_requests(std::string_view bytes) {
    while (!bytes.empty()) {
        std::size_t whole_used = 0;
        std::size_t piecewise_used = 0;
        const auto whole = request_in(bytes, bytes.size(), whole_used);
        const auto piecewise = request_in(bytes, 1, piecewise_used);
        ensure(whole.has_value() == piecewise.has_value(), "a split decides what a request is");
        if (!whole) return;
        ensure(whole_used == piecewise_used, "a split decides where a request ends");
        ensure(whole->method == piecewise->method && whole->target == piecewise->target &&
                   whole->headers == piecewise->headers && whole->body == piecewise->body,
               "a request came back different");
        ensure(whole->body.size() <= limits.body_bytes_max, "a body is too long");
        bytes.remove_prefix(whole_used);
    }
}

void read_answer(std::string_view bytes, std::size_t step) {
    net::ResponseReader reader(limits);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
        reader.feed(bytes.substr(0, step));
        if (reader.state() == HttpReadState::refused) return;
        if (reader.state() == HttpReadState::complete) break;
    }
    if (reader.state() != HttpReadState::complete) reader.end();
    if (reader.state() == HttpReadState::complete)
        ensure(reader.take().body.size() <= limits.body_bytes_max, "a body is too long");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_requests(bytes);
    read_answer(bytes, 1);
    read_answer(bytes, 7);
    return 0;
}
