#include "protocols/wechat/v2_routes.h"

#include "protocols/wechat/v2_bills.h"
#include "protocols/wechat/v2_micropay.h"
#include "protocols/wechat/v2_orders.h"
#include "protocols/wechat/v2_refunds.h"

#include <algorithm>
#include <array>

namespace tuma::wechat {
namespace {

// A sandbox has the merchant's own key: its orders are orders like all others.
protocols::Answer tell_sandbox_key(const V2CallPtr& v2) {
    return v2_reply(*v2, {{"sandbox_signkey", v2->call->profile().v2_key}});
}

// Source: WeChat Pay API v2.
constexpr std::array v2_route_table{
    V2Route{"/pay/unifiedorder", V2Needs::appid, v2_unified_order},
    V2Route{"/pay/micropay", V2Needs::appid, v2_micropay},
    V2Route{"/pay/orderquery", V2Needs::appid, v2_query_order},
    V2Route{"/pay/closeorder", V2Needs::appid, v2_close_order},
    V2Route{"/secapi/pay/reverse", V2Needs::certificate, v2_reverse},
    V2Route{"/secapi/pay/refund", V2Needs::certificate, v2_refund},
    V2Route{"/pay/refundquery", V2Needs::appid, v2_query_refund},
    V2Route{"/pay/downloadbill", V2Needs::appid, v2_download_bill},
    V2Route{"/pay/getsignkey", V2Needs::sign, tell_sandbox_key},
};

constexpr std::array<std::string_view, 2> sandboxes{"/xdc/apiv2sandbox", "/sandboxnew"};
constexpr std::array<std::string_view, 3> services{"/pay/", "/secapi/pay/", "/xdc/"};
constexpr std::string_view sandbox_key_path = "/xdc/apiv2getsignkey/sign/getsignkey";

}  // namespace

const V2Route* find_v2_route(std::string_view path) {
    if (path == sandbox_key_path) path = "/sandboxnew/pay/getsignkey";
    bool is_sandbox = false;
    for (const std::string_view sandbox : sandboxes) {
        if (is_sandbox || !path.starts_with(sandbox)) continue;
        path.remove_prefix(sandbox.size());
        is_sandbox = true;
    }
    const auto* const found = std::find_if(v2_route_table.begin(), v2_route_table.end(),
                                           [&](const V2Route& one) { return one.path == path; });
    if (found == v2_route_table.end() || (found->needs == V2Needs::sign && !is_sandbox))
        return nullptr;
    return &*found;
}

bool is_v2_path(std::string_view path) {
    const auto begins = [&](std::string_view prefix) { return path.starts_with(prefix); };
    return std::any_of(services.begin(), services.end(), begins) ||
           path.starts_with("/sandboxnew/");
}

}  // namespace tuma::wechat
