// The platform's signature on replies and callbacks: the five Wechatpay-* headers.
#pragma once

#include "ledger/words/time.h"
#include "protocols/wechat/profiles/signature_keys.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::wechat {

/// The values of the headers. They are signed together with the body, byte for byte: what is sent
/// must be what was signed.
struct ResponseSignature {
    std::string timestamp;  ///< seconds since 1970
    std::string nonce;
    std::string signature;  ///< base64
    std::string serial;     ///< of the key that signed; receivers compare it with case

    bool operator==(const ResponseSignature&) const = default;

    /// Names and values as they are sent, the signature's type among them.
    std::array<std::pair<std::string_view, std::string_view>, 5> headers() const;
};

/// The three lines that are signed, each with a line feed behind it; of a 204 the third is empty.
std::string response_message(std::string_view timestamp, std::string_view nonce,
                             std::string_view body);

/// Signs a reply, or a callback, which is signed the same way. `nonce` is printable ASCII.
/// Source: WeChat Pay API v3, verification guide.
ResponseSignature sign_response(const SigningKey& key, Timestamp now, std::string_view nonce,
                                std::string_view body);

/// The signature made wrong on purpose: the real platform sends some callbacks so, to see that the
/// receiver looks, and repeats them with the genuine one. The text before it also spoils the
/// base64, as integrators have met it (wechatpay-java, issue 310).
ResponseSignature signature_probe(ResponseSignature genuine);

/// The receiver's side: whether `key` has signed; says nothing of the timestamp's age or of whose
/// key it is.
bool verify_response(const crypto::PublicKey& key, const ResponseSignature& signature,
                     std::string_view body);

}  // namespace tuma::wechat
