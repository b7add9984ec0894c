// Files that somebody names on the command line or in another file.
#pragma once

#include "ledger/words/result.h"

#include <filesystem>
#include <optional>
#include <string>

namespace tuma {

/// Why the file cannot be read, or nothing: it is a directory, it is not there, it may not be
/// opened.
std::optional<InputError> unreadable(const std::filesystem::path& path);

/// All that is in the file; or why not: as `unreadable`, or it cannot be read to its end.
Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace tuma
