// RSA keys: reading every form, signatures, threads that share a key.
#include "protocols/crypto/rsa.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <thread>

using namespace tuma;
using namespace tuma::crypto;

namespace {

std::string decoded_pem(const std::string& pem) {
    std::string text;
    std::size_t begin = pem.find('\n') + 1;
    for (std::size_t end = 0; pem[begin] != '-'; begin = end + 1) {
        end = pem.find('\n', begin);
        text += pem.substr(begin, end - begin);
    }
    return base64_decode(text, 8192).value();
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

std::string pkcs1_pem(const PrivateKey& key) {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
    REQUIRE(PEM_write_bio_PrivateKey_traditional(bio.get(), key.handle(), nullptr, nullptr, 0,
                                                 nullptr, nullptr) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of_other_kind(int kind, unsigned bits) {
    EVP_PKEY* key = kind == EVP_PKEY_RSA ? EVP_RSA_gen(bits) : EVP_EC_gen("P-256");
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
            1);
    EVP_PKEY_free(key);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string encrypted_pem(const PrivateKey& key) {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.handle(), EVP_aes_256_cbc(), "secret", 6,
                                          nullptr, nullptr) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("rsa: a private key reads the same from PKCS#8 and PKCS#1, in PEM and DER") {
    const PrivateKey& key = test::first_key();
    const std::string pkcs8 = key.pem();
    const std::string pkcs1 = pkcs1_pem(key);
    REQUIRE(pkcs8.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    REQUIRE(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    const std::string forms[] = {pkcs8, pkcs1, decoded_pem(pkcs8), decoded_pem(pkcs1),
                                 "some words\n" + pkcs8};
    for (const std::string& form : forms) {
        const Result<PrivateKey> read = PrivateKey::read(form);
        REQUIRE(read);
        CHECK(read->pem() == pkcs8);
        CHECK(read->sign("message") == key.sign("message"));
    }
}

TEST_CASE("rsa: a public key reads the same from PEM and DER") {
    const PublicKey key = test::first_key().public_key();
    const std::string pem = key.pem();
    REQUIRE(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    CHECK(PublicKey::read(pem).value() == key);
    CHECK(PublicKey::read(decoded_pem(pem)).value() == key);
    CHECK(key.size() == 256);
    CHECK(!(key == test::second_key().public_key()));
}

TEST_CASE(
    "rsa: what is no RSA key, or a short one, or needs a passphrase is refused and leaves no error "
    "behind") {
    const std::string der = decoded_pem(test::first_key().pem());
    const std::string public_pem = test::first_key().public_key().pem();
    const std::string bad[] = {"",
                               "nonsense",
                               "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                               der.substr(0, der.size() - 1),
                               der + "x",
                               std::string(key_text_bytes_max + 1, 'x'),
                               encrypted_pem(test::first_key()),
                               pem_of_other_kind(EVP_PKEY_EC, 0),
                               pem_of_other_kind(EVP_PKEY_RSA, 1024)};
    for (const std::string& text : bad) {
        CAPTURE(text.substr(0, 40));
        CHECK(PrivateKey::read(text).error().field == "private_key");
        CHECK(PublicKey::read(text).error().field == "public_key");
    }
    CHECK(!PrivateKey::read(public_pem));
    CHECK(!PublicKey::read(test::first_key().pem()));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("rsa: a signature holds for its key and message, and for nothing else") {
    const PrivateKey& key = test::first_key();
    const PublicKey public_key = key.public_key();
    const std::string signature = key.sign("GET\n/\n");
    CHECK(signature.size() == 256);
    CHECK(signature == key.sign("GET\n/\n"));
    CHECK(public_key.verify("GET\n/\n", signature));
    CHECK(!public_key.verify("GET\n/", signature));
    CHECK(!test::second_key().public_key().verify("GET\n/\n", signature));
    CHECK(!public_key.verify("GET\n/\n", ""));
    CHECK(!public_key.verify("GET\n/\n", signature + "x"));
    CHECK(!public_key.verify("GET\n/\n", signature.substr(1)));
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit)
        REQUIRE(!public_key.verify("GET\n/\n", test::with_flipped_bit(signature, bit)));
    CHECK(public_key.verify("", key.sign("")));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("rsa: eight threads sign and verify with one key and get what one thread gets") {
    const PrivateKey& key = test::first_key();
    const PublicKey public_key = key.public_key();
    constexpr std::size_t threads = 8;
    constexpr std::size_t rounds = 25;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < rounds; ++i) expected.push_back(key.sign(std::to_string(i)));

    std::vector<std::size_t> right(threads, 0);
    std::vector<std::thread> running;
    for (std::size_t thread = 0; thread < threads; ++thread)
        running.emplace_back([&, thread] {
            for (std::size_t i = 0; i < rounds; ++i) {
                const std::string signature = key.sign(std::to_string(i));
                if (signature == expected[i] && public_key.verify(std::to_string(i), signature))
                    ++right[thread];
            }
        });
    for (std::thread& thread : running) thread.join();

    CHECK(right == std::vector<std::size_t>(threads, rounds));
}

TEST_CASE("rsa: the form of PKCS #1 is the end of the other form of a public key") {
    const PublicKey key = test::first_key().public_key();
    CHECK(key.pem_pkcs1().starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
    // RFC 8017, A.1.1: the key itself, without the name of its algorithm.
    CHECK(decoded_pem(key.pem()).ends_with(decoded_pem(key.pem_pkcs1())));
}
