// The signature on a merchant's request: the Authorization header of WeChat Pay API v3.
#pragma once

#include "ledger/words/time.h"
#include "protocols/wechat/profiles/signature_keys.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// No header is longer; real ones have about 600 bytes.
inline constexpr std::size_t authorization_bytes_max = 2048;
/// A request may be signed so long before or after it arrives.
inline constexpr std::chrono::seconds signature_age_max{300};

/// Why a request is not taken for the merchant's, in the order of the checks. All are answered with
/// HTTP 401.
enum class SignFailure {
    authorization_malformed,  ///< the header is missing, or not of the form that is asked for
    scheme_unsupported,       ///< the header announces another kind of signature
    timestamp_too_far,        ///< signed more than five minutes ago, or ahead
    serial_unknown,           ///< the merchant has no certificate of that serial
    signature_mismatch,       ///< the key has not signed these bytes
};

/// A failure with the field that caused it, for the answer and the log.
struct AuthorizationError {
    SignFailure failure;
    InputError reason;

    bool operator==(const AuthorizationError&) const = default;
};

/// The header's five values as sent: they are signed as sent.
struct Authorization {
    std::string mchid;      ///< 1 to 32 letters and digits
    std::string nonce_str;  ///< 1 to 32 printable ASCII characters without '"'
    std::string signature;  ///< base64, up to 1024 characters; not decoded yet
    std::string timestamp;  ///< seconds since 1970, 1 to 11 digits
    std::string serial_no;  ///< 1 to 64 letters and digits, of either case

    bool operator==(const Authorization&) const = default;

    Timestamp time() const;
};

/// What is signed of a request, as it came over the wire: nothing decoded, parsed, reordered.
struct SignedRequest {
    std::string_view method;  ///< upper case
    std::string_view target;  ///< path and query, no host
    std::string_view body;    ///< of a multipart upload, the text of the part named "meta"
};

/// Reads the value of an Authorization header; an empty one is what a missing header looks like.
/// The pairs may come in any order, with blanks after the commas. Refuses: another scheme; a key
/// that is unknown, missing or there twice; a value outside its bounds; more than 2048 bytes.
/// Source: WeChat Pay API v3, signing guide.
Result<Authorization, AuthorizationError> parse_authorization(std::string_view value);

/// The five lines that are signed, each with a line feed behind it, the last too.
std::string request_message(const SignedRequest& request, std::string_view timestamp,
                            std::string_view nonce);

/// Whether the request is signed by one of the merchant's keys, which are found by serial, in
/// either case. Nothing when it is, else why not; the time is looked at first, as the real platform
/// does, and not at all when there is no `now` to compare it with.
std::optional<AuthorizationError> verify_request(const Authorization& authorization,
                                                 const SignedRequest& request,
                                                 std::span<const VerifyingKey> merchant_keys,
                                                 std::optional<Timestamp> now);

/// The merchant's side: the header's value for a request. Requires: a nonce that
/// `parse_authorization` accepts.
std::string sign_request(const SigningKey& key, std::string_view mchid,
                         const SignedRequest& request, Timestamp now, std::string_view nonce);

/// The header's value with the pairs in the order of the fields above.
std::string text(const Authorization& authorization);

}  // namespace tuma::wechat
