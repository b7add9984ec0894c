// MD5 and HMAC-SHA256 over sorted fields.
#include "protocols/wechat/v2/v2_signature.h"

#include "protocols/crypto/aes.h"
#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"

#include <algorithm>

namespace tuma::wechat {
namespace {

constexpr std::size_t req_info_bytes_max = 64 * 1024;

std::string_view field(const V2Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

// Not the MD5's 16 bytes but its 32 digits are the key.
crypto::Aes256Key req_info_key(std::string_view v2_key) {
    const std::string digits = crypto::hex_lower(crypto::md5(v2_key));
    crypto::Aes256Key key{};
    std::ranges::copy(crypto::as_bytes(digits), key.begin());
    return key;
}

}  // namespace

std::string v2_message(const V2Fields& fields, std::string_view v2_key) {
    std::string message;
    for (const auto& [name, value] : fields) {
        // The map is sorted by bytes, as the signature wants it.
        if (value.empty() || name == "sign") continue;
        message += name;
        message += '=';
        message += value;
        message += '&';
    }
    // The key stands behind the fields without being one: it has no place in the order.
    message += "key=";
    message += v2_key;
    return message;
}

std::string sign_v2(const V2Fields& fields, std::string_view v2_key, V2SignType type) {
    const std::string message = v2_message(fields, v2_key);
    switch (type) {
        case V2SignType::md5:
            return crypto::hex_upper(crypto::md5(message));
        case V2SignType::hmac_sha256:
            return crypto::hex_upper(crypto::hmac_sha256(v2_key, message));
    }
    unreachable("a sign type that is not in the enumeration");
}

std::optional<V2SignType> v2_sign_type(const V2Fields& fields) {
    const std::string_view name = field(fields, "sign_type");
    if (name.empty() || name == "MD5") return V2SignType::md5;
    if (name == "HMAC-SHA256") return V2SignType::hmac_sha256;
    return std::nullopt;
}

std::optional<V2SignFailure> verify_v2(const V2Fields& fields, std::string_view v2_key) {
    const std::string_view sign = field(fields, "sign");
    if (sign.empty()) return V2SignFailure::sign_missing;
    const std::optional<V2SignType> type = v2_sign_type(fields);
    // Before any hash: there is nothing to compare with.
    if (!type) return V2SignFailure::sign_type_unknown;
    // How much of a guess was right must not be measurable. Lower-case digits are refused.
    if (!crypto::constant_time_equal(sign, sign_v2(fields, v2_key, *type)))
        return V2SignFailure::sign_mismatch;
    return std::nullopt;
}

std::string encrypt_req_info(std::string_view plaintext, std::string_view v2_key) {
    return crypto::base64_encode(crypto::encrypt_ecb(req_info_key(v2_key), plaintext));
}

Result<std::string> decrypt_req_info(std::string_view req_info, std::string_view v2_key) {
    const Result<std::string> ciphertext = crypto::base64_decode(req_info, req_info_bytes_max);
    if (!ciphertext) return InputError{"req_info", "is not base64 of up to 64 KiB"};
    std::optional<std::string> plaintext = crypto::decrypt_ecb(req_info_key(v2_key), *ciphertext);
    if (!plaintext) return InputError{"req_info", "is not encrypted with this key"};
    return *std::move(plaintext);
}

}  // namespace tuma::wechat
