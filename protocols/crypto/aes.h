// AES with 256-bit keys: authenticated (GCM), and block by block (ECB), which one old wire format
// asks for.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::crypto {

using Aes256Key = std::array<std::byte, 32>;

inline constexpr std::size_t gcm_tag_bytes = 16;
/// OpenSSL takes no longer nonce.
inline constexpr std::size_t gcm_nonce_bytes_max = 128;

/// AES-256-GCM: the ciphertext with the 16-byte tag behind it. `associated_data` is not in there
/// but must be the same to open it. Requires: a nonce of 1 to 128 bytes, never used before with
/// this key.
std::string seal_gcm(const Aes256Key& key, std::string_view nonce, std::string_view associated_data,
                     std::string_view plaintext);

/// What `seal_gcm` was given; nothing when a bit of any argument is another.
std::optional<std::string> open_gcm(const Aes256Key& key, std::string_view nonce,
                                    std::string_view associated_data, std::string_view sealed);

/// AES-256-ECB with PKCS#7 padding: always longer than the plaintext, a multiple of 16 bytes. Equal
/// blocks show.
std::string encrypt_ecb(const Aes256Key& key, std::string_view plaintext);

/// Nothing when the length or the padding cannot come from `encrypt_ecb`; other changes go unseen.
std::optional<std::string> decrypt_ecb(const Aes256Key& key, std::string_view ciphertext);

}  // namespace tuma::crypto
