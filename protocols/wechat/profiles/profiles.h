// What the dialect keeps of merchants and of itself in the directory, and the JSON of it.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "protocols/kit/directory.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// Basis points in a whole.
inline constexpr std::int64_t basis_points = 10'000;

/// A merchant. Profile "wechat/merchant/MCHID". Its account has the mchid as identity; beside it is
/// MCHID.operating, from which it pays persons. Each payment that is to be shared waits on an
/// account of its own; see `payment_party`.
struct Merchant {
    std::string mchid;  ///< 8 to 10 digits
    std::string name;
    std::vector<std::string> appids;        ///< that may be used with it; see `may_use`
    std::string apiv3_key;                  ///< 32 characters; empty: no callbacks in v3
    std::string v2_key;                     ///< 32 characters; empty: no v2
    std::vector<std::string> certificates;  ///< PEM; any of their keys may sign requests
    std::string private_key;  ///< PEM, kept only where tuma made it for a sandbox's client files
    /// With which key replies are signed: "cert", "pubkey", or "auto" by the request's
    /// Wechatpay-Serial.
    std::string keys = "auto";
    std::string callback_keys = "auto";  ///< and callbacks: as the request was answered, or always
    /// Class of the scheme: "merchant", "small-merchant", "merchant-at-once", "virtual-goods".
    std::string account_class = "merchant";
    std::string refund_notify_url;   ///< for refunds that name none; may be empty
    std::string sharing_notify_url;  ///< where it is told what others share with it
    /// Merchants that it acts for; with any it is a service provider and sells nothing itself.
    std::vector<std::string> sub_mchids;
    std::int64_t operating_balance = 0;     ///< fen, when its accounts are opened
    std::int64_t sharing_ratio_bp = 3'000;  ///< most that may be shared, in basis points

    bool is_service_provider() const { return !sub_mchids.empty(); }

    bool operator==(const Merchant&) const = default;

    bool may_use(std::string_view appid) const {
        return std::find(appids.begin(), appids.end(), appid) != appids.end();
    }
};

/// One key with which the platform signs.
struct PlatformCertificate {
    std::string private_key;      ///< PEM
    std::string certificate;      ///< PEM
    std::int64_t signs_from = 0;  ///< seconds since 1970

    bool operator==(const PlatformCertificate&) const = default;
};

/// The platform's keys. Profile "wechat/platform".
struct Platform {
    std::vector<PlatformCertificate> certificates;  ///< the oldest first, at least one
    std::string public_key_id;                      ///< "PUB_KEY_ID_" and digits
    std::string public_key_private;                 ///< PEM, the private half
    std::string secret;                             ///< hexadecimal; makes tokens and event ids

    bool operator==(const Platform&) const = default;
};

std::string to_json(const Merchant& merchant);
std::string to_json(const Platform& platform);

/// The inverses. Refuse with the member's name: members that are missing and have no default, that
/// do not exist, of another type, and values of the wrong shape; keys and certificates too.
Result<Merchant> read_merchant(std::string_view json);
Result<Platform> read_platform(std::string_view json);

/// Names of the profiles.
std::string merchant_profile(std::string_view mchid);
inline constexpr std::string_view merchant_prefix = "wechat/merchant/";
inline constexpr std::string_view platform_profile = "wechat/platform";
inline constexpr std::string_view options_profile = "wechat/options";

/// 8 to 10 digits.
bool is_mchid(std::string_view text);

}  // namespace tuma::wechat
