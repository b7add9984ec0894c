// One process owns a data directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tuma::ledger {

/// Owns the data directory while it lives; the operating system ends it with the process.
class DirectoryLock {
public:
    /// Makes the directory if there is none, for its owner alone, and closes to others what earlier
    /// programs left open. Throws StoreError when it cannot be made or written,
    /// or when another process owns it; the message names the directory and that process.
    explicit DirectoryLock(const std::filesystem::path& directory);
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;
    ~DirectoryLock();

    const std::filesystem::path& directory() const { return directory_; }
    /// What others can still read, and how that is mended; a sentence each.
    const std::vector<std::string>& left_open() const { return left_open_; }

private:
    std::filesystem::path directory_;
    int file_ = -1;
    std::vector<std::string> left_open_;
};

}  // namespace tuma::ledger
