// Encrypted resources: round trips, every altered member, the key's form.
#include "protocols/wechat/wire/encrypted_resource.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::wechat;

namespace {

crypto::Aes256Key key_of(std::string_view text) {
    return read_apiv3_key(text).value();
}

}  // namespace

TEST_CASE("encrypted_resource: what is encrypted decrypts, with associated data and without") {
    const crypto::Aes256Key key = key_of("abcdefghijklmnopqrstuvwxyz012345");
    for (const std::string_view associated_data : {"transaction", ""}) {
        const EncryptedResource resource =
            encrypt_resource(key, "fdasflkja484", associated_data, "支付成功");
        CHECK(resource.nonce == "fdasflkja484");
        CHECK(resource.associated_data == associated_data);
        CHECK(crypto::base64_decode(resource.ciphertext, 100).value().size() == 12 + 16);
        CHECK(decrypt_resource(key, resource) == "支付成功");
    }
}

TEST_CASE("encrypted_resource: the object lists its members as callbacks do") {
    const EncryptedResource resource{
        .nonce = "n", .associated_data = "refund", .ciphertext = "YQ=="};
    CHECK(resource.json("refund") ==
          R"({"original_type":"refund","algorithm":"AEAD_AES_256_GCM","ciphertext":"YQ==",)"
          R"("associated_data":"refund","nonce":"n"})");
    CHECK(resource.json("") == R"({"algorithm":"AEAD_AES_256_GCM","ciphertext":"YQ==",)"
                               R"("associated_data":"refund","nonce":"n"})");
}

TEST_CASE("encrypted_resource: an altered member, another key or no base64 decrypts to nothing") {
    const crypto::Aes256Key key = key_of("abcdefghijklmnopqrstuvwxyz012345");
    const EncryptedResource resource =
        encrypt_resource(key, "fdasflkja484", "transaction", "a secret");
    for (std::string EncryptedResource::*member :
         {&EncryptedResource::nonce, &EncryptedResource::associated_data,
          &EncryptedResource::ciphertext}) {
        for (std::size_t bit = 0; bit < 8 * (resource.*member).size(); ++bit) {
            EncryptedResource altered = resource;
            altered.*member = test::with_flipped_bit(resource.*member, bit);
            REQUIRE(!decrypt_resource(key, altered));
        }
    }
    CHECK(!decrypt_resource(key_of("abcdefghijklmnopqrstuvwxyz012346"), resource));
    CHECK(!decrypt_resource(key, {"fdasflkja484", "transaction", ""}));
    CHECK(!decrypt_resource(key, {"", "transaction", resource.ciphertext}));
}

TEST_CASE("encrypted_resource: the key is 32 letters and digits, taken as they are") {
    CHECK(crypto::as_text(key_of("abcdefghijklmnopqrstuvwxyz012345")) ==
          "abcdefghijklmnopqrstuvwxyz012345");
    for (const std::string_view bad :
         {"", "abcdefghijklmnopqrstuvwxyz01234", "abcdefghijklmnopqrstuvwxyz0123456",
          "abcdefghijklmnopqrstuvwxyz01234-",
          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"})
        CHECK(read_apiv3_key(bad).error().field == "apiv3_key");
}
