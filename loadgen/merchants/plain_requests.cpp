#include "loadgen/merchants/plain_requests.h"

#include "ledger/words/input_file.h"
#include "loadgen/client/http_stream.h"
#include "protocols/http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace tuma::loadgen {
namespace {

constexpr std::size_t body_bytes_max = std::size_t{1} << 20U;

bool is_success(int status) {
    return status >= 200 && status <= 299;
}

/// Of visible ASCII, as a request line carries it.
bool is_path(std::string_view path) {
    return path.starts_with('/') && std::all_of(path.begin(), path.end(), [](char letter) {
               return letter > ' ' && letter <= '~';
           });
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char letter) { return letter >= ' ' && letter <= '~'; });
}

/// The bytes of the request; what is wrong with it otherwise.
Result<std::string> request_bytes(const MerchantPlan& plan) {
    const PlainRequest& plain = plan.plain;
    http::HttpRequest request{.method = "GET",
                              .target = plain.path.empty() ? "/" : plain.path,
                              .host = plan.target.text()};
    if (!is_path(request.target))
        return InputError{"--path", fmt::format("\"{}\" does not begin with a slash, or has blanks "
                                                "or other letters than ASCII; write those as %20",
                                                plain.path)};
    if (plain.body.empty()) {
        if (!plain.content_type.empty())
            return InputError{"--content-type", "is of a body; give --body=FILE, or leave it out"};
    } else {
        auto body = read_text_file(plain.body);
        if (!body) return InputError{"--body", body.error().text()};
        if (body->size() > body_bytes_max)
            return InputError{
                "--body", fmt::format("{} has {} bytes, at most {} are sent", plain.body.string(),
                                      body->size(), body_bytes_max)};
        const std::string& type =
            plain.content_type.empty() ? "application/json" : plain.content_type;
        if (!is_field_value(type))
            return InputError{"--content-type", "has other letters than ASCII in it"};
        request.method = "POST";
        request.body = std::move(body).value();
        request.headers = {{"Content-Type", type}};
    }
    std::string bytes;
    http::append_request(bytes, request);
    return bytes;
}

}  // namespace

Result<MakeMerchant> prepare_plain(const MerchantPlan& plan, const Preparation& told) {
    auto bytes = request_bytes(plan);
    if (!bytes) return bytes.error();
    HttpStream stream(connect_to(plan.target, plan.set_up_timeout));
    int status = 0;
    try {
        status = call(stream, *bytes, plan.set_up_timeout).status;
    } catch (const ConnectionError& error) {
        throw ConnectionError(fmt::format("http://{}: {}; is it HTTP that is spoken there?",
                                          plan.target.text(), error.what()));
    }
    if (!is_success(status))
        told.say(fmt::format("http://{} answers \"{} {}\" to this request, which is no success",
                             plan.target.text(), status, http::reason_phrase(status)));
    return MakeMerchant([bytes = std::move(bytes).value()](const MerchantPlan&) {
        return std::make_unique<PlainRequests>(bytes);
    });
}

std::optional<HttpVerdict> PlainRequests::read_reply(const http::HttpAnswer& reply,
                                                     const HttpOperation&) {
    if (is_success(reply.status)) return HttpVerdict{};
    return HttpVerdict{.refusal = fmt::format("http_{}", reply.status), .key = {}};
}

std::vector<std::pair<std::string, std::string>> PlainRequests::facts() const {
    const std::string_view line = std::string_view(bytes_).substr(0, bytes_.find(" HTTP/"));
    return {{"request", std::string(line)}, {"request_bytes", std::to_string(bytes_.size())}};
}

}  // namespace tuma::loadgen
