// Hashes of whole messages. MD5 and SHA-1 are here because wire formats ask for them, not because
// they are safe.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tuma::crypto {

using Md5 = std::array<std::byte, 16>;
using Sha1 = std::array<std::byte, 20>;
using Sha256 = std::array<std::byte, 32>;

Md5 md5(std::string_view message);
Sha1 sha1(std::string_view message);
Sha256 sha256(std::string_view message);

/// Source: RFC 2104.
Sha256 hmac_sha256(std::string_view key, std::string_view message);

}  // namespace tuma::crypto
