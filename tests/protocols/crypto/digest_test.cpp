// Hashes: the examples of their standards.
#include "protocols/crypto/digest.h"

#include "protocols/crypto/encoding.h"

#include <doctest/doctest.h>

using namespace tuma::crypto;

TEST_CASE("digest: MD5 of RFC 1321's examples") {
    CHECK(hex_lower(md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(hex_lower(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(hex_lower(md5("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST_CASE("digest: SHA-1 and SHA-256 of FIPS 180's examples") {
    const std::string_view long_text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    CHECK(hex_lower(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex_lower(sha1(long_text)) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex_lower(sha256("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_lower(sha256(long_text)) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("digest: HMAC-SHA256 of RFC 4231's examples, and with no key at all") {
    CHECK(hex_lower(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hex_lower(hmac_sha256(std::string(131, '\xAA'),
                                "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK(hex_lower(hmac_sha256("", "")) ==
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
