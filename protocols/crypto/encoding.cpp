// Base64 and hexadecimal by tables.
#include "protocols/crypto/encoding.h"

#include <openssl/crypto.h>

#include <array>
#include <cstdint>

namespace tuma::crypto {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> base64_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
        digits[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::uint8_t>(i);
    return digits;
}

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
    // What is behind the end counts as zero; the caller writes padding there.
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

std::string hex(std::string_view bytes, std::string_view digits) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += digits[value >> 4U];
        text += digits[value & 0xFU];
    }
    return text;
}

constexpr std::string_view upper_digits = "0123456789ABCDEF";
constexpr std::string_view lower_digits = "0123456789abcdef";

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::uint32_t group =
            // Three bytes are four digits of six bits.
            byte_at(bytes, at) << 16U | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2);
        text += base64_alphabet[group >> 18U];
        text += base64_alphabet[group >> 12U & 63U];
        text += at + 1 < bytes.size() ? base64_alphabet[group >> 6U & 63U] : '=';
        text += at + 2 < bytes.size() ? base64_alphabet[group & 63U] : '=';
    }
    return text;
}

Result<std::string> base64_decode(std::string_view text, std::size_t bytes_max) {
    static constexpr std::array<std::uint8_t, 256> digits = base64_digits();
    if (text.size() % 4 != 0) return InputError{"base64", "the length is no multiple of 4"};
    std::size_t padding = 0;
    // At most two: a third would be a group without a byte.
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    const std::size_t size = text.size() / 4 * 3 - padding;
    // Before anything is allocated.
    if (size > bytes_max)
        return InputError{"base64", "stands for more than " + std::to_string(bytes_max) + " bytes"};

    std::string bytes;
    // The last group writes up to two bytes too many, which are looked at and cut off below.
    bytes.reserve(size + 2);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        std::uint32_t group = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            std::uint8_t digit = digits[static_cast<unsigned char>(text[i])];
            // Padding stands for zeros, and only at the end.
            if (i >= text.size() - padding) digit = 0;
            if (digit == no_digit)
                return InputError{"base64", "position " + std::to_string(i) + " is no digit"};
            group = group << 6U | digit;
        }
        bytes += static_cast<char>(group >> 16U);
        bytes += static_cast<char>(group >> 8U & 0xFFU);
        bytes += static_cast<char>(group & 0xFFU);
    }
    // Two texts for one value would let a signature be altered unseen.
    for (std::size_t i = size; i < bytes.size(); ++i)
        if (bytes[i] != 0) return InputError{"base64", "there are bits behind the last byte"};
    bytes.resize(size);
    return bytes;
}

std::string hex_upper(std::string_view bytes) {
    return hex(bytes, upper_digits);
}

std::string hex_upper(std::span<const std::byte> bytes) {
    return hex(as_text(bytes), upper_digits);
}

std::string hex_lower(std::string_view bytes) {
    return hex(bytes, lower_digits);
}

std::string hex_lower(std::span<const std::byte> bytes) {
    return hex(as_text(bytes), lower_digits);
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    // The length may be learned. It is the same for everybody who computes a signature.
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tuma::crypto
