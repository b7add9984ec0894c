#include "protocols/wechat/v2/v2_routes.h"

#include "protocols/wechat/v2/v2_bills.h"
#include "protocols/wechat/v2/v2_combined.h"
#include "protocols/wechat/v2/v2_micropay.h"
#include "protocols/wechat/v2/v2_orders.h"
#include "protocols/wechat/v2/v2_reader.h"
#include "protocols/wechat/v2/v2_refunds.h"
#include "protocols/wechat/v2/v2_transfers.h"

#include <algorithm>
#include <array>

namespace tuma::wechat {
namespace {

// A sandbox has the merchant's own key: its orders are orders like all others.
protocols::Answer tell_sandbox_key(const V2CallPtr& v2) {
    return v2_reply(*v2, {{"sandbox_signkey", v2->call->profile().v2_key}});
}

// Source: WeChat Pay API v2, getpublickey: names and numbers of bank cards are encrypted with it.
protocols::Answer tell_public_key(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return v2_unsigned_reply(
        *v2, {{"pub_key", v2->call->platform->public_key.key.public_key().pem_pkcs1()}});
}

// Source: WeChat Pay API v2.
constexpr std::array v2_route_table{
    V2Route{"/pay/unifiedorder", V2Needs::appid, v2_unified_order},
    V2Route{"/pay/micropay", V2Needs::appid, v2_micropay},
    V2Route{"/pay/orderquery", V2Needs::appid, v2_query_order},
    V2Route{"/pay/closeorder", V2Needs::appid, v2_close_order},
    V2Route{"/pay/combinedorder", V2Needs::appid, v2_combine, "combine_appid", "combine_mch_id",
            SubMerchant::unknown},
    V2Route{"/pay/querycombinedorder", V2Needs::appid, v2_query_combined, "combine_appid",
            "combine_mch_id", SubMerchant::unknown},
    V2Route{"/pay/closecombinedorder", V2Needs::appid, v2_close_combined, "combine_appid",
            "combine_mch_id", SubMerchant::unknown},
    V2Route{"/secapi/pay/reverse", V2Needs::certificate, v2_reverse},
    V2Route{"/secapi/pay/refund", V2Needs::certificate, v2_refund},
    V2Route{"/pay/refundquery", V2Needs::appid, v2_query_refund},
    V2Route{"/pay/downloadbill", V2Needs::appid, v2_download_bill, "appid", "mch_id",
            SubMerchant::optional},
    V2Route{"/pay/downloadfundflow", V2Needs::certificate, v2_download_fund_flow, "appid", "mch_id",
            SubMerchant::optional},
    V2Route{"/mmpaymkttransfers/promotion/transfers", V2Needs::certificate, v2_transfer,
            "mch_appid", "mchid", SubMerchant::unknown},
    V2Route{"/mmpaymkttransfers/gettransferinfo", V2Needs::certificate, v2_query_transfer, "appid",
            "mch_id", SubMerchant::unknown},
    V2Route{"/mmpaymkttransfers/sendredpack", V2Needs::certificate, v2_send_red_packet, "wxappid",
            "mch_id", SubMerchant::unknown},
    V2Route{"/mmpaymkttransfers/gethbinfo", V2Needs::certificate, v2_query_red_packet, "appid",
            "mch_id", SubMerchant::unknown},
    V2Route{"/risk/getpublickey", V2Needs::only_certificate, tell_public_key, "appid", "mch_id",
            SubMerchant::unknown},
    V2Route{"/pay/getsignkey", V2Needs::sign, tell_sandbox_key, "appid", "mch_id",
            SubMerchant::unknown},
};

constexpr std::array<std::string_view, 2> sandboxes{"/xdc/apiv2sandbox", "/sandboxnew"};
// Whatever begins so is answered in XML, also what is not offered.
constexpr std::array<std::string_view, 8> services{
    "/pay/",   "/secapi/", "/xdc/",           "/mmpaymkttransfers/",
    "/tools/", "/risk/",   "/billcommentsp/", "/payitil/"};
constexpr std::string_view sandbox_key_path = "/xdc/apiv2getsignkey/sign/getsignkey";

}  // namespace

std::span<const V2Route> v2_routes() {
    return v2_route_table;
}

const V2Route* find_v2_route(std::string_view path) {
    // The newer sandbox has another path for the same API.
    if (path == sandbox_key_path) path = "/sandboxnew/pay/getsignkey";
    bool is_sandbox = false;
    for (const std::string_view sandbox : sandboxes) {
        // Once: a prefix behind a prefix is no API.
        if (is_sandbox || !path.starts_with(sandbox)) continue;
        path.remove_prefix(sandbox.size());
        is_sandbox = true;
    }
    const auto* const found = std::find_if(v2_route_table.begin(), v2_route_table.end(),
                                           [&](const V2Route& one) { return one.path == path; });
    // The key is told under the sandboxes' paths only.
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
