#include "protocols/wechat/wechat_adapter.h"

#include "protocols/kit/route_table.h"
#include "protocols/kit/strict_json.h"
#include "protocols/wechat/dialect.h"
#include "protocols/wechat/notices.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/spoken_errors.h"
#include "protocols/wechat/v2/v2_call.h"
#include "protocols/wechat/v2/v2_routes.h"
#include "protocols/wechat/v3/certificates.h"
#include "protocols/wechat/v3/media.h"
#include "protocols/wechat/v3/routes.h"
#include "protocols/wechat/v3/sharing_release.h"
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/replies.h"
#include "protocols/wechat/wire/sign_error.h"
#include "protocols/wechat/wire/test_customers.h"

#include <boost/json/parse_options.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::string_view rotate_path = "/wechat/platform/rotate";
constexpr std::size_t json_depth_max = 16;
constexpr std::size_t query_parameters_max = 32;

bool read_query(Call& call) {
    const auto url = boost::urls::parse_origin_form(call.request.target);
    // No API has so many, and each of them is kept.
    if (!url || url->params().size() > query_parameters_max) return false;
    // One that is there twice means two things.
    return std::all_of(url->params().begin(), url->params().end(), [&](const auto& parameter) {
        return call.query.emplace(std::string(parameter.key), std::string(parameter.value)).second;
    });
}

constexpr std::array<std::string_view, 2> trade_paths{"/v3/pay/transactions/",
                                                      "/v3/combine-transactions/"};

// Source: WeChat Pay API v3, headers. Nothing where nothing is wrong.
std::optional<ApiError> missing_header(const Call& call) {
    const http::HttpRequest& request = call.request;
    if (!call.options->requires_headers) return std::nullopt;
    for (const char* name : {"Accept", "User-Agent"}) {
        const std::string* const value = request.find(name);
        if (value == nullptr || value->empty())
            return ApiError{.code = "INVALID_REQUEST",
                            .message = "Http头缺少Accept或User-Agent",
                            .why = fmt::format("the header {} is missing", name)};
    }
    // A request without a body has no type to be wrong.
    if (request.method == "GET" || request.body.empty()) return std::nullopt;
    const std::string* const type = request.find("Content-Type");
    const bool is_known = type != nullptr && (type->starts_with("application/json") ||
                                              type->starts_with("multipart/form-data"));
    if (is_known) return std::nullopt;
    return ApiError{.code = "INVALID_REQUEST",
                    .message = "Http头Content-Type值错误，应为application/json",
                    .why = "the header Content-Type is not application/json"};
}

// Empty is a good body too: some calls have none.
bool read_body(Call& call) {
    // The body of a GET is signed and means nothing.
    if (call.request.method == "GET" || call.request.body.empty()) return true;
    // Files are read by their API.
    if (read_upload(call.request)) return true;
    boost::json::parse_options options;
    options.max_depth = json_depth_max;
    auto body = protocols::parse_strictly(call.request.body, options);
    if (!body || !body->is_object()) return false;
    call.body = *std::move(body);
    return true;
}

}  // namespace

WechatAdapter::WechatAdapter() : ListedAdapter(dialect) {}

std::shared_ptr<const Options> WechatAdapter::options_in(
    const protocols::Directory& directory) const {
    return options_.get(directory, options_profile, protocols::read_or_fresh(read_options));
}

Answer WechatAdapter::handle(const http::HttpRequest& request,
                             const protocols::Context& context) const {
    auto call = std::make_shared<Call>(Call{context, options_in(context.directory),
                                            keys_.platform(context.directory), request, &keys_});
    // Without the platform's key no answer could be signed.
    if (call->platform == nullptr) return error_reply(*call, {.code = "SERVICE_UNAVAILABLE"});
    const std::string_view path = call->request.path();
    if (!read_query(*call)) return error_reply(*call, {.code = "PARAM_ERROR"});
    // No API of the service: it is for the one who runs the emulator and is not signed.
    if (path == rotate_path) {
        if (request.method != "POST") return error_reply(*call, {.code = "METHOD_NOT_ALLOWED"});
        return rotate_certificate(call);
    }
    // v2 answers everything in XML, also what is wrong with the message, and finds its merchant in
    // the body.
    if (is_v2_path(path)) return handle_v2(call);
    return handle_v3(call);
}

