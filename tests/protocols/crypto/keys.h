// Keys for tests: made when the program first asks for them, the same for all its cases.
#pragma once

#include "protocols/crypto/encoding.h"
#include "protocols/crypto/rsa.h"

#include <string>
#include <vector>

namespace tuma::test {

inline const crypto::PrivateKey& first_key() {
    static const crypto::PrivateKey key = crypto::PrivateKey::generate();
    return key;
}

inline const crypto::PrivateKey& second_key() {
    static const crypto::PrivateKey key = crypto::PrivateKey::generate();
    return key;
}

/// `count` bytes: 1, 2, 3 … and again from 0 after 255.
inline std::vector<std::byte> counted_bytes(std::size_t count) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 1; i <= count; ++i)
        bytes.push_back(static_cast<std::byte>(static_cast<unsigned char>(i)));
    return bytes;
}

/// Bytes written as pairs of digits.
inline std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return bytes;
}

/// The same text with one bit another.
inline std::string with_flipped_bit(std::string text, std::size_t bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ static_cast<char>(1U << bit % 8));
    return text;
}

}  // namespace tuma::test
