// Signing and verifying replies.
#include "protocols/wechat/wire/response_signature.h"

#include "protocols/crypto/encoding.h"

namespace tuma::wechat {

std::array<std::pair<std::string_view, std::string_view>, 5> ResponseSignature::headers() const {
    return {{
        {"Wechatpay-Timestamp", timestamp},
        {"Wechatpay-Nonce", nonce},
        {"Wechatpay-Signature", signature},
        {"Wechatpay-Serial", serial},
        {"Wechatpay-Signature-Type", signature_scheme},
    }};
}

std::string response_message(std::string_view timestamp, std::string_view nonce,
                             std::string_view body) {
    std::string message;
    message.reserve(timestamp.size() + nonce.size() + body.size() + 3);
    // An empty body still has its line.
    for (const std::string_view line : {timestamp, nonce, body}) {
        message += line;
        message += '\n';
    }
    return message;
}

ResponseSignature sign_response(const SigningKey& key, Timestamp now, std::string_view nonce,
                                std::string_view body) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    ResponseSignature signed_by_us{.timestamp = std::to_string(seconds),
                                   .nonce = std::string(nonce),
                                   .signature = {},
                                   .serial = key.serial};
    signed_by_us.signature =
        crypto::base64_encode(key.key.sign(response_message(signed_by_us.timestamp, nonce, body)));
    return signed_by_us;
}

ResponseSignature signature_probe(ResponseSignature genuine) {
    // It is no key's signature any more, so that every receiver that verifies refuses it.
    genuine.signature.insert(0, "WECHATPAY/SIGNTEST/");
    return genuine;
}

bool verify_response(const crypto::PublicKey& key, const ResponseSignature& signature,
                     std::string_view body) {
    const Result<std::string> bytes = crypto::base64_decode(signature.signature, key.size());
    return bytes &&
           key.verify(response_message(signature.timestamp, signature.nonce, body), *bytes);
}

}  // namespace tuma::wechat
