#include "protocols/wechat/v3/partners.h"

#include <string>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v3, service providers.
ApiError without_sub_merchant() {
    return {.code = "PARAM_ERROR", .message = std::string(missing_sub_merchant)};
}

// Where the API has it; empty if it is not there or is no text.
Result<std::string, ApiError> named_sub_merchant(const Call& call, SubMerchant sub) {
    if (call.request.method == "GET") return std::string(call.parameter("sub_mchid"));
    BodyReader body(call);
    const bool is_wanted = sub == SubMerchant::partner;
    std::string named =
        body.text("sub_mchid", {1, 32}, is_wanted ? Need::required : Need::optional);
    if (!body.is_good()) return body.error();
    return named;
}

}  // namespace

std::optional<ApiError> act_for_sub_merchant(Call& call, SubMerchant sub) {
    if (sub == SubMerchant::unknown) return std::nullopt;
    const Merchant& signer = call.profile();
    const bool is_partners = sub == SubMerchant::partner;
    // Where nobody can name another, the members of that are as unknown as any other.
    if (!is_partners && !signer.is_service_provider()) return std::nullopt;
    if (sub == SubMerchant::direct) return without_sub_merchant();
    const auto named = named_sub_merchant(call, sub);
    if (!named) return named.error();
    if (named->empty()) {
        if (sub == SubMerchant::optional) return std::nullopt;
        return is_partners ? parameter_error("sub_mchid", {}, "必填参数缺失", "query")
                           : without_sub_merchant();
    }
    if (!act_for(call, *named))
        return ApiError{.code = "NO_AUTH", .message = std::string(unknown_sub_merchant)};
    return std::nullopt;
}

void write_merchant(protocols::JsonText& json, const Content& content) {
    if (content.sp_mchid.empty())
        json.text("mchid", content.mchid);
    else
        json.text("sp_mchid", content.sp_mchid).text("sub_mchid", content.mchid);
}

void ignore_sub_merchant(BodyReader& body, const Call& call) {
    if (call.partner != nullptr) body.ignore({"sub_mchid", "sub_appid"});
}

}  // namespace tuma::wechat
