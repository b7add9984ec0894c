// RSA keys: signatures with SHA-256, and the two paddings that payment protocols encrypt with.
#pragma once

#include "ledger/words/result.h"
#include "protocols/crypto/digest.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace tuma::crypto {

/// Sizes of keys that are accepted; the protocols here use 2048.
inline constexpr int rsa_bits_min = 2048;
inline constexpr int rsa_bits_max = 4096;
/// A key file or certificate is no longer than this.
inline constexpr std::size_t key_text_bytes_max = 64 * 1024;

/// Random bytes for one OAEP encryption.
using OaepSeed = std::span<const std::byte, 20>;

/// An RSA public key. Immutable; any number of threads may use one at once.
class PublicKey {
public:
    /// Reads PEM: "PUBLIC KEY" or "CERTIFICATE" (the first block), or the same in DER.
    /// Refuses (field "public_key"): a text that is neither, a key that is not RSA of 2048 to 4096
    /// bits.
    static Result<PublicKey> read(std::string_view text);

    /// "PUBLIC KEY" in PEM.
    std::string pem() const;
    /// The same key as "RSA PUBLIC KEY", the form of PKCS #1.
    std::string pem_pkcs1() const;

    /// Bytes of the modulus, hence of a signature and of a ciphertext: 256 for 2048 bits.
    std::size_t size() const;

    /// Whether `signature` (bytes, not base64) is the owner's over `message`, RSASSA-PKCS1-v1_5
    /// with SHA-256.
    bool verify(std::string_view message, std::string_view signature) const;

    /// RSAES-OAEP with SHA-1 and MGF1-SHA1, no label. The seed decides the ciphertext; never use
    /// one twice. Refuses (field "plaintext") more than `size()` - 42 bytes. Source: RFC
    /// 8017, 7.1.1.
    Result<std::string> encrypt_oaep(std::string_view plaintext, OaepSeed seed) const;

    /// RSAES-PKCS1-v1_5. `padding` is random bytes, as many as are left: `size()` - 3 - those of
    /// the plaintext; those that are zero become 1. Refuses (field "plaintext") more than `size()`
    /// - 11 bytes. Requires: padding of that length. Source: RFC 8017, 7.2.1.
    Result<std::string> encrypt_pkcs1(std::string_view plaintext,
                                      std::span<const std::byte> padding) const;

    bool operator==(const PublicKey& other) const;

    /// For the other sources of this folder.
    evp_pkey_st* handle() const { return key_.get(); }

    /// Takes a key that OpenSSL has parsed, as `read` does.
    static Result<PublicKey> adopt(std::shared_ptr<evp_pkey_st> key);

private:
    explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

    std::shared_ptr<evp_pkey_st> key_;
};

/// An RSA private key. Immutable; any number of threads may use one at once.
class PrivateKey {
public:
    /// Reads PKCS#1 or PKCS#8, in PEM without a passphrase or in DER.
    /// Refuses (field "private_key"): anything else, a key that is not RSA of 2048 to 4096 bits.
    static Result<PrivateKey> read(std::string_view text);

    /// A new key of 2048 bits. The one thing here that draws entropy itself, from OpenSSL's
    /// generator: a key that could be made again from a seed would be no secret.
    static PrivateKey generate();

    /// PKCS#8 in PEM, without a passphrase.
    std::string pem() const;

    PublicKey public_key() const;

    /// RSASSA-PKCS1-v1_5 with SHA-256: `size()` bytes of the public key, the same each time.
    std::string sign(std::string_view message) const;

    /// RSAES-OAEP with SHA-1 and MGF1-SHA1; nothing when the ciphertext is not one for this key.
    std::optional<std::string> decrypt_oaep(std::string_view ciphertext) const;

    /// RSAES-PKCS1-v1_5. A ciphertext that is not one for this key has a plaintext too: bytes that
    /// nobody without the key can foretell, always the same. So whoever compares with what is
    /// expected has one way to fail, not two that an attacker could tell apart; and no version of
    /// OpenSSL behaves differently.
    std::string decrypt_pkcs1(std::string_view ciphertext) const;

    /// For the other sources of this folder.
    evp_pkey_st* handle() const { return key_.get(); }

private:
    explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);

    std::shared_ptr<evp_pkey_st> key_;
    Sha256 secret_;  ///< makes the plaintexts of bad ciphertexts
};

}  // namespace tuma::crypto
