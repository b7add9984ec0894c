// AES: the examples of the standards, any bytes there and back, every flipped bit.
#include "protocols/crypto/aes.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

using namespace tuma;
using namespace tuma::crypto;
using test::from_hex;

namespace {

Aes256Key key_of(std::string_view bytes) {
    Aes256Key key{};
    std::ranges::copy(as_bytes(bytes), key.begin());
    return key;
}

}  // namespace

TEST_CASE("aes: GCM of the specification's test cases 16 and 17") {
    struct Row {
        std::string nonce;
        std::string sealed;
    };
    const Row rows[] = {
        {"cafebabefacedbaddecaf888",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
         "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
         "76fc6ece0f4e1768cddf8853bb2d551b"},
        {"cafebabefacedbad",
         "c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0"
         "feb582d33934a4f0954cc2363bc73f7862ac430e64abe499f47c9b1f"
         "3a337dbf46a792c45e454913fe2ea8f2"},
    };
    const Aes256Key key =
        key_of(from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    const std::string plaintext = from_hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const std::string associated_data = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    for (const Row& row : rows) {
        CAPTURE(row.nonce);
        CHECK(hex_lower(seal_gcm(key, from_hex(row.nonce), associated_data, plaintext)) ==
              row.sealed);
        CHECK(open_gcm(key, from_hex(row.nonce), associated_data, from_hex(row.sealed)) ==
              plaintext);
    }
}

TEST_CASE("aes: GCM opens what it sealed, for any bytes, and nothing that was altered") {
    CHECK(rc::check([](const std::array<char, 32>& key_bytes, const std::string& nonce,
                       const std::string& associated_data, const std::string& plaintext) {
        const Aes256Key key = key_of({key_bytes.data(), key_bytes.size()});
        RC_PRE(!nonce.empty() && nonce.size() <= gcm_nonce_bytes_max);
        const std::string sealed = seal_gcm(key, nonce, associated_data, plaintext);
        RC_ASSERT(sealed.size() == plaintext.size() + gcm_tag_bytes);
        RC_ASSERT(open_gcm(key, nonce, associated_data, sealed) == plaintext);

        const std::size_t bit = *rc::gen::inRange<std::size_t>(0, 8 * sealed.size());
        RC_ASSERT(!open_gcm(key, nonce, associated_data, test::with_flipped_bit(sealed, bit)));
        RC_ASSERT(!open_gcm(key, nonce, associated_data + "x", sealed));
        RC_ASSERT(!open_gcm(key, nonce, associated_data, sealed.substr(1)));
    }));
}

TEST_CASE("aes: GCM sees every flipped bit of key, nonce, associated data, ciphertext and tag") {
    const std::string key(32, 'k');
    const std::string nonce = "fdasflkja484";
    const std::string associated_data = "transaction";
    const std::string sealed = seal_gcm(key_of(key), nonce, associated_data, "forty cents");
    const auto flipped = test::with_flipped_bit;
    for (std::size_t bit = 0; bit < 8 * key.size(); ++bit)
        REQUIRE(!open_gcm(key_of(flipped(key, bit)), nonce, associated_data, sealed));
    for (std::size_t bit = 0; bit < 8 * nonce.size(); ++bit)
        REQUIRE(!open_gcm(key_of(key), flipped(nonce, bit), associated_data, sealed));
    for (std::size_t bit = 0; bit < 8 * associated_data.size(); ++bit)
        REQUIRE(!open_gcm(key_of(key), nonce, flipped(associated_data, bit), sealed));
    for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit)
        REQUIRE(!open_gcm(key_of(key), nonce, associated_data, flipped(sealed, bit)));
}

TEST_CASE("aes: GCM opens nothing without a whole tag, without a nonce or with one of 129 bytes") {
    const Aes256Key key = key_of(std::string(32, 'k'));
    CHECK(open_gcm(key, "n", "", seal_gcm(key, "n", "", "")) == "");
    CHECK(!open_gcm(key, "n", "", ""));
    CHECK(!open_gcm(key, "n", "", seal_gcm(key, "n", "", "").substr(1)));
    CHECK(!open_gcm(key, "", "", std::string(20, 's')));
    const std::string longest(gcm_nonce_bytes_max, 'n');
    CHECK(open_gcm(key, longest, "", seal_gcm(key, longest, "", "text")) == "text");
    CHECK(!open_gcm(key, longest + "n", "", std::string(20, 's')));
}

TEST_CASE("aes: ECB of FIPS 197's example, with a block of padding behind it") {
    const Aes256Key key =
        key_of(from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    const std::string ciphertext = encrypt_ecb(key, from_hex("00112233445566778899aabbccddeeff"));
    CHECK(hex_lower(ciphertext).substr(0, 32) == "8ea2b7ca516745bfeafc49904b496089");
    CHECK(ciphertext.size() == 32);
    CHECK(decrypt_ecb(key, ciphertext) == from_hex("00112233445566778899aabbccddeeff"));
}

TEST_CASE("aes: ECB decrypts any bytes it encrypted, and refuses other lengths and paddings") {
    CHECK(rc::check([](const std::array<char, 32>& key_bytes, const std::string& plaintext) {
        const Aes256Key key = key_of({key_bytes.data(), key_bytes.size()});
        const std::string ciphertext = encrypt_ecb(key, plaintext);
        RC_ASSERT(ciphertext.size() == plaintext.size() / 16 * 16 + 16);
        RC_ASSERT(decrypt_ecb(key, ciphertext) == plaintext);
        RC_ASSERT(!decrypt_ecb(key, ciphertext.substr(1)));
    }));
    const Aes256Key key = key_of(std::string(32, 'k'));
    CHECK(!decrypt_ecb(key, ""));
    // The first block of two ends with no padding.
    CHECK(!decrypt_ecb(key, encrypt_ecb(key, std::string(16, 'x')).substr(0, 16)));
}
