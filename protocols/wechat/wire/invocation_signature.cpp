// Four lines and a signature.
#include "protocols/wechat/wire/invocation_signature.h"

#include "protocols/crypto/encoding.h"

namespace tuma::wechat {
namespace {

constexpr std::string_view package_prefix = "prepay_id=";

}  // namespace

std::string invocation_message(Invocation invocation, const InvocationFields& fields) {
    std::string message;
    for (const std::string_view line : {fields.appid, fields.timestamp, fields.nonce}) {
        message += line;
        message += '\n';
    }
    // An app signs the bare id: WeChat Pay API v3, "opening an APP payment".
    if (invocation == Invocation::jsapi) message += package_prefix;
    message += fields.prepay_id;
    message += '\n';
    return message;
}

bool verify_invocation(const crypto::PublicKey& merchant_key, Invocation invocation,
                       const InvocationFields& fields, std::string_view signature) {
    const Result<std::string> bytes = crypto::base64_decode(signature, merchant_key.size());
    // What is no base64 cannot be anybody's signature.
    return bytes && merchant_key.verify(invocation_message(invocation, fields), *bytes);
}

std::string_view prepay_id_of_package(std::string_view package) {
    return package.starts_with(package_prefix) ? package.substr(package_prefix.size())
                                               : std::string_view();
}

}  // namespace tuma::wechat
