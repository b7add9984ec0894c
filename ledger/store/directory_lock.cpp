// flock on DIR/lock, which also holds the owner's process number for the message.
#include "ledger/store/directory_lock.h"

#include "ledger/store/journal_segment.h"
#include "ledger/store/journal_store.h"
#include "ledger/store/private_files.h"

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
    // The number is written by hand into the file, because flock does not say who holds it.
    std::array<char, 24> text{};
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    // A process that has just begun has not written its number yet.
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
    // Not a plain mkdir: the parents of --data may be missing too.
    try {
        is_new = make_private_directory(directory);
    } catch (const std::filesystem::filesystem_error& error) {
        fail(directory, error.code().value());
    }
    // A directory lasts only as long as its parent knows of it.
    if (is_new) sync_directory(std::filesystem::absolute(directory).parent_path());
    // The file stays when the process ends. Removing it would let two processes lock two files of
    // one name.
    file_ = open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file_ < 0) fail(directory, errno);
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        // Kept, because reading the owner and closing the file overwrite errno.
        const int reason = errno;
        const std::string owner = owner_of(file_);
        close(file_);
        // Any other reason is about the file system, and naming a process would send people the
        // wrong way.
        if (reason != EWOULDBLOCK) fail(directory, reason);
        throw StoreError(
            fmt::format("{}: process {} uses this data directory; stop it first or "
                        "name another with --data=DIR",
                        directory.string(), owner));
    }
    // Written after the lock is held: before that it is somebody else's file.
    const std::string owner = fmt::format("{}\n", getpid());
    if (ftruncate(file_, 0) != 0 ||
        pwrite(file_, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
        const int reason = errno;
        close(file_);
        fail(directory, reason);
    }
    // Only now: what another switch is using is left alone.
    left_open_ = close_to_others(directory);
}

DirectoryLock::~DirectoryLock() {
    close(file_);
}

}  // namespace tuma::ledger
