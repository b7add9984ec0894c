// AES-256-GCM in WeChat Pay's wrapping.
#include "protocols/wechat/wire/encrypted_resource.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/encoding.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace tuma::wechat {
namespace {

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::string EncryptedResource::json(std::string_view original_type) const {
    boost::json::object object;
    // Callbacks have it, certificates do not.
    if (!original_type.empty()) object.emplace("original_type", original_type);
    object.emplace("algorithm", resource_algorithm);
    object.emplace("ciphertext", ciphertext);
    object.emplace("associated_data", associated_data);
    object.emplace("nonce", nonce);
    return boost::json::serialize(object);
}

Result<crypto::Aes256Key> read_apiv3_key(std::string_view text) {
    crypto::Aes256Key key{};
    const bool is_alphanumeric = text.find_first_not_of(
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789") == std::string_view::npos;
    // The 32 characters are the key themselves; nothing is derived from them.
    if (text.size() != key.size() || !is_alphanumeric)
        return InputError{"apiv3_key", "is not 32 letters and digits"};
    std::ranges::copy(crypto::as_bytes(text), key.begin());
    return key;
}

EncryptedResource encrypt_resource(const crypto::Aes256Key& key, std::string_view nonce,
                                   std::string_view associated_data, std::string_view plaintext) {
    // Both are made here and never come from outside.
    ensure(is_printable(nonce) && is_printable(associated_data),
           "nonce and associated data go into JSON as they are");
    return {
        .nonce = std::string(nonce),
        .associated_data = std::string(associated_data),
        .ciphertext =
            crypto::base64_encode(crypto::seal_gcm(key, nonce, associated_data, plaintext)),
    };
}

std::optional<std::string> decrypt_resource(const crypto::Aes256Key& key,
                                            const EncryptedResource& resource) {
    const Result<std::string> sealed =
        crypto::base64_decode(resource.ciphertext, resource_bytes_max);
    if (!sealed) return std::nullopt;
    return crypto::open_gcm(key, resource.nonce, resource.associated_data, *sealed);
}

}  // namespace tuma::wechat
