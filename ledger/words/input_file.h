// Files that somebody names on the command line or in another file.
#pragma once

#include "ledger/result.h"

#include <filesystem>
#include <optional>

namespace tuma {

/// Why the file cannot be read, or nothing: it is a directory, it is not there, it may not be
/// opened.
std::optional<InputError> unreadable(const std::filesystem::path& path);

}  // namespace tuma
