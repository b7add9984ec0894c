// Signatures and encryption of WeChat Pay API v2, whose messages are flat XML.
#pragma once

#include "ledger/words/result.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// A v2 message: names and values, sorted by name in the order of bytes.
using V2Fields = std::map<std::string, std::string, std::less<>>;

enum class V2SignType { md5, hmac_sha256 };

/// Why a v2 message is not taken for the other side's, in the order of the checks.
enum class V2SignFailure {
    sign_missing,
    sign_type_unknown,  ///< neither absent nor "MD5" nor "HMAC-SHA256"
    sign_mismatch,
};

/// The text that is signed: `name=value` joined by '&', without empty values and without `sign`,
/// then the key. Source: WeChat Pay API v2, "signature algorithm".
std::string v2_message(const V2Fields& fields, std::string_view v2_key);

/// The value of `sign`: upper-case hexadecimal, 32 or 64 digits. `sign_type` is signed when it is
/// among the fields; it is not added here.
std::string sign_v2(const V2Fields& fields, std::string_view v2_key, V2SignType type);

/// What the field `sign_type` announces; MD5 when there is none, nothing when it is unknown.
std::optional<V2SignType> v2_sign_type(const V2Fields& fields);

/// Nothing when `sign` holds.
std::optional<V2SignFailure> verify_v2(const V2Fields& fields, std::string_view v2_key);

/// The `req_info` of a refund notice: AES-256-ECB under the lower-case hexadecimal MD5 of the key,
/// in base64. Source: WeChat Pay API v2, "refund result notice".
std::string encrypt_req_info(std::string_view plaintext, std::string_view v2_key);

/// The merchant's side. Refuses (field "req_info") what is not base64 or has no such padding.
Result<std::string> decrypt_req_info(std::string_view req_info, std::string_view v2_key);

}  // namespace tuma::wechat
