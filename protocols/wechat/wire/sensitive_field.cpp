// RSA-OAEP in base64.
#include "protocols/wechat/wire/sensitive_field.h"

#include "protocols/crypto/encoding.h"

namespace tuma::wechat {

Result<std::string> encrypt_sensitive_field(const crypto::PublicKey& key,
                                            std::string_view plaintext, crypto::OaepSeed seed) {
    const Result<std::string> ciphertext = key.encrypt_oaep(plaintext, seed);
    if (!ciphertext) return ciphertext.error();
    return crypto::base64_encode(*ciphertext);
}

Result<std::string> decrypt_sensitive_field(const crypto::PrivateKey& key,
                                            std::string_view ciphertext) {
    const Result<std::string> bytes = crypto::base64_decode(ciphertext, crypto::rsa_bits_max / 8);
    if (!bytes) return InputError{"ciphertext", "is not base64 of an RSA ciphertext"};
    std::optional<std::string> plaintext = key.decrypt_oaep(*bytes);
    // One reason for all failures: what is wrong with the padding must not be told.
    if (!plaintext) return InputError{"ciphertext", "is not encrypted for this key"};
    return *std::move(plaintext);
}

}  // namespace tuma::wechat
