#include "protocols/wechat/profiles/profiles.h"

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"
#include "protocols/kit/field_table.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

constexpr std::size_t secret_key_bytes = 32;

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_letters_or_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
}

std::string_view check_mchid(std::string_view text) {
    return is_mchid(text) ? "" : "must be 8 to 10 digits";
}
std::string_view check_secret_key(std::string_view text) {
    const bool is_key =
        text.empty() || (text.size() == secret_key_bytes && is_letters_or_digits(text));
    return is_key ? "" : "must be 32 letters and digits";
}
std::string_view check_certificate(std::string_view pem) {
    return crypto::Certificate::read(std::string(pem)) ? "" : "must be a certificate (PEM) of RSA";
}
std::string_view check_private_key(std::string_view pem) {
    return crypto::PrivateKey::read(std::string(pem)) ? "" : "must be an RSA private key (PEM)";
}

using M = protocols::Rows<Merchant>;
const std::array merchant_rows{
    M::required(M::text("mchid", &Merchant::mchid, {}, check_mchid)),
    M::text("name", &Merchant::name),
    M::texts("appids", &Merchant::appids),
    M::text("apiv3_key", &Merchant::apiv3_key, {}, check_secret_key),
    M::text("v2_key", &Merchant::v2_key, {}, check_secret_key),
    M::texts("certificates", &Merchant::certificates, {}, check_certificate),
    M::sparse(M::text("private_key", &Merchant::private_key, {}, check_private_key)),
    M::word("keys", &Merchant::keys, "auto|cert|pubkey"),
    M::word("callback_keys", &Merchant::callback_keys, "auto|cert|pubkey"),
    M::word("account_class", &Merchant::account_class,
            "merchant|small-merchant|merchant-at-once|virtual-goods"),
    M::text("refund_notify_url", &Merchant::refund_notify_url),
    M::text("sharing_notify_url", &Merchant::sharing_notify_url),
    M::texts("sub_mchids", &Merchant::sub_mchids, {}, check_mchid),
    M::number("operating_balance", &Merchant::operating_balance),
    M::number("sharing_ratio_bp", &Merchant::sharing_ratio_bp, 0, basis_points)};

using C = protocols::Rows<PlatformCertificate>;
const std::array certificate_rows{
    C::required(C::text("private_key", &PlatformCertificate::private_key, {}, check_private_key)),
    C::required(C::text("certificate", &PlatformCertificate::certificate, {}, check_certificate)),
    C::number("signs_from", &PlatformCertificate::signs_from)};

using P = protocols::Rows<Platform>;
const std::array platform_rows{
    P::required(
        P::objects("certificates", &Platform::certificates,
                   std::span<const protocols::FieldRow<PlatformCertificate>>{certificate_rows})),
    P::required(P::text("public_key_id", &Platform::public_key_id)),
    P::required(
        P::text("public_key_private", &Platform::public_key_private, {}, check_private_key)),
    P::required(P::text("secret", &Platform::secret))};

}  // namespace

bool is_mchid(std::string_view text) {
    return text.size() >= 8 && text.size() <= 10 && is_digits(text);
}

std::string to_json(const Merchant& merchant) {
    return protocols::record_json<Merchant>(merchant_rows, merchant);
}

Result<Merchant> read_merchant(std::string_view text) {
    Result<Merchant> read = protocols::read_record<Merchant>(merchant_rows, text, "merchant");
    if (!read) return read;
    Merchant merchant = std::move(read).value();
    // Where a name is shown, the number is better than none.
    if (merchant.name.empty()) merchant.name = merchant.mchid;
    return merchant;
}

std::string to_json(const Platform& platform) {
    return protocols::record_json<Platform>(platform_rows, platform);
}

Result<Platform> read_platform(std::string_view text) {
    Result<Platform> platform = protocols::read_record<Platform>(platform_rows, text, "platform");
    // Without one no reply could be signed. The table cannot say how many a list has to have.
    if (platform && platform->certificates.empty())
        return InputError{"certificates", "must have one at least"};
    return platform;
}

std::string merchant_profile(std::string_view mchid) {
    return std::string(merchant_prefix) + std::string(mchid);
}

}  // namespace tuma::wechat
