// Small text files that the program writes for people and their programs.
#pragma once

#include <filesystem>
#include <string>

namespace tuma {

/// Replaces the file and makes the folders above it, both for their owner alone: keys lie among
/// them. Throws std::runtime_error with its name.
void write_whole_file(const std::filesystem::path& path, const std::string& text);
/// Throws std::runtime_error with its name.
std::string read_whole_file(const std::filesystem::path& path);

}  // namespace tuma
