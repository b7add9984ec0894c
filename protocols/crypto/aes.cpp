// AES by OpenSSL's EVP interface.
#include "protocols/crypto/aes.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/openssl_types.h"

#include <limits>

namespace tuma::crypto {
namespace {

constexpr std::size_t block_bytes = 16;

// Fetched once: looking an algorithm up costs more than encrypting a short message.
const EVP_CIPHER* gcm_algorithm() {
    static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no AES-256-GCM");
    return fetched;
}

const EVP_CIPHER* ecb_algorithm() {
    static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no AES-256-ECB");
    return fetched;
}

int int_size(std::size_t size) {
    // OpenSSL counts in int, and its ciphers may add a block to what they are given.
    ensure(size <= std::numeric_limits<int>::max() - block_bytes, "a message of more than 2 GiB");
    return static_cast<int>(size);
}

CipherContext start_gcm(const Aes256Key& key, std::string_view nonce,
                        std::string_view associated_data, bool is_sealing) {
    CipherContext context(EVP_CIPHER_CTX_new());
    ensure(context != nullptr, "no memory for a cipher context");
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    const int direction = is_sealing ? 1 : 0;
    int size = 0;
    // Three steps, because the nonce's length has to be known before the nonce is taken.
    ensure(EVP_CipherInit_ex(context.get(), gcm_algorithm(), nullptr, nullptr, nullptr,
                             direction) == 1 &&
               EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_IVLEN, int_size(nonce.size()),
                                   nullptr) == 1 &&
               EVP_CipherInit_ex(context.get(), nullptr, nullptr, key_bytes, to_openssl(nonce),
                                 direction) == 1 &&
               // The associated data is authenticated and not encrypted; it goes in before
               // everything else.
               EVP_CipherUpdate(context.get(), nullptr, &size, to_openssl(associated_data),
                                int_size(associated_data.size())) == 1,
           "AES-256-GCM cannot be started");
    return context;
}

}  // namespace

std::string seal_gcm(const Aes256Key& key, std::string_view nonce, std::string_view associated_data,
                     std::string_view plaintext) {
    // A nonce that is used twice under one key gives the key away. Making it unique is the
    // caller's, its length is checked here.
    ensure(!nonce.empty() && nonce.size() <= gcm_nonce_bytes_max, "a nonce has 1 to 128 bytes");
    const CipherContext context = start_gcm(key, nonce, associated_data, true);
    // The tag stands behind the ciphertext: so it is on WeChat Pay's wire.
    std::string sealed(plaintext.size() + gcm_tag_bytes, '\0');
    unsigned char* const tag = to_openssl(sealed) + plaintext.size();
    int size = 0;
    ensure(EVP_CipherUpdate(context.get(), to_openssl(sealed), &size, to_openssl(plaintext),
                            int_size(plaintext.size())) == 1 &&
               EVP_CipherFinal_ex(context.get(), tag, &size) == 1 &&
               EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, gcm_tag_bytes, tag) == 1,
           "OpenSSL could not seal");
    return sealed;
}

std::optional<std::string> open_gcm(const Aes256Key& key, std::string_view nonce,
                                    std::string_view associated_data, std::string_view sealed) {
    // Bytes from outside: what cannot be a sealed text is no error of this program.
    if (nonce.empty() || nonce.size() > gcm_nonce_bytes_max || sealed.size() < gcm_tag_bytes)
        return std::nullopt;
    const ErrorScope errors;
    const CipherContext context = start_gcm(key, nonce, associated_data, false);
    const std::string_view ciphertext = sealed.substr(0, sealed.size() - gcm_tag_bytes);
    // OpenSSL wants to write into it, although it only reads.
    std::string tag(sealed.substr(ciphertext.size()));
    std::string plaintext(sealed.size(), '\0');
    int size = 0;
    ensure(EVP_CipherUpdate(context.get(), to_openssl(plaintext), &size, to_openssl(ciphertext),
                            int_size(ciphertext.size())) == 1 &&
               EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, gcm_tag_bytes,
                                   tag.data()) == 1,
           "OpenSSL could not open");
    // Not one byte of plaintext leaves before the tag has been found right.
    if (EVP_CipherFinal_ex(context.get(), to_openssl(plaintext) + ciphertext.size(), &size) != 1)
        return std::nullopt;
    plaintext.resize(ciphertext.size());
    return plaintext;
}

std::string encrypt_ecb(const Aes256Key& key, std::string_view plaintext) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    ensure(context != nullptr, "no memory for a cipher context");
    // Padding adds one whole block at most.
    std::string ciphertext(plaintext.size() + block_bytes, '\0');
    int size = 0;
    int last_size = 0;
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    ensure(EVP_EncryptInit_ex(context.get(), ecb_algorithm(), nullptr, key_bytes, nullptr) == 1 &&
               EVP_EncryptUpdate(context.get(), to_openssl(ciphertext), &size,
                                 to_openssl(plaintext), int_size(plaintext.size())) == 1 &&
               EVP_EncryptFinal_ex(context.get(), to_openssl(ciphertext) + size, &last_size) == 1,
           "OpenSSL could not encrypt");
    ciphertext.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last_size));
    return ciphertext;
}

std::optional<std::string> decrypt_ecb(const Aes256Key& key, std::string_view ciphertext) {
    // No padded text has another length; OpenSSL would call it an internal error.
    if (ciphertext.empty() || ciphertext.size() % block_bytes != 0) return std::nullopt;
    const ErrorScope errors;
    const CipherContext context(EVP_CIPHER_CTX_new());
    ensure(context != nullptr, "no memory for a cipher context");
    std::string plaintext(ciphertext.size() + block_bytes, '\0');
    int size = 0;
    int last_size = 0;
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    ensure(EVP_DecryptInit_ex(context.get(), ecb_algorithm(), nullptr, key_bytes, nullptr) == 1 &&
               EVP_DecryptUpdate(context.get(), to_openssl(plaintext), &size,
                                 to_openssl(ciphertext), int_size(ciphertext.size())) == 1,
           "OpenSSL could not decrypt");
    // The padding is wrong: another key, or altered bytes. Which of them nobody needs to know.
    if (EVP_DecryptFinal_ex(context.get(), to_openssl(plaintext) + size, &last_size) != 1)
        return std::nullopt;
    plaintext.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last_size));
    return plaintext;
}

}  // namespace tuma::crypto
