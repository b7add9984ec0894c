// The administrator's token: what changes something at a local door has to bring it.
#pragma once

#include <filesystem>
#include <string>

namespace tuma {

/// Reads DIR/admin-token, or draws 256 bits and writes them there, readable by the owner only.
/// Throws std::runtime_error when the file cannot be read or written, or holds fewer than 32
/// characters.
std::string admin_token(const std::filesystem::path& data);
std::filesystem::path admin_token_file(const std::filesystem::path& data);

}  // namespace tuma
