// Keys with the names under which the other side knows them.
#pragma once

#include "protocols/crypto/rsa.h"

#include <string>
#include <string_view>

namespace tuma::wechat {

/// The only kind of signature here, in the Authorization header and in Wechatpay-Signature-Type.
/// The SM2 kind of the real platform is not supported.
inline constexpr std::string_view signature_scheme = "WECHATPAY2-SHA256-RSA2048";

/// A private key and its name: a certificate's serial in upper-case hexadecimal, or "PUB_KEY_ID_"
/// and digits.
struct SigningKey {
    std::string serial;
    crypto::PrivateKey key;
};

/// The public half.
struct VerifyingKey {
    std::string serial;
    crypto::PublicKey key;
};

}  // namespace tuma::wechat
