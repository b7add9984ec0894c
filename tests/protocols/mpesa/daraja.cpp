#include "tests/protocols/mpesa/daraja.h"

#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/profiles/sandbox.h"
#include "protocols/mpesa/wire/access_token.h"

#include <doctest/doctest.h>

namespace tuma::testing {
namespace {

constexpr std::string_view secret = "a secret of tests";

// Generating one takes long, so all tests share it.
const crypto::PrivateKey& sandbox_key() {
    static const crypto::PrivateKey key = crypto::PrivateKey::generate();
    return key;
}

Timestamp start() {
    // 2026-10-02 18:11:02.123 in Nairobi.
    return parse_timestamp("2026-10-02T15:11:02.123Z").value();
}

}  // namespace

// The bench keeps a reference only, so that it may be given away before it is made.
Daraja::Daraja(const mpesa::Options& options) : DialectBench(adapter, start()) {
    receiver = [](const Arrived&) {
        return protocols::CallbackResult{200, R"({"ResultCode":0,"ResultDesc":"Success"})", {}};
    };
    load_scheme("mpesa-kenya");
    for (const auto& [name, content] : mpesa::profiles_of(mpesa::default_sandbox()))
        directory.store(name, content);
    directory.store(std::string(mpesa::secret_profile), std::string(secret));
    directory.store(std::string(mpesa::certificate_profile),
                    mpesa::to_json(mpesa::CredentialKeys{sandbox_key().pem(), {}}));
    store(options);
}

std::string Daraja::token() const {
    return token_of(mpesa::default_sandbox().apps.front().consumer_key);
}

std::string Daraja::token_of(const std::string& consumer_key) const {
    return mpesa::make_token(secret, consumer_key, world.now + std::chrono::hours{1});
}

http::HttpRequest Daraja::request(const std::string& path, const std::string& body,
                                  http::Fields headers) const {
    headers.emplace_back("Authorization", "Bearer " + token());
    headers.emplace_back("Content-Type", "application/json");
    return {.method = "POST", .target = path, .headers = std::move(headers), .body = body};
}

http::HttpReply Daraja::post(const std::string& path, const std::string& body,
                             http::Fields headers) {
    return send(request(path, body, std::move(headers)));
}

boost::json::value Daraja::post_json(const std::string& path, const std::string& body,
                                     http::Fields headers) {
    return boost::json::parse(post(path, body, std::move(headers)).body);
}

void Daraja::store(const mpesa::Options& options) {
    directory.store(std::string(mpesa::options_profile), mpesa::to_json(options));
}

void Daraja::store(const mpesa::Shortcode& shortcode) {
    directory.store(mpesa::shortcode_profile(shortcode.number), mpesa::to_json(shortcode));
}

std::string credential(const std::string& password) {
    const crypto::PublicKey key = sandbox_key().public_key();
    const std::vector<std::byte> padding(key.size() - 3 - password.size(), std::byte{0x5A});
    return crypto::base64_encode(key.encrypt_pkcs1(password, padding).value());
}

std::string stk_password(const std::string& shortcode, const std::string& timestamp) {
    const mpesa::Sandbox sandbox = mpesa::default_sandbox();
    return crypto::base64_encode(shortcode + sandbox.shortcodes.front().passkey + timestamp);
}

std::string stk_body(const std::string& msisdn, std::int64_t amount,
                     const boost::json::object& changes) {
    boost::json::object body{{"BusinessShortCode", "174379"},
                             {"Password", stk_password("174379", "20261002181102")},
                             {"Timestamp", "20261002181102"},
                             {"TransactionType", "CustomerPayBillOnline"},
                             {"Amount", amount},
                             {"PartyA", msisdn},
                             {"PartyB", "174379"},
                             {"PhoneNumber", msisdn},
                             {"CallBackURL", "http://127.0.0.1:9/cb"},
                             {"AccountReference", "ACC-1"},
                             {"TransactionDesc", "Payment"}};
    for (const auto& change : changes) body[change.key()] = change.value();
    return boost::json::serialize(body);
}

void check_error(const http::HttpReply& reply) {
    CHECK(reply.status >= 400);
    CHECK(reply.status <= 500);
    const boost::json::value error = boost::json::parse(reply.body);
    REQUIRE(error.is_object());
    CHECK(error.get_object().size() == 3);
    CHECK(at(error, "requestId").size() > 10);
    CHECK(at(error, "errorCode").starts_with(std::to_string(reply.status) + "."));
    CHECK(error.at("errorMessage").is_string());
}

}  // namespace tuma::testing
