// flock on DIR/lock, which also holds the owner's process number for the message.
#include "ledger/directory_lock.h"

#include "ledger/journal_segment.h"
#include "ledger/journal_store.h"
#include "ledger/private_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace tuma::ledger {
namespace {

std::string owner_of(int file) {
    std::array<char, 24> text{};
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    if (size <= 0) return "unknown";
    const std::string owner(text.data(), static_cast<std::size_t>(size));
    return owner.substr(0, owner.find('\n'));
}

[[noreturn]] void fail(const std::filesystem::path& directory, int error) {
    throw StoreError(
        fmt::format("{}: cannot be used as data directory: {}; name another with --data=DIR or "
                    "make it writable for this user",
                    directory.string(), std::generic_category().message(error)));
}

}  // namespace

DirectoryLock::DirectoryLock(const std::filesystem::path& directory) : directory_(directory) {
    bool is_new = false;
    try {
        is_new = make_private_directory(directory);
    } catch (const std::filesystem::filesystem_error& error) {
        fail(directory, error.code().value());
    }
    // A directory lasts only as long as its parent knows of it.
    if (is_new) sync_directory(std::filesystem::absolute(directory).parent_path());
    file_ = open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file_ < 0) fail(directory, errno);
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        const std::string owner = owner_of(file_);
        close(file_);
        if (reason != EWOULDBLOCK) fail(directory, reason);
        throw StoreError(
            fmt::format("{}: process {} uses this data directory; stop it first or "
                        "name another with --data=DIR",
                        directory.string(), owner));
    }
    const std::string owner = fmt::format("{}\n", getpid());
    if (ftruncate(file_, 0) != 0 ||
        pwrite(file_, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
        const int reason = errno;
        close(file_);
        fail(directory, reason);
    }
    left_open_ = close_to_others(directory);
}

DirectoryLock::~DirectoryLock() {
    close(file_);
}

}  // namespace tuma::ledger
