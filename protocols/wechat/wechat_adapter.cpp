#include "protocols/wechat/wechat_adapter.h"

#include "protocols/strict_json.h"
#include "protocols/wechat/authorization.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/certificates.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/magic.h"
#include "protocols/wechat/notices.h"
#include "protocols/wechat/replies.h"
#include "protocols/wechat/routes.h"
#include "protocols/wechat/sharing_parts.h"
#include "protocols/wechat/sign_error.h"
#include "protocols/wechat/trades.h"
#include "protocols/wechat/v2_call.h"
#include "protocols/wechat/v2_routes.h"

#include <boost/json/parse_options.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

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
    if (!url || url->params().size() > query_parameters_max) return false;
    // One that is there twice means two things.
    return std::all_of(url->params().begin(), url->params().end(), [&](const auto& parameter) {
        return call.query.emplace(std::string(parameter.key), std::string(parameter.value)).second;
    });
}

// Empty is a good body too: some calls have none.
bool read_body(Call& call) {
    if (call.request.method == "GET" || call.request.body.empty()) return true;
    boost::json::parse_options options;
    options.max_depth = json_depth_max;
    auto body = protocols::parse_strictly(call.request.body, options);
    if (!body || !body->is_object()) return false;
    call.body = *std::move(body);
    return true;
}

std::optional<InputError> misfit_of_object(std::string_view content) {
    if (protocols::parse_object(content)) return std::nullopt;
    return InputError{"body", "is not a JSON object"};
}

using protocols::misfit_of;
constexpr std::array profile_table{
    protocols::ProfileKind{merchant_prefix, misfit_of<read_merchant>},
    protocols::ProfileKind{platform_profile, misfit_of<read_platform>},
    protocols::ProfileKind{options_profile, misfit_of<read_options>},
    protocols::ProfileKind{sharing_profile_prefix, misfit_of_object},
    protocols::ProfileKind{receiver_profile_prefix, misfit_of_object}};

}  // namespace

bool WechatAdapter::owns(std::string_view path) const {
    return is_wechat_path(path);
}

bool WechatAdapter::owns(std::uint16_t order_kind) const {
    return order_kind >= kind_first && order_kind <= kind_last;
}

Answer WechatAdapter::handle(const http::HttpRequest& request,
                             const protocols::Context& context) const {
    auto call = std::make_shared<Call>(Call{context, options(context.directory),
                                            keys_.platform(context.directory), request, &keys_});
    if (call->platform == nullptr) return error_reply(*call, {.code = "SERVICE_UNAVAILABLE"});
    const std::string_view path = call->request.path();
    if (!read_query(*call)) return error_reply(*call, {.code = "PARAM_ERROR"});
    if (path == rotate_path) {
        if (request.method != "POST") return error_reply(*call, {.code = "METHOD_NOT_ALLOWED"});
        return rotate_certificate(call);
    }
    if (is_v2_path(path)) return handle_v2(call);
    return handle_v3(call);
}

Answer WechatAdapter::handle_v3(const std::shared_ptr<Call>& call) const {
    auto match = find_route(call->request.method, call->request.path());
    if (!match) return error_reply(*call, {.code = "NOT_FOUND"});
    if (match->route == nullptr) return error_reply(*call, {.code = "METHOD_NOT_ALLOWED"});
    if (auto refused = identify(*call)) return *std::move(refused);
    call->arguments = std::move(match->arguments);
    const Script script = script_of(call->request, {});
    if (!script.error.empty() && find_error(script.error) != nullptr)
        return error_reply(*call, {.code = script.error});
    if (!read_body(*call))
        return error_reply(*call, parameter_error("", "", "不是合法的JSON对象", "body"));
    return match->route->answer(call);
}

std::optional<http::HttpReply> WechatAdapter::identify(Call& call) const {
    const std::string* const header = call.request.find("Authorization");
    const SignedRequest signed_request{call.request.method, call.request.target, call.request.body};
    const auto authorization = parse_authorization(header == nullptr ? "" : *header);
    if (!authorization)
        return sign_error_reply(call,
                                sign_error_body(authorization.error(), signed_request, nullptr));
    call.merchant = keys_.merchant(call.context.directory, authorization->mchid);
    const std::span<const VerifyingKey> keys =
        call.merchant == nullptr ? std::span<const VerifyingKey>{} : std::span{call.merchant->keys};
    // No client that is as it is in production could know a time that is moved by hand.
    std::optional<Timestamp> clock = call.context.outside();
    if (call.context.is_by_hand) clock.reset();
    const auto error = verify_request(*authorization, signed_request, keys, clock);
    if (!error) return std::nullopt;
    return sign_error_reply(call, sign_error_body(*error, signed_request, &*authorization));
}

std::optional<std::string> WechatAdapter::address(const core::Effect& effect,
                                                  const protocols::Context&) const {
    Content content = read_content(effect.order->content);
    if (content.notify_url.empty()) return std::nullopt;
    return std::move(content.notify_url);
}

std::optional<InputError> WechatAdapter::misspelt_word(const http::HttpRequest& request) const {
    return wechat::misspelt_word(request);
}

std::span<const protocols::ProfileKind> WechatAdapter::profile_kinds() const {
    return profile_table;
}

std::vector<std::uint16_t> WechatAdapter::decline_codes() const {
    return {reason::not_enough,       reason::cancelled,    reason::wrong_password,
            reason::account_abnormal, reason::code_invalid, reason::code_expired,
            reason::bank_error};
}

std::optional<protocols::Callback> WechatAdapter::render(const core::Effect& effect,
                                                         const protocols::Context& context) const {
    const Content content = read_content(effect.order->content);
    return notice_of(effect, context, keys_.merchant(context.directory, content.mchid),
                     keys_.platform(context.directory));
}

protocols::Verdict WechatAdapter::judge(const core::Effect& effect,
                                        const protocols::CallbackResult& result) const {
    return verdict_on(effect, result);
}

std::shared_ptr<const Options> WechatAdapter::options(const protocols::Directory& directory) const {
    const auto content = directory.find(options_profile);
    const std::lock_guard lock(mutex_);
    if (options_ != nullptr && options_content_ == content) return options_;
    Result<Options> read = content == nullptr ? Result<Options>(Options{}) : read_options(*content);
    // Whoever stores options reads them first; what slipped through changes nothing.
    options_ = std::make_shared<const Options>(read ? std::move(read).value() : Options{});
    options_content_ = content;
    return options_;
}

}  // namespace tuma::wechat
