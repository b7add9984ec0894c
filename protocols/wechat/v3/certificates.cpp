#include "protocols/wechat/v3/certificates.h"

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/replies.h"

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::size_t certificates_max = 5;
constexpr std::chrono::days life{5 * 365};
constexpr std::chrono::hours overlap{24};
constexpr std::size_t serial_bytes = 20;

// Each certificate is encrypted with a nonce of its own.
std::string nonce_of(const Call& call, std::size_t place) {
    std::string nonce = entropy_text(call.context.entropy, entropy_resource);
    // Two ciphertexts with one key and one nonce would give both away. At most five places, so that
    // letters are enough.
    nonce.back() = static_cast<char>('a' + place);
    return nonce;
}

http::HttpReply plain(std::string body, int status) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}},
            .body = std::move(body)};
}

}  // namespace

Answer list_certificates(const CallPtr& call) {
    // Such a merchant has no certificates: WeChat Pay API v3, "WeChat Pay public key".
    if (call->profile().keys == "pubkey")
        return error_reply(
            *call,
            {.code = "RESOURCE_NOT_EXISTS",
             .message = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引"
                        "https://pay.weixin.qq.com/doc/v3/merchant/4012153196"});
    const auto key = read_apiv3_key(call->profile().apiv3_key);
    // Certificates are sent encrypted, and there is nothing to encrypt them with.
    if (!key) return error_reply(*call, {.code = "NO_AUTH", .message = "商户未设置APIv3密钥"});
    const std::string_view wanted = call->parameter("algorithm_type");
    if (!wanted.empty() && wanted != "RSA" && wanted != "SM2" && wanted != "ALL")
        return error_reply(
            *call, parameter_error("algorithm_type", wanted, "应为 RSA、SM2 或 ALL", "query"));
    protocols::JsonText json;
    json.begin_object().begin_array("data");
    std::size_t place = 0;
    for (const PlatformKey& one : call->platform->certificates) {
        // SM2 is asked for by its name and answered with an empty list: there are no such keys
        // here.
        if (one.not_after < call->context.outside() || wanted == "SM2") continue;
        const EncryptedResource resource =
            encrypt_resource(*key, nonce_of(*call, place++), "certificate", one.certificate);
        json.begin_object()
            .text("serial_no", one.key.serial)
            .text("effective_time", beijing_time(one.not_before))
            .text("expire_time", beijing_time(one.not_after))
            .json("encrypt_certificate", resource.json({}))
            .end_object();
    }
    return reply(*call, json.end_array().end_object().take());
}

PlatformCertificate make_platform_certificate(const protocols::Entropy& entropy, Timestamp outside,
                                              Timestamp signs_from) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms;
    // The name of the real certificate with a mark, so that nobody takes it for the real one.
    terms.common_name = "Tenpay.com sign (tuma)";
    terms.organization = "tuma";
    terms.serial = crypto::certificate_serial(std::span{entropy}.first<serial_bytes>());
    // Valid by clocks outside, because clients check it; when it begins to sign is switch time.
    terms.not_before = outside - std::chrono::days{1};
    terms.not_after = outside + life;
    const auto certificate = crypto::make_self_signed(terms, key);
    ensure(certificate.has_value(), "terms of our own make a certificate");
    const auto seconds = std::chrono::floor<std::chrono::seconds>(signs_from);
    return {key.pem(), certificate->pem(), seconds.time_since_epoch().count()};
}

Answer rotate_certificate(const CallPtr& call) {
    const Timestamp now = call->context.now;
    const bool is_at_once = call->parameter("at_once") == "1";
    const std::string before = call->context.directory.content(platform_profile);
    Platform platform = call->platform->profile;
    // Two at one moment would each leave the other's certificate out.
    const auto changed =
        plain(R"({"error":"another one was made at this moment; ask again"})", 409);
    if (const auto stored = read_platform(before); !stored || *stored != platform) return changed;
    auto& all = platform.certificates;
    // A day in which clients can fetch the list: they have to know a certificate before it signs.
    all.push_back(make_platform_certificate(call->context.entropy, call->context.outside(),
                                            is_at_once ? now : now + overlap));
    // The oldest goes, unless it is the one that signs until the newer ones' day has come.
    const std::string& signing = call->platform->signing(now).key.serial;
    while (all.size() > certificates_max) {
        const auto oldest = crypto::Certificate::read(all.front().certificate);
        const bool signs = oldest && oldest->serial() == signing && !is_at_once;
        all.erase(all.begin() + (signs ? 1 : 0));
    }
    const auto made = crypto::Certificate::read(all.back().certificate);
    protocols::JsonText json;
    json.begin_object()
        .text("serial_no", made->serial())
        .text("signs_from", beijing_time(Timestamp{std::chrono::seconds{all.back().signs_from}}))
        .end_object();
    // No API of the service, so that its answers are neither signed nor in the service's form.
    return ask(protocols::replace_profile(std::string(platform_profile), before, to_json(platform)),
               plain(R"({"error":"busy"})", 503),
               [body = json.take(), changed](const core::Outcome& outcome) -> Answer {
                   if (outcome.code == Refusal::profile_changed) return changed;
                   if (outcome.code != Refusal::none) return plain(R"({"error":"refused"})", 500);
                   return plain(body, 201);
               });
}

}  // namespace tuma::wechat
