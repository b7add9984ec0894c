// Which path is which API of v2.
#pragma once

#include "protocols/wechat/v2/v2_call.h"
#include "protocols/wechat/v3/partners.h"

#include <optional>
#include <span>
#include <string_view>

namespace tuma::wechat {

/// What has to come with a request of an API.
enum class V2Needs {
    sign,              ///< nothing but mch_id and sign
    appid,             ///< an appid of the merchant too
    certificate,       ///< that and the merchant's certificate, where the options ask for it
    only_certificate,  ///< the certificate without an appid
};

/// One API of v2.
struct V2Route {
    std::string_view path;
    V2Needs needs;
    protocols::Answer (*answer)(const V2CallPtr& v2);
    std::string_view appid_field = "appid";
    std::string_view mchid_field = "mch_id";
    /// Whether a service provider says in sub_mch_id for whom it acts.
    SubMerchant sub = SubMerchant::named;
};

/// All of them, by their paths without a sandbox's prefix.
std::span<const V2Route> v2_routes();

/// The API of a path, with the prefixes of both of the platform's sandboxes or without; or null.
const V2Route* find_v2_route(std::string_view path);

/// True for paths of v2, also those that are no API.
bool is_v2_path(std::string_view path);

}  // namespace tuma::wechat