Answer WechatAdapter::handle_v3(const std::shared_ptr<Call>& call) const {
    auto match =
        protocols::find_route(routes(), call->request.method, call->request.path(), *call->options);
    if (match.row == nullptr) return empty_reply(*call, match.others.empty() ? 404 : 405);
    const auto fill = [call, path = match.row->path](http::ReplyNote& note) {
        protocols::fill_in(note.route, path);
        if (call->merchant != nullptr) protocols::fill_in(note.merchant, call->signer().mchid);
    };
    // Observed: trades look at the signature first, all others at these fields.
    const bool is_trade = protocols::begins_with_any(call->request.path(), trade_paths);
    const std::optional<ApiError> header_issue = missing_header(*call);
    if (!is_trade && header_issue) return protocols::noted(error_reply(*call, *header_issue), fill);
    // Before everything that looks into the request: who has not signed learns nothing but that.
    if (auto refused = identify(*call)) return protocols::noted(*std::move(refused), fill);
    if (header_issue) return protocols::noted(error_reply(*call, *header_issue), fill);
    call->arguments = std::move(match.arguments);
    if (const auto error = violation_of_target(*call, match.row->mark))
        return protocols::noted(error_reply(*call, *error), fill);
    const Script script = script_of(call->request, {});
    // The other version's codes are not for this one.
    if (!script.error.empty() && find_error(script.error) != nullptr)
        return protocols::noted(error_reply(*call, {.code = script.error}), fill);
    if (!read_body(*call))
        return protocols::noted(
            error_reply(*call, parameter_error("", "", "不是合法的JSON对象", "body")), fill);
    if (const auto error = act_for_sub_merchant(*call, match.row->mark.sub))
        return protocols::noted(error_reply(*call, *error), fill);
    return protocols::noted(match.row->answer(call), fill);
}

std::optional<http::HttpReply> WechatAdapter::identify(Call& call) const {
    const std::string* const header = call.request.find("Authorization");
    // The bytes as they came: a target or body that was parsed and written again would have another
    // signature.
    const auto upload = read_upload(call.request);
    // Of a file only what is said of it is signed.
    const SignedRequest signed_request{call.request.method, call.request.target,
                                       upload ? upload->meta : call.request.body};
    const auto authorization = parse_authorization(header == nullptr ? "" : *header);
    if (!authorization)
        return sign_error_reply(
            call, sign_error_body(authorization.error(), signed_request, nullptr),
            sign_error_words(authorization.error(), nullptr, false, std::nullopt));
    // Null is looked at by verify_request(): without keys every serial is unknown, and nobody
    // learns which merchants there are.
    call.merchant = keys_.merchant(call.context.directory, authorization->mchid);
    const std::span<const VerifyingKey> keys =
        call.merchant == nullptr ? std::span<const VerifyingKey>{} : std::span{call.merchant->keys};
    // No client that is as it is in production could know a time that is moved by hand.
    std::optional<Timestamp> clock = call.context.outside();
    if (call.context.is_by_hand) clock.reset();
    const auto error = verify_request(*authorization, signed_request, keys, clock);
    if (!error) return std::nullopt;
    return sign_error_reply(
        call, sign_error_body(*error, signed_request, &*authorization),
        sign_error_words(*error, &*authorization, call.merchant != nullptr, clock));
}

std::vector<protocols::OfferedCall> WechatAdapter::calls(
    const protocols::Directory& directory) const {
    const auto options =
        options_.get(directory, options_profile, protocols::read_or_fresh(read_options));
    auto calls = protocols::offered_calls(routes(), *options);
    // By their names of v2 proper: those of its sandboxes are the same calls.
    for (const V2Route& route : v2_routes()) calls.push_back({"POST", std::string(route.path)});
    return calls;
}

std::optional<Answer> WechatAdapter::carry_out(const core::Effect& effect,
                                               const protocols::Context& context) const {
    if (!is_release(effect)) return std::nullopt;
    const MerchantPtr merchant =
        keys_.merchant(context.directory, read_content(effect.order->content).mchid);
    // A merchant may have been removed since; it has no account that the rest could go to.
    if (merchant == nullptr) return http::HttpReply{.status = 404};
    return release_rest(effect, context.directory, *options_in(context.directory),
                        merchant->profile);
}

std::optional<std::string> WechatAdapter::address(const core::Effect& effect,
                                                  const protocols::Context&) const {
    Content content = read_content(effect.order->content);
    if (content.notify_url.empty()) return std::nullopt;
    return std::move(content.notify_url);
}

std::optional<InputError> WechatAdapter::misspelt_word(const http::HttpRequest& request) const {
    return wechat::misspelt_word(request, spoken_errors(request.path()));
}

http::HttpReply WechatAdapter::too_many_requests(const http::HttpRequest& request) const {
    const ErrorRow& row = *find_error("FREQUENCY_LIMITED");
    // Unsigned, as errors of a gateway are.
    if (is_v2_path(request.path()))
        return {.headers = {{"Content-Type", "text/xml; charset=utf-8"}},
                .body = fmt::format("<xml><return_code><![CDATA[FAIL]]></return_code><return_msg>"
                                    "<![CDATA[{}]]></return_msg></xml>",
                                    row.chinese)};
    return {.status = row.status,
            .headers = {{"Content-Type", "application/json; charset=utf-8"}},
            .body = fmt::format(R"({{"code":"{}","message":"{}"}})", row.code, row.chinese)};
}

std::optional<protocols::Callback> WechatAdapter::render(const core::Effect& effect,
                                                         const protocols::Context& context) const {
    const ledger::Order& order = *effect.order;
    const std::string told = told_merchant(order, read_content(order.content));
    return notice_of(effect, context, keys_.merchant(context.directory, told),
                     keys_.platform(context.directory));
}

protocols::Verdict WechatAdapter::judge(const core::Effect& effect,
                                        const protocols::CallbackResult& result) const {
    if (is_release(effect)) return verdict_on_release(effect, result.status);
    return verdict_on(effect, result);
}

}  // namespace tuma::wechat
