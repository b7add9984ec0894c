#include "protocols/mpesa/mpesa_adapter.h"

#include "ledger/words/text.h"
#include "protocols/kit/route_table.h"
#include "protocols/mpesa/apis/oauth.h"
#include "protocols/mpesa/dialect.h"
#include "protocols/mpesa/notices.h"
#include "protocols/mpesa/orders/test_customers.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/routes.h"
#include "protocols/mpesa/wire/replies.h"

#include <algorithm>
#include <utility>

namespace tuma::mpesa {
namespace {

using protocols::Answer;

// Of the sandbox, from memory.
constexpr std::int64_t queries_a_minute = 5;
// Of invoices. Source: mpesa reference, section 1.19.
constexpr std::size_t list_max = 1'000;

constexpr const char* no_such_path =
    "no API has this path, to the letter; GET /admin/routes lists them";

CredentialReader credential_reader(const std::string* stored) {
    std::optional<CredentialKeys> keys;
    if (stored != nullptr)
        // Without keys the reader matches nothing, and only what has a credential fails.
        if (Result<CredentialKeys> read = read_keys(*stored)) keys = std::move(read).value();
    return CredentialReader{keys};
}

// "application/json", with or without parameters behind it.
bool is_json(const http::HttpRequest& request) {
    constexpr std::string_view json = "application/json";
    const std::string* const type = request.find("Content-Type");
    if (type == nullptr) return false;
    const std::string_view media = trimmed(std::string_view{*type}.substr(0, type->find(';')));
    return std::ranges::equal(media, json, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
}

// One object, or of some APIs an array of them, as it begins.
std::optional<InputError> read_body(Call& call, bool may_be_list) {
    const std::string_view json = call.request.body;
    const std::size_t begin = json.find_first_not_of(" \t\r\n");
    if (may_be_list && begin != std::string_view::npos && json[begin] == '[') {
        Result<std::vector<Body>> list = Body::read_list(json, list_max);
        if (!list) return list.error();
        call.list = std::move(list).value();
        return std::nullopt;
    }
    Result<Body> body = Body::read(json);
    if (!body) return body.error();
    call.body = std::move(body).value();
    return std::nullopt;
}

bool is_mapped(const App& app, Product product) {
    const auto& products = app.products;
    return products.empty() || name(product).empty() ||
           std::find(products.begin(), products.end(), name(product)) != products.end();
}

bool is_retired(std::string_view path, std::string_view retired) {
    while (!retired.empty()) {
        const std::size_t blank = retired.find(' ');
        if (retired.substr(0, blank) == path) return true;
        retired = blank == std::string_view::npos ? std::string_view{} : retired.substr(blank + 1);
    }
    return false;
}

}  // namespace

MpesaAdapter::MpesaAdapter() : ListedAdapter(dialect) {}

Answer MpesaAdapter::handle(const http::HttpRequest& request,
                            const protocols::Context& context) const {
    // Options are taken once: a request is answered by those that held when it came.
    auto call = std::make_shared<Call>(Call{
        context,
        options_.get(context.directory, options_profile, protocols::read_or_fresh(read_options)),
        credentials_.get(context.directory, certificate_profile, credential_reader), request,
        recent_});
    const std::string_view path = call->request.path();
    if (is_retired(path, call->options->retired_paths)) return fault_reply(path);
    // Errors that a test has asked for come before token and body, like those of Daraja's gateway.
    const Script script = script_of(request, {}, *call->options);
    if (script.error == soap_fault) return soap_reply();
    if (!script.error.empty())
        if (const auto error = find_error(script.error, *call->options))
            return error_reply(*call, *error);
    const auto match = protocols::find_route(routes(), request.method,
                                             path_of(path, *call->options), *call->options);
    if (match.row == nullptr) {
        // The path is there with another method; the family of APIs decides how that is said.
        if (!match.others.empty())
            return error_reply(*call, because(wrong_method(match.others.front()->mark),
                                              "this path takes another method: " +
                                                  std::string(match.others.front()->method)));
        const auto family = family_of(path);
        return family ? error_reply(*call, because(not_found(*family), no_such_path))
                      : fault_reply(path);
    }
    const auto fill = [call, row = match.row](http::ReplyNote& note) {
        protocols::fill_in(note.route, row->path);
        if (call->app != nullptr) protocols::fill_in(note.merchant, call->app->name);
        // Also of a success, whose MerchantRequestID or ConversationID it is.
        if (note.trace.empty()) note.trace = new_request_id(*call);
    };
    const Product product = match.row->mark;
    // A token cannot be asked for with a token, and the certificate is for everybody.
    if (product != Product::oauth && product != Product::other)
        if (auto reply = refused(*call, product)) return protocols::noted(*std::move(reply), fill);
    return protocols::noted(match.row->answer(call), fill);
}

std::vector<protocols::OfferedCall> MpesaAdapter::calls(
    const protocols::Directory& directory) const {
    const auto options =
        options_.get(directory, options_profile, protocols::read_or_fresh(read_options));
    auto calls = protocols::offered_calls(routes(), *options);
    std::erase_if(calls,
                  [&](const auto& call) { return is_retired(call.path, options->retired_paths); });
    return calls;
}

std::optional<std::string> MpesaAdapter::address(const core::Effect& effect,
                                                 const protocols::Context&) const {
    std::string url = address_of(effect);
    if (url.empty()) return std::nullopt;
    return url;
}

std::optional<http::HttpReply> MpesaAdapter::refused(Call& call, Product product) const {
    const auto token = bearer_token(call.request);
    // Before the body: nothing of it is parsed for somebody who may not ask.
    if (!token)
        return error_reply(call,
                           because(invalid_header(), "there is no Authorization: Bearer TOKEN"));
    if (!call.options->accept_any_token) {
        if (const auto mark = app_of(call, *token))
            // A token outlives its app's profile; without the profile it is no good.
            call.app = apps_.find(call.context.directory, *mark);
        if (call.app == nullptr)
            return error_reply(call,
                               because(invalid_token(product, *token), token_words(call, *token)));
        if (!is_mapped(*call.app, product)) return error_reply(call, no_product());
    }
    // What is not called JSON is not looked at: every field of it is missing.
    call.is_body_ignored = !call.options->any_content_type && !is_json(call.request);
    if (call.is_body_ignored) return std::nullopt;
    const auto error = read_body(call, product == Product::bill);
    if (!error) return std::nullopt;
    // A body that was cut short leaves bytes behind on the connection.
    http::HttpReply reply = error_reply(call, because(invalid_payload(), error->text()));
    reply.close = true;
    return reply;
}

std::optional<InputError> MpesaAdapter::misspelt_word(const http::HttpRequest& request) const {
    return mpesa::misspelt_word(request);
}

http::HttpReply MpesaAdapter::too_many_requests(const http::HttpRequest&) const {
    return spike_reply(queries_a_minute);
}

std::optional<protocols::Callback> MpesaAdapter::render(const core::Effect& effect,
                                                        const protocols::Context& context) const {
    const auto options =
        options_.get(context.directory, options_profile, protocols::read_or_fresh(read_options));
    auto callback = notice_of(effect, context.directory, *options);
    if (callback && !options->callback_source.empty())
        callback->headers.emplace_back("X-Forwarded-For", options->callback_source);
    return callback;
}

protocols::Verdict MpesaAdapter::judge(const core::Effect& effect,
                                       const protocols::CallbackResult& result) const {
    return verdict_on(effect, result);
}

}  // namespace tuma::mpesa
