#include "protocols/wechat/profiles.h"

#include "ledger/words.h"
#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"
#include "protocols/json_text.h"
#include "protocols/stored_json.h"

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::JsonText;
using protocols::StoredJson;

constexpr std::size_t secret_key_bytes = 32;

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_letters_or_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
}

std::string secret_key(StoredJson& json, std::string_view name) {
    std::string key = json.text_or(name, {});
    if (!key.empty() && (key.size() != secret_key_bytes || !is_letters_or_digits(key)))
        json.fail(name, "must be 32 letters and digits");
    return key;
}

void check_word(StoredJson& json, std::string_view name, std::string_view value,
                std::initializer_list<std::string_view> words) {
    if (std::find(words.begin(), words.end(), value) == words.end())
        json.fail(name, none_of(value, std::vector(words)));
}

void check_certificate(StoredJson& json, std::string_view name, const std::string& pem) {
    if (!crypto::Certificate::read(pem)) json.fail(name, "must be a certificate (PEM) of RSA");
}

void check_key(StoredJson& json, std::string_view name, const std::string& pem) {
    if (!crypto::PrivateKey::read(pem)) json.fail(name, "must be an RSA private key (PEM)");
}

}  // namespace

bool is_mchid(std::string_view text) {
    return text.size() >= 8 && text.size() <= 10 && is_digits(text);
}

std::string to_json(const Merchant& merchant) {
    JsonText json;
    json.begin_object().text("mchid", merchant.mchid).text("name", merchant.name);
    json.texts("appids", merchant.appids);
    json.text("apiv3_key", merchant.apiv3_key).text("v2_key", merchant.v2_key);
    json.texts("certificates", merchant.certificates);
    if (!merchant.private_key.empty()) json.text("private_key", merchant.private_key);
    json.text("keys", merchant.keys)
        .text("callback_keys", merchant.callback_keys)
        .text("account_class", merchant.account_class)
        .text("refund_notify_url", merchant.refund_notify_url)
        .number("operating_balance", merchant.operating_balance)
        .number("sharing_ratio_bp", merchant.sharing_ratio_bp);
    return json.end_object().take();
}

Result<Merchant> read_merchant(std::string_view text) {
    StoredJson json(text, "merchant");
    Merchant merchant;
    merchant.mchid = json.text("mchid");
    if (!is_mchid(merchant.mchid)) json.fail("mchid", "must be 8 to 10 digits");
    merchant.name = json.text_or("name", merchant.mchid);
    merchant.appids = json.texts("appids");
    merchant.apiv3_key = secret_key(json, "apiv3_key");
    merchant.v2_key = secret_key(json, "v2_key");
    merchant.certificates = json.texts("certificates");
    for (const std::string& pem : merchant.certificates)
        check_certificate(json, "certificates", pem);
    merchant.private_key = json.text_or("private_key", {});
    if (!merchant.private_key.empty()) check_key(json, "private_key", merchant.private_key);
    merchant.keys = json.text_or("keys", merchant.keys);
    check_word(json, "keys", merchant.keys, {"auto", "cert", "pubkey"});
    merchant.callback_keys = json.text_or("callback_keys", merchant.callback_keys);
    check_word(json, "callback_keys", merchant.callback_keys, {"cert", "pubkey"});
    merchant.account_class = json.text_or("account_class", merchant.account_class);
    check_word(json, "account_class", merchant.account_class,
               {"merchant", "small-merchant", "merchant-at-once", "virtual-goods"});
    merchant.refund_notify_url = json.text_or("refund_notify_url", {});
    merchant.operating_balance = json.number_or("operating_balance", 0);
    if (merchant.operating_balance < 0) json.fail("operating_balance", "must not be negative");
    merchant.sharing_ratio_bp = json.number_or("sharing_ratio_bp", merchant.sharing_ratio_bp);
    if (merchant.sharing_ratio_bp < 0 || merchant.sharing_ratio_bp > basis_points)
        json.fail("sharing_ratio_bp", "must be 0 to 10000");
    if (auto error = json.error()) return std::move(*error);
    return merchant;
}

std::string to_json(const Platform& platform) {
    JsonText json;
    json.begin_object().begin_array("certificates");
    for (const PlatformCertificate& one : platform.certificates)
        json.begin_object()
            .text("private_key", one.private_key)
            .text("certificate", one.certificate)
            .number("signs_from", one.signs_from)
            .end_object();
    json.end_array()
        .text("public_key_id", platform.public_key_id)
        .text("public_key_private", platform.public_key_private)
        .text("secret", platform.secret);
    return json.end_object().take();
}

Result<Platform> read_platform(std::string_view text) {
    StoredJson json(text, "platform");
    Platform platform;
    const boost::json::array* const list = json.array("certificates");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        StoredJson one((*list)[i], "certificate");
        PlatformCertificate certificate;
        certificate.private_key = one.text("private_key");
        check_key(one, "private_key", certificate.private_key);
        certificate.certificate = one.text("certificate");
        check_certificate(one, "certificate", certificate.certificate);
        certificate.signs_from = one.number_or("signs_from", 0);
        if (const auto error = one.error()) json.fail(error->field, error->reason);
        platform.certificates.push_back(std::move(certificate));
    }
    if (platform.certificates.empty()) json.fail("certificates", "must have one at least");
    platform.public_key_id = json.text("public_key_id");
    platform.public_key_private = json.text("public_key_private");
    check_key(json, "public_key_private", platform.public_key_private);
    platform.secret = json.text("secret");
    if (auto error = json.error()) return std::move(*error);
    return platform;
}

std::string merchant_profile(std::string_view mchid) {
    return std::string(merchant_prefix) + std::string(mchid);
}

}  // namespace tuma::wechat
