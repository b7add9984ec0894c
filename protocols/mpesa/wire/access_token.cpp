#include "protocols/mpesa/wire/access_token.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tuma::mpesa {
namespace {

constexpr std::string_view alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t token_size = 28;
constexpr std::size_t said_size = 8;  // expiry and app, four bytes each
constexpr std::size_t proof_size = 12;
constexpr std::size_t content_size = said_size + proof_size;

// Expiry and app, then the proof of them: less than 62^27, so that 27 characters hold it.
using TokenContent = std::array<std::uint8_t, content_size>;

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t byte_of(const crypto::Sha256& hash, std::size_t i) {
    return std::to_integer<std::uint8_t>(hash.at(i));
}

// The most significant byte first.
void put_number(TokenContent& content, std::size_t at, std::uint32_t number) {
    for (std::size_t i = 0; i < sizeof number; ++i)
        content.at(at + i) = static_cast<std::uint8_t>(number >> (24 - 8 * i));
}

std::uint32_t number_at(const TokenContent& content, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) number = (number << 8) | content.at(at + i);
    return number;
}

crypto::Sha256 proof_of(std::string_view secret, const TokenContent& content) {
    // The word in front keeps this use of the secret apart from the other one.
    return crypto::hmac_sha256(secret, "token" + std::string(as_text(content.data(), said_size)));
}

// Hides what is said, so that tokens look drawn.
void mask(std::string_view secret, TokenContent& content) {
    // The proof differs with every expiry and app, so that no two tokens have one mask. It is its
    // own inverse.
    const crypto::Sha256 key = crypto::hmac_sha256(
        secret, "mask" + std::string(as_text(content.data() + said_size, proof_size)));
    for (std::size_t i = 0; i < said_size; ++i)
        content.at(i) = static_cast<std::uint8_t>(content.at(i) ^ byte_of(key, i));
}

char check_character(const TokenContent& content) {
    unsigned sum = 0;
    // Fills the 28th character. It proves nothing; a token that was mistyped fails before any hash
    // is made.
    for (const std::uint8_t byte : content) sum = sum * 31 + byte;
    return alphabet[sum % alphabet.size()];
}

std::string encode(TokenContent content) {
    std::string token(token_size, '0');
    token[0] = check_character(content);
    // Long division of the 20 bytes by 62; each remainder is a character, the last one first.
    for (std::size_t i = token_size; i-- > 1;) {
        unsigned rest = 0;
        for (std::uint8_t& byte : content) {
            rest = rest * 256 + byte;
            byte = static_cast<std::uint8_t>(rest / alphabet.size());
            rest %= static_cast<unsigned>(alphabet.size());
        }
        token[i] = alphabet[rest];
    }
    return token;
}

std::optional<TokenContent> decode(std::string_view token) {
    if (token.size() != token_size) return std::nullopt;
    TokenContent content{};
    for (const char c : token.substr(1)) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        unsigned carry = static_cast<unsigned>(digit);
        for (std::size_t i = content_size; i-- > 0;) {
            carry += content.at(i) * static_cast<unsigned>(alphabet.size());
            content.at(i) = static_cast<std::uint8_t>(carry & 0xFF);
            carry >>= 8;
        }
        // 27 characters can say more than 20 bytes hold.
        if (carry != 0) return std::nullopt;
    }
    if (check_character(content) != token.front()) return std::nullopt;
    return content;
}

}  // namespace

AppMark app_mark(std::string_view consumer_key) {
    const crypto::Sha256 app = crypto::sha256(consumer_key);
    AppMark mark = 0;
    for (std::size_t i = 0; i < sizeof mark; ++i) mark = (mark << 8) | byte_of(app, i);
    return mark;
}

std::string make_token(std::string_view secret, std::string_view consumer_key,
                       Timestamp expires_at) {
    TokenContent content{};
    // Good until 2106.
    const auto seconds = static_cast<std::uint32_t>(
        std::chrono::floor<std::chrono::seconds>(expires_at).time_since_epoch().count());
    put_number(content, 0, seconds);
    put_number(content, 4, app_mark(consumer_key));
    const crypto::Sha256 proof = proof_of(secret, content);
    for (std::size_t i = 0; i < proof_size; ++i) content.at(said_size + i) = byte_of(proof, i);
    mask(secret, content);
    return encode(content);
}

std::optional<AppMark> app_of_token(std::string_view secret, std::string_view token,
                                    Timestamp now) {
    std::optional<TokenContent> content = decode(token);
    if (!content) return std::nullopt;
    // The mask hangs on the proof alone, which is not masked itself.
    mask(secret, *content);
    const crypto::Sha256 proof = proof_of(secret, *content);
    if (!crypto::constant_time_equal(as_text(content->data() + said_size, proof_size),
                                     crypto::as_text(proof).substr(0, proof_size)))
        return std::nullopt;
    // After the proof: what a forged token says of its expiry means nothing.
    if (now >= Timestamp{std::chrono::seconds{number_at(*content, 0)}}) return std::nullopt;
    return number_at(*content, 4);
}

}  // namespace tuma::mpesa
