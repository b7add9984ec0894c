// RSA encryption: our paddings against OpenSSL's, every length, ciphertexts that are none.
#include "protocols/crypto/rsa.h"
#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <set>

using namespace tuma;
using namespace tuma::crypto;

namespace {

// What any client does.
std::string encrypted_by_openssl(const PublicKey& key, std::string_view block, int padding) {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new(key.handle(), nullptr), &EVP_PKEY_CTX_free);
    REQUIRE(EVP_PKEY_encrypt_init(context.get()) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1);
    std::string ciphertext(key.size(), '\0');
    std::size_t size = ciphertext.size();
    REQUIRE(EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(ciphertext.data()),
                             &size, reinterpret_cast<const unsigned char*>(block.data()),
                             block.size()) == 1);
    return ciphertext;
}

std::string encrypt_pkcs1(const PublicKey& key, std::string_view plaintext) {
    return key.encrypt_pkcs1(plaintext, test::counted_bytes(key.size() - 3 - plaintext.size()))
        .value();
}

std::string block_with(std::string_view begin, std::string_view end) {
    return std::string(begin) + std::string(256 - begin.size() - end.size(), 'p') +
           std::string(end);
}

}  // namespace

TEST_CASE("rsa: OAEP round trips at every length, the same seed giving the same ciphertext") {
    const PublicKey key = test::first_key().public_key();
    const std::vector<std::byte> seed_bytes = test::counted_bytes(20);
    const OaepSeed seed(seed_bytes.data(), 20);
    for (std::size_t size = 0; size <= 214; size += size < 3 || size > 210 ? 1 : 13) {
        CAPTURE(size);
        const std::string plaintext(size, 'x');
        const std::string ciphertext = key.encrypt_oaep(plaintext, seed).value();
        CHECK(ciphertext == key.encrypt_oaep(plaintext, seed).value());
        CHECK(test::first_key().decrypt_oaep(ciphertext) == plaintext);
    }
    CHECK(key.encrypt_oaep(std::string(215, 'x'), seed).error() ==
          InputError{"plaintext", "is longer than 214 bytes"});
}

TEST_CASE("rsa: OAEP decrypts what OpenSSL encrypted, and no altered ciphertext") {
    const std::string ciphertext =
        encrypted_by_openssl(test::first_key().public_key(), "name", RSA_PKCS1_OAEP_PADDING);
    CHECK(test::first_key().decrypt_oaep(ciphertext) == "name");
    CHECK(!test::second_key().decrypt_oaep(ciphertext));
    CHECK(!test::first_key().decrypt_oaep(ciphertext.substr(1)));
    CHECK(!test::first_key().decrypt_oaep(""));
    for (std::size_t bit = 0; bit < 8 * ciphertext.size(); bit += 61)
        CHECK(!test::first_key().decrypt_oaep(test::with_flipped_bit(ciphertext, bit)));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("rsa: PKCS#1 v1.5 decrypts what OpenSSL encrypted, and round trips at every length") {
    const PublicKey key = test::first_key().public_key();
    CHECK(test::first_key().decrypt_pkcs1(encrypted_by_openssl(
              key, "Safaricom999!*!", RSA_PKCS1_PADDING)) == "Safaricom999!*!");
    for (const std::size_t size : {0U, 1U, 15U, 100U, 244U, 245U}) {
        CAPTURE(size);
        CHECK(test::first_key().decrypt_pkcs1(encrypt_pkcs1(key, std::string(size, 'x'))) ==
              std::string(size, 'x'));
    }
    CHECK(key.encrypt_pkcs1(std::string(246, 'x'), {}).error() ==
          InputError{"plaintext", "is longer than 245 bytes"});
}

TEST_CASE(
    "rsa: a ciphertext that is none has a plaintext too: always the same, and another for each") {
    const PublicKey key = test::first_key().public_key();
    const std::string password = "Safaricom999!*!";
    const auto no_padding = [&key](const std::string& block) {
        return encrypted_by_openssl(key, block, RSA_NO_PADDING);
    };
    const std::string zero(1, '\0');
    const std::string bad[] = {
        "",
        "short",
        std::string(256, '\xFF'),  // not below the modulus
        std::string(257, 'x'),
        encrypt_pkcs1(test::second_key().public_key(), password),
        no_padding(
            block_with(std::string_view("\0\1", 2), zero + password)),  // the kind for signatures
        no_padding(block_with(std::string_view("\0\3", 2), zero + password)),
        no_padding(block_with(std::string_view("\0\2", 2), password)),  // no end of the padding
        no_padding(block_with(std::string_view("\0\2ppppppp\0", 10),
                              zero + password)),  // seven bytes of it
    };
    std::set<std::string> plaintexts;
    for (const std::string& ciphertext : bad) {
        const std::string plaintext = test::first_key().decrypt_pkcs1(ciphertext);
        CHECK(plaintext == test::first_key().decrypt_pkcs1(ciphertext));
        CHECK(!plaintext.empty());
        CHECK(plaintext != password);
        CHECK(plaintexts.insert(plaintext).second);
    }
    // Read again, the key invents the same; another key invents others.
    CHECK(PrivateKey::read(test::first_key().pem()).value().decrypt_pkcs1("short") ==
          test::first_key().decrypt_pkcs1("short"));
    CHECK(test::second_key().decrypt_pkcs1("short") != test::first_key().decrypt_pkcs1("short"));
    // Eight bytes of padding are enough.
    CHECK(test::first_key()
              .decrypt_pkcs1(no_padding(block_with(std::string_view("\0\2pppppppp\0", 11), "x")))
              .size() == 245);
    CHECK(ERR_peek_error() == 0);
}
