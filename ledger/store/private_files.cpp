#include "ledger/store/private_files.h"

#include "ledger/store/journal_store.h"
#include "ledger/words/words.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace tuma::ledger {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms file_mode = fs::perms::owner_read | fs::perms::owner_write;
constexpr fs::perms directory_mode = fs::perms::owner_all;
constexpr fs::perms others = fs::perms::group_all | fs::perms::others_all;

constexpr std::array<std::string_view, 7> prefixes{
    "journal-",   "projection.sqlite", "snapshot-",  "head",
    "clock.json", "orders.sqlite",     "admin-token"};
constexpr std::array<std::string_view, 1> names{"lock"};
constexpr std::array<std::string_view, 3> folders{"clients", "keys", "tls"};

bool is_own_file(const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end() ||
           std::any_of(prefixes.begin(), prefixes.end(),
                       [&](auto prefix) { return name.starts_with(prefix); });
}

std::vector<fs::path> entries(const fs::path& directory) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        found.push_back(entry->path());
    return found;
}

// Not through a link: what it points to may be anybody's.
void close_one(const fs::path& path, fs::file_type type, fs::perms mode,
               std::vector<std::string>& left_open) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    // The link itself is asked, not what it points to.
    if (error || status.type() != type || (status.permissions() & others) == fs::perms::none)
        return;
    fs::permissions(path, mode, error);
    // Failures are gathered, not thrown: books that others can read are worse closed than open, but
    // a switch that will not start is worse still.
    if (error)
        left_open.push_back(fmt::format(
            "{} can be used by others and cannot be closed to them: "
            "{}; let its owner do chmod {:o} {}",
            path.string(), error.message(), static_cast<unsigned>(mode), path.string()));
}

bool is_shared(const fs::path& directory) {
    std::error_code error;
    return (fs::status(directory, error).permissions() & fs::perms::sticky_bit) != fs::perms::none;
}

void close_directory(const fs::path& directory, bool is_data_directory,
                     std::vector<std::string>& left_open) {
    // A sticky directory is everybody's by intent, such as /tmp: closing it would lock others out.
    if (is_data_directory && !is_shared(directory))
        return close_one(directory, fs::file_type::directory, directory_mode, left_open);
    std::error_code error;
    if ((fs::status(directory, error).permissions() & others) != fs::perms::none)
        left_open.push_back(fmt::format(
            "{} can be used by others and was left so, because it holds more than books or is a "
            "shared directory; give the books one of their own, or do chmod 700 {}",
            directory.string(), directory.string()));
}

}  // namespace

bool make_private_directory(const fs::path& directory) {
    const bool is_new = fs::create_directories(directory);
    // Set again, because the mode that was asked for is cut by the umask.
    if (is_new) fs::permissions(directory, directory_mode);
    return is_new;
}

void make_private_file(const fs::path& path) {
    constexpr mode_t mode = S_IRUSR | S_IWUSR;
    // Only a new file is opened: closing one that is in use would end this process's locks on it.
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) return;
    // For the same reason. That it fails is noticed by whoever opens the file next.
    static_cast<void>(fchmod(file, mode));
    close(file);
}

void require_own_directory(const fs::path& directory) {
    // What a file system has at its root.
    constexpr std::string_view lost_and_found = "lost+found";
    std::string foreign;
    for (const fs::path& path : entries(directory)) {
        const std::string name = path.filename().string();
        if (is_own_file(name)) return;
        const bool is_folder = std::find(folders.begin(), folders.end(), name) != folders.end();
        if (!is_folder && name != lost_and_found && foreign.empty()) foreign = name;
    }
    if (foreign.empty()) return;
    throw StoreError(
        fmt::format("{}: holds {} and no books; give them a directory of their own with "
                    "--data=DIR, like {}, which is made if it is not there",
                    directory.string(), shown_word(foreign), (directory / "books").string()));
}

std::vector<std::string> close_to_others(const fs::path& directory) {
    std::vector<std::string> left_open;
    bool holds_books = false;
    bool holds_others = false;
    for (const fs::path& path : entries(directory)) {
        const std::string name = path.filename().string();
        // These folders hold keys and certificates; what is in them is ours whatever its name.
        if (std::find(folders.begin(), folders.end(), name) != folders.end()) {
            close_one(path, fs::file_type::directory, directory_mode, left_open);
            for (const fs::path& inside : entries(path))
                close_one(inside, fs::file_type::regular, file_mode, left_open);
        } else if (is_own_file(name)) {
            holds_books = holds_books || name.starts_with(prefixes.front());
            close_one(path, fs::file_type::regular, file_mode, left_open);
        } else {
            // One foreign file is enough to leave the directory's own mode alone: it may be
            // somebody's home.
            holds_others = true;
        }
    }
    close_directory(directory, holds_books || !holds_others, left_open);
    return left_open;
}

}  // namespace tuma::ledger
