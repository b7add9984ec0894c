// Service providers, who act for other merchants.
#pragma once

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/call.h"
#include "protocols/wechat/wire/replies.h"

#include <optional>
#include <string_view>

namespace tuma::wechat {

/// What an API has to do with sub_mchid, in the query of a GET, else in the body.
enum class SubMerchant {
    unknown,   ///< nothing
    direct,    ///< it is for merchants that act for themselves alone
    named,     ///< a service provider says in it for whom it acts; others do not have it
    optional,  ///< the same, but a provider may leave it out
    partner,   ///< it is for service providers alone
};

/// Said of somebody for whom a provider does not act.
inline constexpr std::string_view unknown_sub_merchant = "特约子商户商户号未授权服务商的产品权限";
/// Said to a provider that does not say for whom it acts.
inline constexpr std::string_view missing_sub_merchant = "受理机构必须传入sub_mch_id";

/// Finds out for whom a service provider acts, and puts that into the call; otherwise what is wrong
/// with it. Source: WeChat Pay API v3, service providers.
std::optional<ApiError> act_for_sub_merchant(Call& call, SubMerchant sub);
/// The number of the merchant whose order it is, or those of its provider and of it.
void write_merchant(protocols::JsonText& json, const Content& content);
/// Takes the members that say so, where somebody acts for another.
void ignore_sub_merchant(BodyReader& body, const Call& call);

}  // namespace tuma::wechat
