// Small text files that the program writes for people and their programs.
#pragma once

#include <filesystem>
#include <string>

namespace tuma {

enum class FileReaders { owner, everybody };

/// Replaces the file and makes the folders above it. Throws std::runtime_error with its name.
void write_whole_file(const std::filesystem::path& path, const std::string& text,
                      FileReaders readers);
/// Throws std::runtime_error with its name.
std::string read_whole_file(const std::filesystem::path& path);

}  // namespace tuma
