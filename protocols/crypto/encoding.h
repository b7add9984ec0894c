// Bytes as text and back: base64, hexadecimal; and comparing secrets.
#pragma once

#include "ledger/words/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tuma::crypto {

/// The same bytes seen as the other of the two types that hold bytes here.
inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

/// Standard alphabet, padded, no line breaks. Source: RFC 4648, section 4.
std::string base64_encode(std::string_view bytes);

/// The inverse of `base64_encode`, and nothing more: refuses (field "base64") line breaks, missing
/// padding, bits behind the last byte that are not zero, and text that stands for more than
/// `bytes_max` bytes.
Result<std::string> base64_decode(std::string_view text, std::size_t bytes_max);

/// Two digits a byte.
std::string hex_upper(std::string_view bytes);
std::string hex_upper(std::span<const std::byte> bytes);
std::string hex_lower(std::string_view bytes);
std::string hex_lower(std::span<const std::byte> bytes);

/// Whether both are the same bytes, in a time that tells nothing but their lengths.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace tuma::crypto
