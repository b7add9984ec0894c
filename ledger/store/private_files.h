// Files and directories for their owner alone: the books hold customers' numbers and secrets.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tuma::ledger {

/// Makes the directory with mode 0700, whatever the umask, and missing ones above it as usual.
/// Returns false when it was there before. Throws std::filesystem::filesystem_error.
bool make_private_directory(const std::filesystem::path& directory);

/// Makes an empty file with mode 0600, whatever the umask, if there is none of that name. An error
/// is left to whoever opens the file next and can say what it was for.
void make_private_file(const std::filesystem::path& path);

/// Throws StoreError when the directory holds other things and nothing of this program's: the books
/// would lie among somebody's files.
void require_own_directory(const std::filesystem::path& directory);

/// Takes from others what they may do with a data directory: 0600 for the files that this program
/// makes in it, 0700 for its folders and for the directory itself. That one is left alone if it
/// holds other things and no journal, or is a shared one (sticky). Returns what could not be closed
/// and how it is done by hand, one sentence each.
std::vector<std::string> close_to_others(const std::filesystem::path& directory);

}  // namespace tuma::ledger
