#include "protocols/wechat/dialect.h"

#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/profiles/profiles.h"
#include "protocols/wechat/setup.h"
#include "protocols/wechat/v3/sharing_parts.h"
#include "protocols/wechat/v3/sharing_receivers.h"
#include "protocols/wechat/wechat_adapter.h"
#include "protocols/wechat/wire/kinds.h"

#include <array>

namespace tuma::wechat {
namespace {

constexpr std::array<std::string_view, 11> own_paths{"/v3/",
                                                     "/pay/",
                                                     "/secapi/",
                                                     "/wechat/",
                                                     "/xdc/",
                                                     "/sandboxnew/",
                                                     "/mmpaymkttransfers/",
                                                     "/tools/",
                                                     "/risk/",
                                                     "/billcommentsp/",
                                                     "/payitil/"};
constexpr std::array<std::string_view, 6> own_hosts{
    "api.mch.weixin.qq.com",   "api2.mch.weixin.qq.com", "apihk.mch.weixin.qq.com",
    "fraud.mch.weixin.qq.com", "api.wechatpay.cn",       "api2.wechatpay.cn"};
constexpr std::array<std::string_view, 1> own_schemes{"wechat-china"};
constexpr std::array<std::string_view, 2> own_tables{"wechat.merchant", "wechat.options"};

// The mark of a merchant that has shared says no more than that it is there.
std::optional<InputError> violation_of_mark(std::string_view rest, std::string_view content) {
    if (!is_mchid(rest)) return InputError{"name", "must end in a mchid of 8 to 10 digits"};
    // Empty content would remove the profile, so that the smallest object stands for "it is there".
    if (content == "{}") return std::nullopt;
    return InputError{"body", "must be {}"};
}

using protocols::violation_of;
using protocols::violation_of_named;
constexpr std::array own_profiles{
    protocols::ProfileKind{merchant_prefix, violation_of_named<read_merchant, &Merchant::mchid>},
    protocols::ProfileKind{platform_profile, violation_of<read_platform>},
    protocols::ProfileKind{options_profile, violation_of<read_options>},
    protocols::ProfileKind{sharing_profile_prefix, violation_of_mark},
    protocols::ProfileKind{receiver_profile_prefix, violation_of_receiver}};

std::vector<std::uint16_t> decline_codes() {
    return {reason::not_enough,       reason::cancelled,    reason::wrong_password,
            reason::account_abnormal, reason::code_invalid, reason::code_expired,
            reason::bank_error};
}

}  // namespace

constinit const protocols::DialectInfo dialect{.name = "wechat",
                                               .kind_first = kind_first,
                                               .kind_last = kind_last,
                                               .kind_names = kind_names,
                                               .key_prefix = "w/",
                                               .paths = own_paths,
                                               .hosts = own_hosts,
                                               .schemes = own_schemes,
                                               .tables = own_tables,
                                               .profiles = own_profiles,
                                               .decline_codes = decline_codes,
                                               .make = protocols::made<WechatAdapter>,
                                               .default_tables = default_tables,
                                               .provision = provision,
                                               .client_files = client_files,
                                               .welcome = welcome};

}  // namespace tuma::wechat
