#include "protocols/mpesa/mpesa_adapter.h"

#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/kinds.h"
#include "protocols/mpesa/magic.h"
#include "protocols/mpesa/notices.h"
#include "protocols/mpesa/oauth.h"
#include "protocols/mpesa/profiles.h"
#include "protocols/mpesa/replies.h"
#include "protocols/mpesa/routes.h"

#include <array>
#include <utility>

namespace tuma::mpesa {
namespace {

using protocols::Answer;

constexpr std::size_t secret_bytes_min = 32;
constexpr std::string_view token_path = "/oauth/v1/generate";
/// Not Daraja's: the certificate with which clients encrypt initiators' passwords.
constexpr std::string_view certificate_path = "/mpesa/certificate";

bool is_retired(std::string_view path, std::string_view retired) {
    while (!retired.empty()) {
        const std::size_t blank = retired.find(' ');
        if (retired.substr(0, blank) == path) return true;
        retired = blank == std::string_view::npos ? std::string_view{} : retired.substr(blank + 1);
    }
    return false;
}

http::HttpReply certificate(const protocols::Directory& directory) {
    const auto stored = directory.find(certificate_profile);
    const Result<CredentialKeys> keys =
        stored == nullptr ? Result<CredentialKeys>(CredentialKeys{}) : read_keys(*stored);
    if (!keys || keys->certificate.empty()) return {.status = 404};
    return {.headers = {{"Content-Type", "application/x-pem-file"}}, .body = keys->certificate};
}

std::optional<InputError> misfit_of_secret(std::string_view secret) {
    if (secret.size() >= secret_bytes_min) return std::nullopt;
    return InputError{"secret", "has fewer than 32 characters"};
}

using protocols::misfit_of;
constexpr std::array profile_table{
    protocols::ProfileKind{"mpesa/app/", misfit_of<read_app>},
    protocols::ProfileKind{"mpesa/shortcode/", misfit_of<read_new_shortcode>},
    protocols::ProfileKind{"mpesa/urls/", misfit_of<read_urls>},
    protocols::ProfileKind{"customer/", misfit_of<read_customer>},
    protocols::ProfileKind{options_profile, misfit_of<read_options>},
    protocols::ProfileKind{certificate_profile, misfit_of<read_keys>},
    protocols::ProfileKind{secret_profile, misfit_of_secret}};

}  // namespace

bool MpesaAdapter::owns(std::string_view path) const {
    return is_daraja_path(path);
}

bool MpesaAdapter::owns(std::uint16_t order_kind) const {
    return order_kind >= kind_first && order_kind <= kind_last;
}

Answer MpesaAdapter::handle(const http::HttpRequest& request,
                            const protocols::Context& context) const {
    auto call = std::make_shared<Call>(
        Call{context, options(context.directory), credentials(context.directory), request});
    const std::string_view path = call->request.path();
    if (is_retired(path, call->options->retired_paths)) return fault_reply(path);
    const Script script = script_of(request, {}, *call->options);
    if (!script.error.empty())
        if (const auto error = find_error(script.error, *call->options))
            return error_reply(*call, *error);
    if (path == token_path) return generate_token(*call);
    if (path == certificate_path) return certificate(context.directory);
    const Route* route = find_route(path, *call->options);
    if (route == nullptr) {
        const auto family = family_of(path);
        return family ? error_reply(*call, not_found(*family)) : fault_reply(path);
    }
    if (auto reply = refused(*call, *route)) return *std::move(reply);
    return route->answer(call);
}

std::optional<std::string> MpesaAdapter::address(const core::Effect& effect,
                                                 const protocols::Context&) const {
    std::string url = address_of(effect);
    if (url.empty()) return std::nullopt;
    return url;
}

std::optional<http::HttpReply> MpesaAdapter::refused(Call& call, const Route& route) const {
    if (call.request.method != "POST") return error_reply(call, wrong_method(route.product));
    const auto token = bearer_token(call.request);
    if (!token) return error_reply(call, invalid_header());
    if (!call.options->accept_any_token) {
        if (const auto mark = app_of(call, *token))
            call.app = apps_.find(call.context.directory, *mark);
        if (call.app == nullptr) return error_reply(call, invalid_token(route.product, *token));
    }
    Result<Body> body = Body::read(call.request.body);
    if (!body) {
        // A body that was cut short leaves bytes behind on the connection.
        http::HttpReply reply = error_reply(call, invalid_payload());
        reply.close = true;
        return reply;
    }
    call.body = std::move(body).value();
    return std::nullopt;
}

std::optional<InputError> MpesaAdapter::misspelt_word(const http::HttpRequest& request) const {
    return mpesa::misspelt_word(request);
}

std::span<const protocols::ProfileKind> MpesaAdapter::profile_kinds() const {
    return profile_table;
}

std::vector<std::uint16_t> MpesaAdapter::decline_codes() const {
    std::vector<std::uint16_t> codes;
    for (const ResultRow& row : result_table())
        if (row.number != result::success) codes.push_back(row.number);
    return codes;
}

std::optional<protocols::Callback> MpesaAdapter::render(const core::Effect& effect,
                                                        const protocols::Context& context) const {
    return notice_of(effect, context.directory, *options(context.directory));
}

protocols::Verdict MpesaAdapter::judge(const core::Effect& effect,
                                       const protocols::CallbackResult& result) const {
    return verdict_on(effect, result);
}

std::shared_ptr<const Options> MpesaAdapter::options(const protocols::Directory& directory) const {
    const auto content = directory.find(options_profile);
    const std::lock_guard lock(mutex_);
    if (options_.value != nullptr && options_.content == content) return options_.value;
    Result<Options> read = content == nullptr ? Result<Options>(Options{}) : read_options(*content);
    // Whoever stores options reads them first; what slipped through changes nothing.
    options_.value = std::make_shared<const Options>(read ? std::move(read).value() : Options{});
    options_.content = content;
    return options_.value;
}

std::shared_ptr<const CredentialReader> MpesaAdapter::credentials(
    const protocols::Directory& directory) const {
    const auto content = directory.find(certificate_profile);
    const std::lock_guard lock(mutex_);
    if (credentials_.value != nullptr && credentials_.content == content) return credentials_.value;
    std::optional<CredentialKeys> keys;
    if (content != nullptr)
        if (Result<CredentialKeys> read = read_keys(*content)) keys = std::move(read).value();
    credentials_.value = std::make_shared<const CredentialReader>(keys);
    credentials_.content = content;
    return credentials_.value;
}

}  // namespace tuma::mpesa
