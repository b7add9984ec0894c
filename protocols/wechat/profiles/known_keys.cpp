#include "protocols/wechat/profiles/known_keys.h"

#include "protocols/crypto/certificate.h"

#include <utility>

namespace tuma::wechat {
namespace {

constexpr std::size_t merchants_max = 10'000;

MerchantPtr known_merchant(const std::string& content) {
    Result<Merchant> profile = read_merchant(content);
    if (!profile) return nullptr;
    KnownMerchant merchant{std::move(profile).value(), {}};
    for (const std::string& pem : merchant.profile.certificates) {
        const auto certificate = crypto::Certificate::read(pem);
        // Read once here, because parsing a certificate costs more than verifying a signature. The
        // profile's check has read it before.
        merchant.keys.push_back({certificate->serial(), certificate->public_key()});
    }
    return std::make_shared<const KnownMerchant>(std::move(merchant));
}

PlatformPtr known_platform(const std::string& content) {
    Result<Platform> profile = read_platform(content);
    if (!profile) return nullptr;
    auto public_key = crypto::PrivateKey::read(profile->public_key_private);
    SigningKey key{profile->public_key_id, std::move(public_key).value()};
    KnownPlatform platform{std::move(profile).value(), {}, std::move(key)};
    for (const PlatformCertificate& one : platform.profile.certificates) {
        const auto certificate = crypto::Certificate::read(one.certificate);
        auto private_key = crypto::PrivateKey::read(one.private_key);
        platform.certificates.push_back({{certificate->serial(), std::move(private_key).value()},
                                         one.certificate,
                                         Timestamp{std::chrono::seconds{one.signs_from}},
                                         certificate->not_before(),
                                         certificate->not_after()});
    }
    return std::make_shared<const KnownPlatform>(std::move(platform));
}

}  // namespace

const PlatformKey& KnownPlatform::signing(Timestamp now) const {
    const PlatformKey* newest = &certificates.front();
    for (const PlatformKey& key : certificates)
        // In the order in which they were made. The first one stands in where none signs yet.
        if (key.signs_from <= now) newest = &key;
    return *newest;
}

const SigningKey* KnownPlatform::find(std::string_view serial) const {
    // Letter by letter, as clients compare.
    if (serial == public_key.serial) return &public_key;
    for (const PlatformKey& key : certificates)
        if (key.key.serial == serial) return &key.key;
    return nullptr;
}

MerchantPtr KnownKeys::merchant(const protocols::Directory& directory, std::string_view mchid) {
    if (!is_mchid(mchid)) return nullptr;
    const auto content = directory.find(merchant_profile(mchid));
    if (content == nullptr) return nullptr;
    {
        const std::lock_guard lock(mutex_);
        const auto kept = merchants_.find(mchid);
        if (kept != merchants_.end() && kept->second.content == content) return kept->second.value;
    }
    // Without the lock, because it takes long. Two threads may both do it; they get the same.
    MerchantPtr read = known_merchant(*content);
    const std::lock_guard lock(mutex_);
    // What was dropped is read again when it is needed.
    if (merchants_.size() >= merchants_max) merchants_.clear();
    merchants_[std::string(mchid)] = {content, read};
    return read;
}

PlatformPtr KnownKeys::platform(const protocols::Directory& directory) {
    const auto content = directory.find(platform_profile);
    if (content == nullptr) return nullptr;
    const std::lock_guard lock(mutex_);
    // Under the lock: there is one platform, and it changes only when a certificate is renewed.
    if (platform_.content != content) platform_ = {content, known_platform(*content)};
    return platform_.value;
}

}  // namespace tuma::wechat
