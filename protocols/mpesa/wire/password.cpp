#include "protocols/mpesa/wire/password.h"

#include "protocols/crypto/encoding.h"

namespace tuma::mpesa {
namespace {

constexpr std::size_t password_bytes_max = 1'024;

}  // namespace

std::string password_of(const Shortcode& business, std::string_view timestamp) {
    return crypto::base64_encode(business.number + business.passkey + std::string(timestamp));
}

std::string password_words(const Shortcode& business, const Passed& passed) {
    if (business.passkey.empty()) return "the business has no passkey, so no password is right";
    const Result<std::string> decoded = crypto::base64_decode(passed.password, password_bytes_max);
    if (!decoded) return "Password is not base64 of BusinessShortCode, passkey and Timestamp";
    std::string_view rest = *decoded;
    // From the front: whatever comes first and is another is told.
    if (!rest.starts_with(business.number))
        return "the shortcode in the password differs from BusinessShortCode";
    rest.remove_prefix(business.number.size());
    if (!rest.starts_with(business.passkey))
        return "the passkey in the password differs from that of the business";
    rest.remove_prefix(business.passkey.size());
    if (rest != passed.timestamp)
        return "the timestamp in the body differs from the one in the password";
    // The same text, encoded in another way: with line breaks, or without its padding.
    return "Password is not the base64 that its own text has";
}

}  // namespace tuma::mpesa
