// RSA encryption. The paddings are added here from given bytes, so that the same bytes make the
// same ciphertext, and that of PKCS#1 v1.5 is taken off here, because versions of OpenSSL answer
// bad ciphertexts differently.
#include "ledger/ensure.h"
#include "protocols/crypto/encoding.h"
#include "protocols/crypto/openssl_types.h"
#include "protocols/crypto/rsa.h"

#include <openssl/rsa.h>

#include <algorithm>

namespace tuma::crypto {
namespace {

KeyContext open_context(EVP_PKEY* key) {
    KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    ensure(context != nullptr, "no memory for a key context");
    return context;
}

/// `size` bytes made from `seed`. Source: RFC 8017, B.2.1, with SHA-1.
std::string mgf1(std::string_view seed, std::size_t size) {
    std::string mask;
    for (std::uint32_t counter = 0; mask.size() < size; ++counter) {
        std::string block(seed);
        for (const unsigned shift : {24U, 16U, 8U, 0U})
            block += static_cast<char>(counter >> shift & 0xFFU);
        mask += as_text(sha1(block));
    }
    mask.resize(size);
    return mask;
}

std::string exclusive_or(std::string_view a, std::string_view b) {
    std::string bytes(a);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ b[i]);
    return bytes;
}

InputError too_long(std::size_t bytes_max) {
    return {"plaintext", "is longer than " + std::to_string(bytes_max) + " bytes"};
}

/// Encrypts a padded block as it is.
std::string encrypt_block(EVP_PKEY* key, std::string_view block) {
    const KeyContext context = open_context(key);
    ensure(EVP_PKEY_encrypt_init(context.get()) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1,
           "encryption cannot be started");
    std::string ciphertext(block.size(), '\0');
    std::size_t size = ciphertext.size();
    ensure(EVP_PKEY_encrypt(context.get(), to_openssl(ciphertext), &size, to_openssl(block),
                            block.size()) == 1 &&
               size == block.size(),
           "OpenSSL could not encrypt");
    return ciphertext;
}

std::optional<std::string> decrypt(EVP_PKEY* key, std::string_view ciphertext, int padding) {
    const auto key_size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    if (ciphertext.size() != key_size) return std::nullopt;
    const ErrorScope errors;
    const KeyContext context = open_context(key);
    ensure(EVP_PKEY_decrypt_init(context.get()) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1,
           "decryption cannot be started");
    std::string plaintext(key_size, '\0');
    std::size_t size = plaintext.size();
    if (EVP_PKEY_decrypt(context.get(), to_openssl(plaintext), &size, to_openssl(ciphertext),
                         ciphertext.size()) != 1)
        return std::nullopt;
    plaintext.resize(size);
    return plaintext;
}

}  // namespace

Result<std::string> PublicKey::encrypt_oaep(std::string_view plaintext, OaepSeed seed) const {
    const std::size_t hash_size = sizeof(Sha1);
    const std::size_t plaintext_max = size() - 2 * hash_size - 2;
    if (plaintext.size() > plaintext_max) return too_long(plaintext_max);

    std::string data(as_text(sha1("")));
    data.append(plaintext_max - plaintext.size(), '\0');
    data += '\x01';
    data += plaintext;
    const std::string masked_data = exclusive_or(data, mgf1(as_text(seed), data.size()));
    const std::string masked_seed = exclusive_or(as_text(seed), mgf1(masked_data, hash_size));
    return encrypt_block(key_.get(), '\0' + masked_seed + masked_data);
}

Result<std::string> PublicKey::encrypt_pkcs1(std::string_view plaintext,
                                             std::span<const std::byte> padding) const {
    const std::size_t plaintext_max = size() - 11;
    if (plaintext.size() > plaintext_max) return too_long(plaintext_max);
    ensure(padding.size() == size() - 3 - plaintext.size(), "the padding does not fill the block");

    std::string block("\0\2", 2);
    block += as_text(padding);
    std::replace(block.begin() + 2, block.end(), '\0', '\x01');
    block += '\0';
    block += plaintext;
    return encrypt_block(key_.get(), block);
}

std::optional<std::string> PrivateKey::decrypt_oaep(std::string_view ciphertext) const {
    return decrypt(key_.get(), ciphertext, RSA_PKCS1_OAEP_PADDING);
}

std::string PrivateKey::decrypt_pkcs1(std::string_view ciphertext) const {
    // Made in every case, so that a good ciphertext takes no less time than a bad one by this.
    std::string invented(as_text(hmac_sha256(as_text(secret_), ciphertext)));
    const std::optional<std::string> block = decrypt(key_.get(), ciphertext, RSA_NO_PADDING);
    if (!block || !block->starts_with(std::string_view("\0\2", 2))) return invented;
    const std::size_t end = block->find('\0', 2);
    // At least eight bytes of padding. Source: RFC 8017, 7.2.2.
    if (end == std::string::npos || end < 10) return invented;
    return block->substr(end + 1);
}

}  // namespace tuma::crypto
