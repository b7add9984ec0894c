// Sensitive fields: there and back, the longest, what is refused.
#include "protocols/wechat/wire/sensitive_field.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::wechat;

TEST_CASE("sensitive_field: what is encrypted for a key decrypts with it only") {
    const std::vector<std::byte> seed = test::counted_bytes(20);
    const crypto::PublicKey key = test::first_key().public_key();
    const std::string ciphertext =
        encrypt_sensitive_field(key, "张三", crypto::OaepSeed(seed.data(), 20)).value();
    CHECK(ciphertext.size() == 344);
    CHECK(decrypt_sensitive_field(test::first_key(), ciphertext).value() == "张三");
    CHECK(decrypt_sensitive_field(test::second_key(), ciphertext).error() ==
          InputError{"ciphertext", "is not encrypted for this key"});
}

TEST_CASE("sensitive_field: no base64, another length or too long a text is refused") {
    const std::vector<std::byte> seed = test::counted_bytes(20);
    CHECK(decrypt_sensitive_field(test::first_key(), "张三").error() ==
          InputError{"ciphertext", "is not base64 of an RSA ciphertext"});
    CHECK(!decrypt_sensitive_field(test::first_key(), ""));
    CHECK(!decrypt_sensitive_field(test::first_key(), "YQ=="));
    CHECK(encrypt_sensitive_field(test::first_key().public_key(), std::string(215, 'x'),
                                  crypto::OaepSeed(seed.data(), 20))
              .error()
              .field == "plaintext");
}
