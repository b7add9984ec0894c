#include "protocols/mpesa/oauth.h"

#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"
#include "protocols/mpesa/profiles.h"
#include "protocols/mpesa/replies.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tuma::mpesa {
namespace {

constexpr std::size_t credentials_bytes_max = 1'024;

bool is_same_word(std::string_view a, std::string_view lower) {
    return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
}

// What follows "SCHEME " in the field Authorization.
std::optional<std::string> authorization(const http::HttpRequest& request,
                                         std::string_view scheme) {
    const std::string* field = request.find("Authorization");
    if (field == nullptr) return std::nullopt;
    const std::string_view text = *field;
    if (text.size() <= scheme.size() + 1 || text[scheme.size()] != ' ' ||
        !is_same_word(text.substr(0, scheme.size()), scheme))
        return std::nullopt;
    const std::size_t first = text.find_first_not_of(' ', scheme.size());
    if (first == std::string_view::npos) return std::nullopt;
    return std::string(text.substr(first));
}

bool has_grant_type(std::string_view query) {
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        if (query.substr(0, end) == "grant_type=client_credentials") return true;
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    }
    return false;
}

std::string secret_of(const Call& call) {
    const auto secret = call.context.directory.find(secret_profile);
    return secret == nullptr ? std::string{} : *secret;
}

}  // namespace

std::optional<std::string> bearer_token(const http::HttpRequest& request) {
    return authorization(request, "bearer");
}

std::optional<AppMark> app_of(const Call& call, const std::string& token) {
    return app_of_token(secret_of(call), token, call.context.now);
}

http::HttpReply generate_token(const Call& call) {
    if (call.request.method != "GET")
        return call.options->oauth_wrong_method == "fault"
                   ? fault_reply(call.request.path())
                   : error_reply(call, wrong_method(Product::oauth));
    const ApiError malformed{400, "400.008.01", "Invalid Authentication passed"};
    const auto basic = authorization(call.request, "basic");
    if (!basic) return error_reply(call, malformed);
    const Result<std::string> pair = crypto::base64_decode(*basic, credentials_bytes_max);
    if (!pair || pair->find(':') == std::string::npos) return error_reply(call, malformed);
    if (!has_grant_type(call.request.query()))
        return error_reply(call, {400, "400.008.02", "Invalid grant type passed"});
    const std::size_t colon = pair->find(':');
    const std::string key = pair->substr(0, colon);
    const auto app = find_app(call.context.directory, key);
    // No body at all. Source: mpesa reference, section 1.2 (observed).
    if (!app || !crypto::constant_time_equal(app->consumer_secret, pair->substr(colon + 1)))
        return {.status = 400};
    const std::int64_t lifetime = call.options->token_lifetime_s;
    return json_reply(
        protocols::JsonText()
            .begin_object()
            .text("access_token", make_token(secret_of(call), key,
                                             call.context.now + std::chrono::seconds{lifetime}))
            .text("expires_in", std::to_string(lifetime))
            .end_object()
            .take());
}

}  // namespace tuma::mpesa
