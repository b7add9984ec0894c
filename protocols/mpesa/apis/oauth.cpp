#include "protocols/mpesa/apis/oauth.h"

#include "protocols/crypto/encoding.h"
#include "protocols/kit/access.h"
#include "protocols/kit/json_text.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/wire/replies.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <chrono>
#include <utility>

namespace tuma::mpesa {
namespace {

// One that is there twice means two things. What clients usually send needs no taking apart.
bool has_grant_type(const http::HttpRequest& request) {
    if (request.query() == "grant_type=client_credentials") return true;
    const std::string_view target = request.target;
    const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
    if (!url) return false;
    std::size_t given = 0;
    bool is_good = false;
    for (const auto& parameter : url->params()) {
        if (std::string_view{parameter.key.data(), parameter.key.size()} != "grant_type") continue;
        ++given;
        is_good = parameter.value == "client_credentials";
    }
    return given == 1 && is_good;
}

std::string secret_of(const Call& call) {
    const auto secret = call.context.directory.find(secret_profile);
    return secret == nullptr ? std::string{} : *secret;
}

}  // namespace

std::optional<std::string> bearer_token(const http::HttpRequest& request) {
    const std::string_view token = protocols::authorization(request, "Bearer");
    return token.empty() ? std::nullopt : std::optional<std::string>(token);
}

std::optional<AppMark> app_of(const Call& call, const std::string& token) {
    return app_of_token(secret_of(call), token, call.context.now);
}

std::string token_words(const Call& call, const std::string& token) {
    // Good at the beginning of time: then only its age is wrong.
    if (!app_of_token(secret_of(call), token, Timestamp{}))
        return "the access token was not made by this switch";
    if (!app_of(call, token)) return "the access token has expired";
    return "the app that the access token was made for is not there any more";
}

protocols::Answer generate_token(const CallPtr& asked) {
    const Call& call = *asked;
    if (call.request.method != "GET")
        return call.options->oauth_wrong_method == "fault"
                   ? fault_reply(call.request.path())
                   : error_reply(call, wrong_method(Product::oauth));
    const ApiError malformed{400, "400.008.01", "Invalid Authentication passed"};
    const auto given = protocols::basic_credentials(call.request);
    if (!given)
        return error_reply(
            call, because(malformed, "Authorization is not Basic with base64 of KEY:SECRET"));
    if (!has_grant_type(call.request))
        return error_reply(call, because({400, "400.008.02", "Invalid grant type passed"},
                                         "the query is not grant_type=client_credentials"));
    const auto& [key, password] = *given;
    const auto app = find_app(call.context.directory, key);
    // No body at all. Source: mpesa reference, section 1.2 (observed).
    if (!app || !crypto::constant_time_equal(app->consumer_secret, password)) {
        http::HttpReply reply{.status = 400, .reason = "Bad Request: Invalid Credentials"};
        reply.note.why = app ? "the consumer secret differs from that of the app with this key"
                             : "no app has this consumer key";
        return reply;
    }
    // Nothing is stored of a token: older ones stay good until they expire, as with Daraja, where
    // clients fetch one before every call.
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
