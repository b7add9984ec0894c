// RSA by OpenSSL's EVP interface: reading keys, signing, verifying.
#include "protocols/crypto/rsa.h"

#include "ledger/ensure.h"
#include "protocols/crypto/openssl_types.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace tuma::crypto {
namespace {

std::shared_ptr<EVP_PKEY> share(EVP_PKEY* key) {
    return {key, [](EVP_PKEY* owned) { EVP_PKEY_free(owned); }};
}

std::optional<InputError> check_key(const EVP_PKEY* key, const char* field) {
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        return InputError{field, "holds no RSA key that can be read without a passphrase"};
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < rsa_bits_min || bits > rsa_bits_max || bits % 8 != 0)
        return InputError{field, "has " + std::to_string(bits) +
                                     " bits; 2048 to 4096 are accepted, in whole bytes"};
    return std::nullopt;
}

bool is_pem(std::string_view text) {
    return text.find("-----BEGIN ") != std::string_view::npos;
}

EVP_PKEY* parse_private(std::string_view text) {
    if (is_pem(text))
        return PEM_read_bio_PrivateKey(open_bio(text).get(), nullptr, &no_passphrase, nullptr);
    const unsigned char* at = to_openssl(text);
    KeyOwner key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(text.size())));
    return at == to_openssl(text) + text.size() ? key.release() : nullptr;
}

EVP_PKEY* parse_public(std::string_view text) {
    if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
        const X509Owner certificate(
            PEM_read_bio_X509(open_bio(text).get(), nullptr, &no_passphrase, nullptr));
        return certificate ? X509_get_pubkey(certificate.get()) : nullptr;
    }
    if (is_pem(text))
        return PEM_read_bio_PUBKEY(open_bio(text).get(), nullptr, &no_passphrase, nullptr);
    const unsigned char* const end = to_openssl(text) + text.size();
    const unsigned char* at = to_openssl(text);
    KeyOwner key(d2i_PUBKEY(nullptr, &at, static_cast<long>(text.size())));
    if (key && at == end) return key.release();
    at = to_openssl(text);
    const X509Owner certificate(d2i_X509(nullptr, &at, static_cast<long>(text.size())));
    return certificate && at == end ? X509_get_pubkey(certificate.get()) : nullptr;
}

}  // namespace

Result<PublicKey> PublicKey::read(std::string_view text) {
    if (text.size() > key_text_bytes_max) return InputError{"public_key", "is longer than 64 KiB"};
    const ErrorScope errors;
    return adopt(share(parse_public(text)));
}

Result<PublicKey> PublicKey::adopt(std::shared_ptr<evp_pkey_st> key) {
    if (auto error = check_key(key.get(), "public_key")) return std::move(*error);
    return PublicKey(std::move(key));
}

std::string PublicKey::pem() const {
    const BioOwner bio(BIO_new(BIO_s_mem()));
    ensure(bio != nullptr && PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1,
           "a public key cannot be written");
    return bio_text(bio.get());
}

std::size_t PublicKey::size() const {
    return static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
    if (signature.size() != size()) return false;
    const ErrorScope errors;
    const DigestContext context(EVP_MD_CTX_new());
    ensure(context != nullptr, "no memory for a hash context");
    ensure(
        EVP_DigestVerifyInit(context.get(), nullptr, sha256_algorithm(), nullptr, key_.get()) == 1,
        "verifying cannot be started");
    return EVP_DigestVerify(context.get(), to_openssl(signature), signature.size(),
                            to_openssl(message), message.size()) == 1;
}

bool PublicKey::operator==(const PublicKey& other) const {
    return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)), secret_(sha256(pem())) {}

Result<PrivateKey> PrivateKey::read(std::string_view text) {
    if (text.size() > key_text_bytes_max) return InputError{"private_key", "is longer than 64 KiB"};
    const ErrorScope errors;
    std::shared_ptr<EVP_PKEY> key = share(parse_private(text));
    if (auto error = check_key(key.get(), "private_key")) return std::move(*error);
    return PrivateKey(std::move(key));
}

PrivateKey PrivateKey::generate() {
    EVP_PKEY* const key = EVP_RSA_gen(2048);
    ensure(key != nullptr, "OpenSSL could not make an RSA key");
    return PrivateKey(share(key));
}

std::string PrivateKey::pem() const {
    const BioOwner bio(BIO_new(BIO_s_secmem()));
    ensure(bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr,
                                                           0, nullptr, nullptr) == 1,
           "a private key cannot be written");
    return bio_text(bio.get());
}

PublicKey PrivateKey::public_key() const {
    // By way of its text, so that the copy holds nothing private.
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    ensure(size > 0, "a public key cannot be written");
    const std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return PublicKey::read(text).value();
}

std::string PrivateKey::sign(std::string_view message) const {
    const DigestContext context(EVP_MD_CTX_new());
    ensure(context != nullptr, "no memory for a hash context");
    ensure(EVP_DigestSignInit(context.get(), nullptr, sha256_algorithm(), nullptr, key_.get()) == 1,
           "signing cannot be started");
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    ensure(EVP_DigestSign(context.get(), to_openssl(signature), &size, to_openssl(message),
                          message.size()) == 1 &&
               size == signature.size(),
           "OpenSSL could not sign");
    return signature;
}

}  // namespace tuma::crypto
