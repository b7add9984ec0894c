// What the platform encrypts with a merchant's APIv3 key: certificates in replies, resources in
// callbacks.
#pragma once

#include "ledger/words/result.h"
#include "protocols/crypto/aes.h"

#include <optional>
#include <string>
#include <string_view>

namespace tuma::wechat {

inline constexpr std::string_view resource_algorithm = "AEAD_AES_256_GCM";
/// A ciphertext stands for no more bytes, tag included.
inline constexpr std::size_t resource_bytes_max = 1U << 20U;

/// The members of the object beside its algorithm.
struct EncryptedResource {
    std::string nonce;  ///< printable ASCII, used as it is; the platform's have 12 characters
    std::string associated_data;  ///< printable ASCII, may be empty
    std::string ciphertext;       ///< base64 of the ciphertext with the 16-byte tag behind it

    bool operator==(const EncryptedResource&) const = default;

    /// The JSON object in the order of callbacks; `original_type` is told first, unless it is
    /// empty, as in the list of certificates.
    std::string json(std::string_view original_type) const;
};

/// The key is the text's bytes themselves. Refuses (field "apiv3_key") what is not 32 letters and
/// digits.
Result<crypto::Aes256Key> read_apiv3_key(std::string_view text);

/// Encrypts for the merchant. Requires: a nonce of 1 to 128 printable ASCII characters, never used
/// before with this key. Source: WeChat Pay API v3, "decrypting certificates and callbacks".
EncryptedResource encrypt_resource(const crypto::Aes256Key& key, std::string_view nonce,
                                   std::string_view associated_data, std::string_view plaintext);

/// The merchant's side: the plaintext, or nothing when the key is another or anything was altered.
std::optional<std::string> decrypt_resource(const crypto::Aes256Key& key,
                                            const EncryptedResource& resource);

}  // namespace tuma::wechat
