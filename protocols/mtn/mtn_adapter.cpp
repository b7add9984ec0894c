#include "protocols/mtn/mtn_adapter.h"

#include "protocols/kit/route_table.h"
#include "protocols/mtn/apis.h"
#include "protocols/mtn/dialect.h"
#include "protocols/mtn/errors.h"
#include "protocols/mtn/operations.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::mtn {
namespace {

using protocols::Answer;

// Source: mtn reference, paths.
constexpr std::array route_table{
    Route{"POST", "", "/v1_0/apiuser", create_user, Kind::none, Door::key},
    Route{"GET", "", "/v1_0/apiuser/{}", tell_user, Kind::none, Door::key},
    Route{"POST", "", "/v1_0/apiuser/{}/apikey", create_key, Kind::none, Door::key},
    Route{"POST", "cdr", "/token/", create_token, Kind::none, Door::basic},
    Route{"POST", "cdr", "/token", create_token, Kind::none, Door::basic},
    Route{"GET", "cdr", "/v1_0/account/balance", tell_balance},
    Route{"GET", "cdr", "/v1_0/account/balance/{}", tell_balance},
    Route{"GET", "cdr", "/v1_0/accountholder/{}/{}/active", tell_active},
    Route{"GET", "cdr", "/v1_0/accountholder/{}/{}/basicuserinfo", tell_holder},
    Route{"POST", "c", "/v1_0/requesttopay", open_request, Kind::request_to_pay},
    Route{"GET", "c", "/v1_0/requesttopay/{}", tell_request, Kind::request_to_pay},
    Route{"POST", "c", "/v1_0/requesttopay/{}/deliverynotification", deliver_notification,
          Kind::request_to_pay},
    Route{"POST", "c", "/v1_0/requesttowithdraw", open_request, Kind::withdrawal},
    Route{"POST", "c", "/v2_0/requesttowithdraw", open_request, Kind::withdrawal},
    Route{"GET", "c", "/v1_0/requesttowithdraw/{}", tell_request, Kind::withdrawal},
    Route{"POST", "c", "/v2_0/invoice", open_request, Kind::invoice},
    Route{"GET", "c", "/v2_0/invoice/{}", tell_request, Kind::invoice},
    Route{"DELETE", "c", "/v2_0/invoice/{}", cancel_invoice, Kind::invoice},
    Route{"POST", "c", "/v2_0/preapproval", open_request, Kind::preapproval},
    Route{"GET", "c", "/v2_0/preapproval/{}", tell_request, Kind::preapproval},
    Route{"GET", "c", "/v1_0/preapproval/{}/{}", list_preapprovals, Kind::preapproval},
    Route{"DELETE", "c", "/v1_0/preapproval/{}", cancel_preapproval, Kind::preapproval},
    Route{"POST", "dr", "/v1_0/transfer", open_request, Kind::transfer},
    Route{"GET", "dr", "/v1_0/transfer/{}", tell_request, Kind::transfer},
    Route{"POST", "d", "/v1_0/deposit", open_request, Kind::deposit},
    Route{"POST", "d", "/v2_0/deposit", open_request, Kind::deposit},
    Route{"GET", "d", "/v1_0/deposit/{}", tell_request, Kind::deposit},
    Route{"POST", "d", "/v1_0/refund", open_request, Kind::refund},
    Route{"POST", "d", "/v2_0/refund", open_request, Kind::refund},
    Route{"GET", "d", "/v1_0/refund/{}", tell_request, Kind::refund},
    Route{"POST", "r", "/v2_0/cashtransfer", open_request, Kind::cash_transfer},
    Route{"GET", "r", "/v2_0/cashtransfer/{}", tell_request, Kind::cash_transfer}};

constexpr std::string_view missing_key =
    "Access denied due to missing subscription key. Make sure to include subscription key when "
    "making requests to an API.";
constexpr std::string_view invalid_key =
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active "
    "subscription.";

// The product that the path begins with, and what is behind it.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
    for (const std::string_view product : products)
        // With the slash behind it: "/collections/" is no product.
        if (path.size() > product.size() && path.substr(1).starts_with(product) &&
            path[product.size() + 1] == '/')
            return {product, path.substr(product.size() + 1)};
    return {{}, path};
}

bool is_behind(const Route& route, std::string_view product) {
    // Products differ in their first letter, so that one letter in the table names one.
    return product.empty() ? route.products.empty()
                           : route.products.find(product.front()) != std::string_view::npos;
}

std::string route_name(std::string_view product, const Route& route) {
    return (product.empty() ? "" : "/" + std::string(product)) + std::string(route.path);
}

