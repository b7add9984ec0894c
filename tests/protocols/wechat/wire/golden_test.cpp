// Every vector of WeChat Pay that was checked against real client libraries.
#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/wechat/v2/v2_signature.h"
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/invocation_signature.h"
#include "protocols/wechat/wire/response_signature.h"
#include "protocols/wechat/wire/sensitive_field.h"
#include "tests/protocols/wechat/wire/transcripts.h"

using namespace tuma;
using namespace tuma::wechat;
using test::golden;
using test::parameter;
using test::word;

namespace {

namespace json = boost::json;

const Timestamp signed_at{std::chrono::seconds(1'700'000'000)};

VerifyingKey merchant_key() {
    const crypto::Certificate certificate =
        crypto::Certificate::read(test::transcript("keys/mch_cert.pem")).value();
    return {certificate.serial(), certificate.public_key()};
}

SigningKey platform_key() {
    return {parameter("platform_serial"), test::private_key("wechatpay_platform_private.der")};
}

SigningKey public_key_mode_key() {
    return {parameter("pub_key_id"), test::private_key("wechatpay_pub_private.der")};
}

// Signs the body with the key that the vector's headers name, and compares header by header.
void check_headers(const json::value& headers, const std::string& body) {
    const std::string serial = word(headers, "Wechatpay-Serial");
    const SigningKey key =
        serial.starts_with("PUB_KEY_ID_") ? public_key_mode_key() : platform_key();
    const ResponseSignature made =
        sign_response(key, signed_at, "593BEC0C930BF1AFEB40B4A08C8FB242", body);
    std::size_t compared = 0;
    for (const auto& [name, value] : made.headers()) {
        const json::value* expected = headers.as_object().if_contains(name);
        if (expected == nullptr) continue;
        CHECK(value == std::string_view(expected->as_string()));
        ++compared;
    }
    CHECK(compared == headers.as_object().size());
    CHECK(verify_response(key.key.public_key(), made, body));
}

void check_notice(const char* group) {
    const json::value vector = golden(group);
    const std::string body = word(vector, "body");
    const json::value resource = json::parse(body).at("resource");
    const crypto::Aes256Key key = read_apiv3_key(parameter("apiv3_key")).value();
    const EncryptedResource read{word(resource, "nonce"), word(resource, "associated_data"),
                                 word(resource, "ciphertext")};

    CHECK(decrypt_resource(key, read) == word(vector, "plaintext"));
    const EncryptedResource made =
        encrypt_resource(key, read.nonce, read.associated_data, word(vector, "plaintext"));
    CHECK(made == read);
    CHECK(body.find("\"resource\":" + made.json(word(resource, "original_type")) + "}") !=
          std::string::npos);
    check_headers(vector.at("headers_cert"), body);
    check_headers(vector.at("headers_pubkey"), body);
}

}  // namespace

TEST_CASE("golden: v3 requests have these messages, signatures and headers, and verify") {
    if (!test::has_transcripts()) return;
    const SigningKey key{parameter("mch_serial"), test::private_key("mch_private.der")};
    const VerifyingKey verifying = merchant_key();
    CHECK(verifying.serial == key.serial);
    const json::value vectors = golden("wx_v3_request");
    REQUIRE(vectors.as_array().size() == 5);
    for (const json::value& vector : vectors.as_array()) {
        const std::string method = word(vector, "method");
        const std::string url = word(vector, "url");
        const std::string body = word(vector, "body");
        const SignedRequest request{method, url, body};
        CAPTURE(url);
        const std::string nonce = word(vector, "nonce_str");
        const std::string message = request_message(request, word(vector, "timestamp"), nonce);

        CHECK(message == word(vector, "message"));
        CHECK(message.size() == vector.at("message_bytes").as_int64());
        CHECK(sign_request(key, parameter("mchid"), request, signed_at, nonce) ==
              word(vector, "authorization"));
        const auto authorization = parse_authorization(word(vector, "authorization"));
        REQUIRE(authorization.has_value());
        CHECK(authorization->signature == word(vector, "signature"));
        CHECK(!verify_request(*authorization, request, {&verifying, 1}, signed_at));
    }
}

TEST_CASE("golden: v3 replies, 204 too, have these messages and headers in both key modes") {
    if (!test::has_transcripts()) return;
    const json::value vectors = golden("wx_v3_response");
    REQUIRE(vectors.as_array().size() == 3);
    for (const json::value& vector : vectors.as_array()) {
        const std::string body = word(vector, "body");
        CHECK(response_message("1700000000", "593BEC0C930BF1AFEB40B4A08C8FB242", body) ==
              word(vector, "message"));
        check_headers(vector.at("headers"), body);
    }
}

TEST_CASE("golden: the platform's certificate is encrypted to this ciphertext") {
    if (!test::has_transcripts()) return;
    const json::value vector = golden("wx_v3_certificates");
    const crypto::Aes256Key key = read_apiv3_key(word(vector, "key")).value();
    const EncryptedResource resource{word(vector, "nonce"), word(vector, "associated_data"),
                                     word(vector, "ciphertext")};

    const std::optional<std::string> pem = decrypt_resource(key, resource);
    REQUIRE(pem);
    CHECK(crypto::hex_lower(crypto::sha256(*pem)) == word(vector, "plaintext_sha256"));
    CHECK(encrypt_resource(key, resource.nonce, resource.associated_data, *pem) == resource);
    CHECK(crypto::Certificate::read(*pem).value().serial() == parameter("platform_serial"));
}

TEST_CASE("golden: the notice of a payment decrypts, encrypts and signs to the same bytes") {
    if (test::has_transcripts()) check_notice("wx_v3_notify_transaction");
}

TEST_CASE("golden: the notice of a refund decrypts, encrypts and signs to the same bytes") {
    if (test::has_transcripts()) check_notice("wx_v3_notify_refund");
}

TEST_CASE("golden: what opens a payment in WeChat and in an app verifies") {
    if (!test::has_transcripts()) return;
    const InvocationFields fields{"wxd678efh567hg6787", "1700000000",
                                  "593BEC0C930BF1AFEB40B4A08C8FB242",
                                  "wx15061320009395522657a690389285100"};
    const crypto::PublicKey key = merchant_key().key;
    const json::value jsapi = golden("wx_v3_jsapi_invoke");
    const json::value app = golden("wx_v3_app_invoke");

    CHECK(invocation_message(Invocation::jsapi, fields) == word(jsapi, "message"));
    CHECK(invocation_message(Invocation::app, fields) == word(app, "message"));
    CHECK(verify_invocation(key, Invocation::jsapi, fields, word(jsapi, "paySign")));
    CHECK(verify_invocation(key, Invocation::app, fields, word(app, "sign")));
    CHECK(!verify_invocation(key, Invocation::app, fields, word(jsapi, "paySign")));
    CHECK(!verify_invocation(key, Invocation::jsapi, fields, word(app, "sign")));
}

TEST_CASE("golden: a sensitive field decrypts with the platform's key") {
    if (!test::has_transcripts()) return;
    const json::value vector = golden("wx_v3_sensitive");
    CHECK(decrypt_sensitive_field(platform_key().key, word(vector, "ciphertext")).value() ==
          word(vector, "plaintext"));
    CHECK(!decrypt_sensitive_field(public_key_mode_key().key, word(vector, "ciphertext")));
}

TEST_CASE("golden: v2 messages have these texts and signs") {
    if (!test::has_transcripts()) return;
    const json::value vector = golden("wx_v2");
    const std::string key = word(vector, "key");
    V2Fields fields;
    for (const auto& [name, value] : vector.at("params").as_object())
        fields.emplace(std::string(name), std::string(value.as_string()));

    CHECK(v2_message(fields, key) == word(vector.at("md5"), "string"));
    CHECK(sign_v2(fields, key, V2SignType::md5) == word(vector.at("md5"), "sign"));
    fields["sign_type"] = "HMAC-SHA256";
    CHECK(v2_message(fields, key) == word(vector.at("hmac"), "string"));
    CHECK(sign_v2(fields, key, V2SignType::hmac_sha256) == word(vector.at("hmac"), "sign"));
    fields["sign"] = word(vector.at("hmac"), "sign");
    CHECK(!verify_v2(fields, key));
}

TEST_CASE("golden: the req_info of a v2 refund notice encrypts and decrypts to the same") {
    if (!test::has_transcripts()) return;
    const json::value vector = golden("wx_v2_refund_req_info");
    const std::string key = parameter("apiv2_key");
    CHECK(crypto::hex_lower(crypto::md5(key)) == word(vector, "aes256_ecb_key_ascii"));
    CHECK(encrypt_req_info(word(vector, "plaintext"), key) == word(vector, "req_info"));
    CHECK(decrypt_req_info(word(vector, "req_info"), key).value() == word(vector, "plaintext"));
}

TEST_CASE("golden: a bill's hash is SHA-1 over the file") {
    if (!test::has_transcripts()) return;
    const json::value vector = golden("wx_bill");
    const std::string csv = word(vector, "csv");
    CHECK(csv.size() == vector.at("bytes").as_int64());
    CHECK(crypto::hex_lower(crypto::sha1(csv)) == word(vector, "hash_value"));
}

TEST_CASE(
    "golden: every key file reads, and each private key belongs to its certificate or public key") {
    if (!test::has_transcripts()) return;
    struct Row {
        const char* private_name;
        const char* public_name;
    };
    const Row rows[] = {
        {"mch_private.der", "mch_cert.pem"},
        {"wechatpay_platform_private.der", "wechatpay_platform_cert.pem"},
        {"wechatpay_pub_private.der", "wechatpay_pub_key.pem"},
        {"tls_ca_private.der", "tls_ca.pem"},
        {"tls_server_private.der", "tls_server.pem"},
        {"alipay_app_private_pkcs1.der", "alipay_app.crt"},
        {"alipay_app_private_pkcs1.der", "alipay_app_public.pem"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.public_name);
        CHECK(test::private_key(row.private_name).public_key() ==
              test::public_key(row.public_name));
    }
    const auto certificate = [](const char* name) {
        return crypto::Certificate::read(test::transcript(std::string("keys/") + name)).value();
    };
    CHECK(certificate("tls_server.pem").is_issued_by(certificate("tls_ca.pem")));
    CHECK(certificate("wechatpay_platform_cert.pem").serial() == parameter("platform_serial"));
}
