// Names, card numbers and the like inside JSON: encrypted for the other side's key.
#pragma once

#include "protocols/crypto/rsa.h"

#include <string>
#include <string_view>

namespace tuma::wechat {

/// RSA-OAEP with SHA-1, in base64. Refuses (field "plaintext") more than 214 bytes for a 2048-bit
/// key. Source: WeChat Pay API v3, "encrypting sensitive fields".
Result<std::string> encrypt_sensitive_field(const crypto::PublicKey& key,
                                            std::string_view plaintext, crypto::OaepSeed seed);

/// Refuses (field "ciphertext") what is not base64 or not encrypted for this key.
Result<std::string> decrypt_sensitive_field(const crypto::PrivateKey& key,
                                            std::string_view ciphertext);

}  // namespace tuma::wechat