std::optional<http::HttpReply> take_key(Call& call) {
    const std::string* const key = call.request.find("Ocp-Apim-Subscription-Key");
    // The gateway stands in front and has a shape of its own for errors.
    if (key == nullptr || key->empty())
        return gateway_error(401, missing_key, "there is no Ocp-Apim-Subscription-Key");
    const auto found = protocols::find_profile(call.context.directory, subscription_profile(*key),
                                               read_subscription);
    // Provisioning takes any product's key, everything else its own product's.
    if (!found)
        return gateway_error(401, invalid_key,
                             "no subscription has this Ocp-Apim-Subscription-Key");
    if (!call.product.empty() && !found->opens(call.product))
        return gateway_error(401, invalid_key,
                             "the Ocp-Apim-Subscription-Key is another product's than the path's");
    call.subscription = *found;
    return std::nullopt;
}

std::optional<http::HttpReply> take_token(Call& call) {
    if (!call.options->accept_any_token) {
        auto user = user_of_token(call);
        if (!user) return token_error("invalid_token", token_words(call));
        // Where any token is good it stays empty: such requests share one user.
        call.user = *std::move(user);
    }
    // Also where any token is good: a recording names its environment.
    const std::string* const target = call.request.find("X-Target-Environment");
    if (target == nullptr || *target != call.options->target_environment) {
        http::HttpReply reply = error_reply("NOT_ALLOWED_TARGET_ENVIRONMENT");
        reply.note.why = (target == nullptr ? "there is no X-Target-Environment; this one is "
                                            : "X-Target-Environment is not ") +
                         call.options->target_environment;
        return reply;
    }
    return std::nullopt;
}

}  // namespace

std::span<const Route> routes() {
    return route_table;
}

MtnAdapter::MtnAdapter() : ListedAdapter(dialect) {}

Answer MtnAdapter::handle(const http::HttpRequest& request,
                          const protocols::Context& context) const {
    // A body without a length was chunked, which is as good. A POST without either is refused
    // before everything else, as was observed.
    if (request.method == "POST" && request.body.empty() &&
        request.find("Content-Length") == nullptr)
        return length_required();
    auto call = std::make_shared<Call>(Call{context, options(context.directory), request});
    const Script script = scenarios().played(request, {});
    // What a test has asked for comes before key and token, so that it can be asked for without
    // them.
    if (!script.error.empty()) return error_reply(script.error);
    const auto [product, path] = split(call->request.path());
    auto match = protocols::find_route<Route>(
        route_table, request.method, path,
        [&, product = product](const Route& route) { return is_behind(route, product); });
    // Another method on a path that is there is no operation either.
    if (match.row == nullptr) return gateway_error(404, "Resource not found");
    call->product = product;
    call->arguments = std::move(match.arguments);
    call->kind = match.row->kind;
    const auto fill = [call, row = match.row](http::ReplyNote& note) {
        protocols::fill_in(note.route, route_name(call->product, *row));
        protocols::fill_in(note.merchant,
                           call->user.id.empty() ? call->subscription.account : call->user.id);
        // The client has made it up itself; replies have no id of their own.
        const auto* const reference = call->request.find("X-Reference-Id");
        if (reference != nullptr && is_reference(*reference))
            protocols::fill_in(note.trace, *reference);
    };
    if (auto refused = take_key(*call)) return protocols::noted(*std::move(refused), fill);
    if (match.row->door == Door::token)
        if (auto refused = take_token(*call)) return protocols::noted(*std::move(refused), fill);
    return protocols::noted(match.row->answer(call), fill);
}

std::vector<protocols::OfferedCall> MtnAdapter::calls(const protocols::Directory&) const {
    std::vector<protocols::OfferedCall> calls;
    for (const Route& route : route_table) {
        if (route.products.empty()) calls.push_back({route.method, route_name({}, route)});
        for (const std::string_view product : products)
            if (is_behind(route, product))
                calls.push_back({route.method, route_name(product, route)});
    }
    return calls;
}

std::optional<InputError> MtnAdapter::misspelt_word(const http::HttpRequest& request) const {
    return scenarios().misspelt_word(request);
}

http::HttpReply MtnAdapter::too_many_requests(const http::HttpRequest&) const {
    // From memory: what Azure's API management says.
    return gateway_error(429, "Rate limit is exceeded. Try again in 60 seconds.");
}

std::optional<std::string> MtnAdapter::address(const core::Effect& effect,
                                               const protocols::Context&) const {
    std::string url = callback_url(*effect.order);
    if (url.empty()) return std::nullopt;
    return url;
}

std::optional<protocols::Callback> MtnAdapter::render(const core::Effect& effect,
                                                      const protocols::Context& context) const {
    return callback_of(*effect.order, *options(context.directory));
}

protocols::Verdict MtnAdapter::judge(const core::Effect&,
                                     const protocols::CallbackResult& result) const {
    // No second attempt: MTN's repetition is another channel of the order, whatever the first was
    // answered.
    return {.is_delivered = result.status >= 200 && result.status < 300};
}

std::shared_ptr<const Options> MtnAdapter::options(const protocols::Directory& directory) const {
    return options_.get(directory, options_profile,
                        protocols::read_or_fresh<Options>(read_options));
}

}  // namespace tuma::mtn
