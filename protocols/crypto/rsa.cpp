// RSA by OpenSSL's EVP interface: reading keys, signing, verifying, encryption. The paddings of
// encryption are added here from given bytes, so that the same bytes make the same ciphertext, and
// that of PKCS#1 v1.5 is taken off here, because versions of OpenSSL answer bad ciphertexts
// differently.
#include "protocols/crypto/rsa.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/encoding.h"
#include "protocols/crypto/openssl_types.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>

namespace tuma::crypto {
namespace {

std::shared_ptr<EVP_PKEY> share(EVP_PKEY* key) {
    return {key, [](EVP_PKEY* owned) { EVP_PKEY_free(owned); }};
}

std::optional<InputError> check_key(const EVP_PKEY* key, const char* field) {
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        return InputError{field, "holds no RSA key that can be read without a passphrase"};
    const int bits = EVP_PKEY_get_bits(key);
    // Small keys prove nothing, and very large ones would let one request cost as much as
    // thousands.
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
    // People paste certificates where a public key is asked for, and mean its key.
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
    // DER says of itself neither that it is a key nor that it is a certificate, so both are tried.
    if (key && at == end) return key.release();
    at = to_openssl(text);
    const X509Owner certificate(d2i_X509(nullptr, &at, static_cast<long>(text.size())));
    return certificate && at == end ? X509_get_pubkey(certificate.get()) : nullptr;
}

KeyContext open_context(EVP_PKEY* key) {
    KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    ensure(context != nullptr, "no memory for a key context");
    return context;
}

/// `size` bytes made from `seed`. Source: RFC 8017, B.2.1, with SHA-1.
std::string mgf1(std::string_view seed, std::size_t size) {
    std::string mask;
    // The counter makes each block another hash; the last one is cut.
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
    // Padded by ourselves, because tests and recordings have to decide the padding's bytes.
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
    // All RSA ciphertexts of a key have one length.
    if (ciphertext.size() != key_size) return std::nullopt;
    const ErrorScope errors;
    const KeyContext context = open_context(key);
    ensure(EVP_PKEY_decrypt_init(context.get()) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1,
           "decryption cannot be started");
    std::string plaintext(key_size, '\0');
    std::size_t size = plaintext.size();
    // Which step has failed is not told, not even by another text.
    if (EVP_PKEY_decrypt(context.get(), to_openssl(plaintext), &size, to_openssl(ciphertext),
                         ciphertext.size()) != 1)
        return std::nullopt;
    plaintext.resize(size);
    return plaintext;
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

std::string PublicKey::pem_pkcs1() const {
    unsigned char* bytes = nullptr;
    // OpenSSL allocates it, and writes what PKCS #1 calls RSAPublicKey.
    const int size = i2d_PublicKey(key_.get(), &bytes);
    const BioOwner bio(BIO_new(BIO_s_mem()));
    ensure(size > 0 && bio != nullptr &&
               PEM_write_bio(bio.get(), "RSA PUBLIC KEY", "", bytes, size) > 0,
           "a public key cannot be written");
    OPENSSL_free(bytes);
    return bio_text(bio.get());
}

std::size_t PublicKey::size() const {
    return static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
    // OpenSSL would refuse it too, after more work, and leave an error behind.
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
    // Made from the key itself, so that the same bad ciphertext always gives the same invented
    // text.
    : key_(std::move(key)), secret_(sha256(pem())) {}

Result<PrivateKey> PrivateKey::read(std::string_view text) {
    if (text.size() > key_text_bytes_max) return InputError{"private_key", "is longer than 64 KiB"};
    const ErrorScope errors;
    std::shared_ptr<EVP_PKEY> key = share(parse_private(text));
    // Read without a passphrase and used at once: what is wrong shows now and not at the first
    // signature.
    if (auto error = check_key(key.get(), "private_key")) return std::move(*error);
    return PrivateKey(std::move(key));
}

PrivateKey PrivateKey::generate() {
    EVP_PKEY* const key = EVP_RSA_gen(2048);
    ensure(key != nullptr, "OpenSSL could not make an RSA key");
    return PrivateKey(share(key));
}

std::string PrivateKey::pem() const {
    // Secure memory is wiped when it is given back.
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
    // The length is fixed by the key; a shorter signature would be a library that does something
    // else.
    ensure(EVP_DigestSign(context.get(), to_openssl(signature), &size, to_openssl(message),
                          message.size()) == 1 &&
               size == signature.size(),
           "OpenSSL could not sign");
    return signature;
}

Result<std::string> PublicKey::encrypt_oaep(std::string_view plaintext, OaepSeed seed) const {
    const std::size_t hash_size = sizeof(Sha1);
    const std::size_t plaintext_max = size() - 2 * hash_size - 2;
    if (plaintext.size() > plaintext_max) return too_long(plaintext_max);

    // The label is empty; its hash stands there all the same.
    std::string data(as_text(sha1("")));
    data.append(plaintext_max - plaintext.size(), '\0');
    // A one ends the zeros, so that a plaintext may begin with zeros.
    data += '\x01';
    data += plaintext;
    // Each half is masked by the other: without the whole block nothing of it can be read.
    const std::string masked_data = exclusive_or(data, mgf1(as_text(seed), data.size()));
    const std::string masked_seed = exclusive_or(as_text(seed), mgf1(masked_data, hash_size));
    // A leading zero keeps the number below the modulus.
    return encrypt_block(key_.get(), '\0' + masked_seed + masked_data);
}

Result<std::string> PublicKey::encrypt_pkcs1(std::string_view plaintext,
                                             std::span<const std::byte> padding) const {
    const std::size_t plaintext_max = size() - 11;
    if (plaintext.size() > plaintext_max) return too_long(plaintext_max);
    ensure(padding.size() == size() - 3 - plaintext.size(), "the padding does not fill the block");

    std::string block("\0\2", 2);
    block += as_text(padding);
    // A zero would end the padding too early, and the receiver would read another plaintext.
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
