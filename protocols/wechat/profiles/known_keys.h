// Merchants and the platform's keys as the dialect works with them: read once, until they change.
#pragma once

#include "protocols/kit/directory.h"
#include "protocols/wechat/profiles/profiles.h"
#include "protocols/wechat/profiles/signature_keys.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// A merchant with the keys of its certificates.
struct KnownMerchant {
    Merchant profile;
    std::vector<VerifyingKey> keys;
};
using MerchantPtr = std::shared_ptr<const KnownMerchant>;

/// One of the platform's signing keys, with its certificate.
struct PlatformKey {
    SigningKey key;
    std::string certificate;  ///< PEM
    Timestamp signs_from{};
    Timestamp not_before{};
    Timestamp not_after{};
};

/// All keys of the platform.
struct KnownPlatform {
    Platform profile;
    std::vector<PlatformKey> certificates;
    SigningKey public_key;

    /// The certificate's key that signs at `now`: the newest that does so already.
    const PlatformKey& signing(Timestamp now) const;
    /// The key called `serial`, compared with case, for what clients have encrypted; or null.
    const SigningKey* find(std::string_view serial) const;
};
using PlatformPtr = std::shared_ptr<const KnownPlatform>;

/// Keeps what was read last of each profile. Any thread.
class KnownKeys {
public:
    /// Null if there is no such merchant.
    MerchantPtr merchant(const protocols::Directory& directory, std::string_view mchid);
    /// Null before anything was provided.
    PlatformPtr platform(const protocols::Directory& directory);

private:
    template <typename Value>
    struct Kept {
        std::shared_ptr<const std::string> content;
        std::shared_ptr<const Value> value;
    };

    std::mutex mutex_;
    /// Bounded; when it is full it is emptied, and profiles are read anew.
    std::map<std::string, Kept<KnownMerchant>, std::less<>> merchants_;
    Kept<KnownPlatform> platform_;
};

}  // namespace tuma::wechat
