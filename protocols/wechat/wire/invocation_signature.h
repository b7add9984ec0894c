// The merchant's signature with which a payment page or app is opened on the customer's phone.
#pragma once

#include "protocols/crypto/rsa.h"

#include <string>
#include <string_view>

namespace tuma::wechat {

/// What opens the payment. The two sign the same four lines but for the last.
enum class Invocation {
    jsapi,  ///< a page or mini program inside WeChat: `package` is "prepay_id=" and the id, and
            ///< signed so
    app,    ///< another app: the bare prepay id is signed, whatever its `packageValue` says
};

/// The values that the merchant hands to the phone.
struct InvocationFields {
    std::string_view appid;
    std::string_view timestamp;  ///< seconds since 1970
    std::string_view nonce;
    std::string_view prepay_id;  ///< bare in both cases
};

/// The four lines that are signed, each with a line feed behind it.
/// Source: WeChat Pay API v3, "opening a JSAPI payment" and "opening an APP payment".
std::string invocation_message(Invocation invocation, const InvocationFields& fields);

/// Whether `signature` (base64; paySign or sign) is the merchant's.
bool verify_invocation(const crypto::PublicKey& merchant_key, Invocation invocation,
                       const InvocationFields& fields, std::string_view signature);

/// The id in a JSAPI `package`; empty when it is not "prepay_id=" and something.
std::string_view prepay_id_of_package(std::string_view package);

}  // namespace tuma::wechat
