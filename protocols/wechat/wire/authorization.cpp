// The Authorization header, read once from left to right.
#include "protocols/wechat/wire/authorization.h"

#include "protocols/crypto/encoding.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tuma::wechat {
namespace {

constexpr std::size_t signature_bytes_max = 512;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

/// One key of the header, where its value goes and what the value may be.
struct KeyRow {
    std::string_view key;
    std::string Authorization::*value;
    std::size_t size_max;
    bool (*is_allowed)(char);
};

constexpr std::array<KeyRow, 5> key_rows{{
    {"mchid", &Authorization::mchid, 32, &is_alphanumeric},
    {"nonce_str", &Authorization::nonce_str, 32, &is_printable},
    {"signature", &Authorization::signature, 1024, &is_printable},
    {"timestamp", &Authorization::timestamp, 11, &is_digit},
    {"serial_no", &Authorization::serial_no, 64, &is_alphanumeric},
}};

AuthorizationError malformed(std::string_view field, std::string reason) {
    return {SignFailure::authorization_malformed, {std::string(field), std::move(reason)}};
}

std::string_view without_leading_blanks(std::string_view text) {
    // The list may have blanks behind its commas.
    return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// Takes `key="value"` off the front of `rest`. Nothing when it went well.
std::optional<AuthorizationError> take_pair(std::string_view& rest, Authorization& read) {
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos)
        return malformed("authorization", "is not a list of key=\"value\"");
    const std::string_view key = rest.substr(0, equals);
    rest.remove_prefix(equals + 2);
    // The next quote ends the value: there is no way to write one inside.
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos)
        return malformed("authorization", "has a value without a closing quote");
    const std::string_view value = rest.substr(0, quote);
    rest.remove_prefix(quote + 1);

    const auto* const row = std::find_if(key_rows.begin(), key_rows.end(),
                                         [key](const KeyRow& known) { return known.key == key; });
    // A key that nobody knows may be a misspelt one, whose absence would be told instead.
    if (row == key_rows.end())
        return malformed(
            "authorization",
            "has a key that is none of mchid, nonce_str, signature, timestamp, serial_no");
    std::string& field = read.*row->value;
    // A key that is there twice has two values, and only one of them was signed.
    if (!field.empty()) return malformed(row->key, "is there twice");
    if (value.empty() || value.size() > row->size_max)
        return malformed(row->key, "has not 1 to " + std::to_string(row->size_max) + " characters");
    if (!std::all_of(value.begin(), value.end(), row->is_allowed))
        return malformed(row->key, "has a character that does not belong there");
    field = value;
    return std::nullopt;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

Timestamp Authorization::time() const {
    std::int64_t seconds = 0;
    const auto [end, error] =
        std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
    // Eleven digits were checked when the header was read, and fit.
    ensure(error == std::errc{} && end == timestamp.data() + timestamp.size() &&
               timestamp.size() <= 11,
           "a timestamp that was not checked");
    return Timestamp(std::chrono::seconds(seconds));
}

Result<Authorization, AuthorizationError> parse_authorization(std::string_view value) {
    // Before anything is searched: the header comes from outside.
    if (value.size() > authorization_bytes_max)
        return malformed("authorization", "is longer than 2048 bytes");
    if (value.empty()) return malformed("authorization", "is missing");
    const std::size_t space = value.find(' ');
    if (space == std::string_view::npos)
        return malformed("authorization", "has no values behind its scheme");
    // SM2 has a scheme of its own, so that it is told from a header that is malformed.
    if (value.substr(0, space) != signature_scheme)
        return AuthorizationError{
            SignFailure::scheme_unsupported,
            {"authorization", "its scheme is not " + std::string(signature_scheme)}};

    Authorization read;
    std::string_view rest = without_leading_blanks(value.substr(space));
    while (true) {
        if (auto error = take_pair(rest, read)) return std::move(*error);
        rest = without_leading_blanks(rest);
        if (rest.empty()) break;
        if (rest.front() != ',')
            return malformed("authorization", "has something other than a comma between values");
        rest = without_leading_blanks(rest.substr(1));
    }
    for (const KeyRow& row : key_rows)
        // In the order of the table: the first that is missing is told.
        if ((read.*row.value).empty()) return malformed(row.key, "is missing");
    return read;
}

std::string request_message(const SignedRequest& request, std::string_view timestamp,
                            std::string_view nonce) {
    std::string message;
    message.reserve(request.method.size() + request.target.size() + timestamp.size() +
                    nonce.size() + request.body.size() + 5);
    // The last line too has its line feed, also when the body is empty.
    for (const std::string_view line :
         {request.method, request.target, timestamp, nonce, request.body}) {
        message += line;
        message += '\n';
    }
    return message;
}

std::optional<AuthorizationError> verify_request(const Authorization& authorization,
                                                 const SignedRequest& request,
                                                 std::span<const VerifyingKey> merchant_keys,
                                                 std::optional<Timestamp> now) {
    // The cheapest check first. Nonces that come again are not looked for: nothing is published
    // about them.
    if (now && std::chrono::abs(*now - authorization.time()) > signature_age_max)
        return AuthorizationError{
            SignFailure::timestamp_too_far,
            {"timestamp", "is more than 300 seconds from the time of the request"}};
    const auto found =
        std::find_if(merchant_keys.begin(), merchant_keys.end(), [&](const VerifyingKey& key) {
            // Clients send serials in letters of either case.
            return equals_ignoring_case(key.serial, authorization.serial_no);
        });
    // Also for a merchant that does not exist, so that both get the same answer.
    if (found == merchant_keys.end())
        return AuthorizationError{SignFailure::serial_unknown,
                                  {"serial_no", "is not that of a certificate of the merchant"}};
    const Result<std::string> signature =
        crypto::base64_decode(authorization.signature, signature_bytes_max);
    if (!signature)
        return AuthorizationError{SignFailure::signature_mismatch, {"signature", "is not base64"}};
    if (!found->key.verify(
            request_message(request, authorization.timestamp, authorization.nonce_str), *signature))
        return AuthorizationError{SignFailure::signature_mismatch, {"signature", "sign not match"}};
    return std::nullopt;
}

std::string sign_request(const SigningKey& key, std::string_view mchid,
                         const SignedRequest& request, Timestamp now, std::string_view nonce) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    Authorization authorization{
        .mchid = std::string(mchid),
        .nonce_str = std::string(nonce),
        .signature = {},
        .timestamp = std::to_string(seconds),
        .serial_no = key.serial,
    };
    authorization.signature = crypto::base64_encode(
        key.key.sign(request_message(request, authorization.timestamp, nonce)));
    return text(authorization);
}

std::string text(const Authorization& authorization) {
    std::string value(signature_scheme);
    // Without blanks between the values, as the official clients write it.
    char separator = ' ';
    for (const KeyRow& row : key_rows) {
        value += separator;
        value += row.key;
        value += "=\"" + authorization.*row.value + '"';
        separator = ',';
    }
    return value;
}

}  // namespace tuma::wechat
