#include "tests/protocols/wechat/shop.h"

#include "protocols/crypto/certificate.h"
#include "protocols/kit/payment.h"
#include "protocols/wechat/profiles/sandbox.h"
#include "protocols/wechat/v3/certificates.h"
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/response_signature.h"
#include "protocols/wechat/wire/sensitive_field.h"
#include "switch/core/switch.h"

#include <doctest/doctest.h>

#include <array>

namespace tuma::testing {
namespace {

Timestamp start() {
    return parse_timestamp("2026-10-02T02:00:00Z").value();
}

// Generating keys takes long, so all tests share them.
struct Keys {
    crypto::PrivateKey merchant = crypto::PrivateKey::generate();
    std::string certificate;
    wechat::Platform platform;

    Keys() {
        crypto::CertificateTerms terms;
        terms.common_name = "1900000109";
        terms.serial = "4A11CE";
        terms.not_before = start() - std::chrono::days{1};
        terms.not_after = start() + std::chrono::days{1'000};
        certificate = crypto::make_self_signed(terms, merchant).value().pem();
        platform.certificates.push_back(
            wechat::make_platform_certificate({}, start(), start() - std::chrono::days{1}));
        platform.public_key_id = wechat::sandbox_public_key_id;
        platform.public_key_private = crypto::PrivateKey::generate().pem();
        platform.secret = "secret";
    }
};

const Keys& keys() {
    static const Keys all;
    return all;
}

wechat::ResponseSignature signature_of(const http::Fields& headers) {
    const auto value = [&](std::string_view name) {
        const std::string* found = http::find(headers, name);
        REQUIRE_MESSAGE(found != nullptr, name);
        return *found;
    };
    CHECK(value("Wechatpay-Signature-Type") == "WECHATPAY2-SHA256-RSA2048");
    return {value("Wechatpay-Timestamp"), value("Wechatpay-Nonce"), value("Wechatpay-Signature"),
            value("Wechatpay-Serial")};
}

// By the key whose serial it names.
bool is_signed(const http::Fields& headers, const std::string& body) {
    const wechat::ResponseSignature signature = signature_of(headers);
    const wechat::Platform& platform = keys().platform;
    const auto certificate =
        crypto::Certificate::read(platform.certificates.front().certificate).value();
    if (signature.serial == certificate.serial())
        return wechat::verify_response(certificate.public_key(), signature, body);
    if (signature.serial != platform.public_key_id) return false;
    const auto key = crypto::PrivateKey::read(platform.public_key_private).value();
    return wechat::verify_response(key.public_key(), signature, body);
}

}  // namespace

// The bench keeps a reference only, so that it may be given away before it is made.
Shop::Shop(const wechat::Options& options, std::size_t orders_max)
    : DialectBench(adapter, start(), orders_max),
      merchant(wechat::default_merchant()),
      platform(keys().platform) {
    load_scheme("wechat-china");
    merchant.certificates = {keys().certificate};
    store(merchant);
    store(options);
    // Through the books, which compare with it when it is renewed.
    ask(protocols::store_profile(std::string(wechat::platform_profile), wechat::to_json(platform)));
}

void Shop::store(const wechat::Options& options) {
    directory.store(std::string(wechat::options_profile), wechat::to_json(options));
}

void Shop::store(const wechat::Merchant& changed) {
    directory.store(wechat::merchant_profile(changed.mchid), wechat::to_json(changed));
}

http::HttpRequest Shop::signed_request(const std::string& method, const std::string& target,
                                       const std::string& body, http::Fields headers) const {
    const wechat::SigningKey key{"4a11ce", keys().merchant};
    // As every client sends them; what a test gives stands.
    for (const auto& [name, value] :
         {std::pair{"Accept", "application/json"}, std::pair{"User-Agent", "tests"},
          std::pair{"Content-Type", "application/json"}})
        if (http::find(headers, name) == nullptr) headers.emplace_back(name, value);
    headers.emplace_back("Authorization",
                         wechat::sign_request(key, merchant.mchid, {method, target, body},
                                              wall.value_or(world.now), "nonce"));
    return {.method = method,
            .target = target,
            .host = "127.0.0.1:8080",
            .headers = std::move(headers),
            .body = body};
}

http::HttpReply Shop::call(const std::string& method, const std::string& target,
                           const std::string& body, http::Fields headers) {
    http::HttpReply reply = send(signed_request(method, target, body, std::move(headers)));
    // Refusals have no signature, and files have a hash instead.
    const bool is_told = reply.status >= 400 || target.starts_with("/v3/billdownload");
    if (is_told)
        CHECK(http::find(reply.headers, "Wechatpay-Signature") == nullptr);
    else
        CHECK(is_signed(reply.headers, reply.body));
    return reply;
}

http::HttpReply Shop::post(const std::string& target, const boost::json::object& body,
                           http::Fields headers) {
    return call("POST", target, boost::json::serialize(body), std::move(headers));
}

boost::json::value Shop::get_json(const std::string& target) {
    return boost::json::parse(get(target).body);
}

boost::json::value Shop::post_json(const std::string& target, const boost::json::object& body) {
    return boost::json::parse(post(target, body).body);
}

std::string sealed(const std::string& name) {
    const auto key = crypto::PrivateKey::read(keys().platform.public_key_private).value();
    const std::array<std::byte, 20> seed{};
    return wechat::encrypt_sensitive_field(key.public_key(), name, seed).value();
}

http::Fields sealing_header() {
    return {{"Wechatpay-Serial", keys().platform.public_key_id}};
}

boost::json::value opened(const Arrived& arrived) {
    CHECK(is_signed(arrived.callback.headers, arrived.callback.body));
    const boost::json::value event = arrived.json();
    const boost::json::value& resource = event.at("resource");
    const auto key = wechat::read_apiv3_key(wechat::default_merchant().apiv3_key).value();
    const auto plaintext = wechat::decrypt_resource(
        key, {at(resource, "nonce"), at(resource, "associated_data"), at(resource, "ciphertext")});
    REQUIRE(plaintext);
    return boost::json::parse(*plaintext);
}

boost::json::object native_order(const std::string& number, std::int64_t total) {
    return {{"appid", "wxd678efh567hg6787"},
            {"mchid", "1900000109"},
            {"description", "测试商品"},
            {"out_trade_no", number},
            {"notify_url", "http://127.0.0.1:9/notify"},
            {"amount", boost::json::object{{"total", total}, {"currency", "CNY"}}}};
}

boost::json::object refund_of(const std::string& number, const std::string& refund,
                              std::int64_t amount, std::int64_t total) {
    return {
        {"out_trade_no", number},
        {"out_refund_no", refund},
        {"notify_url", "http://127.0.0.1:9/refund"},
        {"amount", boost::json::object{{"refund", amount}, {"total", total}, {"currency", "CNY"}}}};
}

std::string code_of(const http::HttpReply& reply) {
    const std::string status = std::to_string(reply.status);
    if (reply.status == 200 || reply.body.empty()) return status;
    return status + " " + at(boost::json::parse(reply.body), "code");
}

}  // namespace tuma::testing
