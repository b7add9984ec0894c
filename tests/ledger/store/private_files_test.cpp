// Who can read the books: their owner, whatever the umask and whatever an earlier program left.
#include "ledger/store/private_files.h"

#include "ledger/projection/projection.h"
#include "ledger/store/acks.h"
#include "ledger/store/snapshot.h"
#include "tests/ledger/history.h"
#include "tests/ledger/store/journal_files.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <atomic>

using namespace tuma;
using namespace tuma::ledger;

namespace {

namespace fs = std::filesystem;

// "lock 600" of everything below `directory`, and of itself as ".".
std::map<std::string, std::string> modes(const fs::path& directory) {
    std::map<std::string, std::string> found;
    const auto mode = [](const fs::path& path) {
        return fmt::format("{:o}", static_cast<unsigned>(fs::status(path).permissions()));
    };
    found["."] = mode(directory);
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        found[fs::relative(entry.path(), directory).string()] = mode(entry.path());
    return found;
}

// Everything that the ledger writes into a data directory, with its files still open.
std::map<std::string, std::string> modes_of_books(const fs::path& directory) {
    const DirectoryLock lock(directory);
    CHECK(lock.left_open().empty());
    SqliteJournal journal(lock, small_segments);
    History history(journal, 3);
    history.open(20);
    for (int i = 0; i < 4; ++i) history.plain_batch(2'000);
    SnapshotFolder(directory).save(history.state);
    SqliteJournalReader reader(directory);
    const std::atomic<bool> never{false};
    Projection projection(projection_path(directory));
    bring_up_to_date(projection, reader, never, nullptr);
    AcksWriter acks(directory / "acks");
    acks.flush();
    return modes(directory);
}

void check_private(const std::map<std::string, std::string>& found) {
    for (const char* name : {"head", "lock", "journal-000001.sqlite", "journal-000002.sqlite",
                             "projection.sqlite", "projection.sqlite-wal", "acks"}) {
        CAPTURE(name);
        CHECK(found.count(name) == 1);
    }
    for (const auto& file : found) {
        CAPTURE(file.first);
        CHECK(file.second == (file.first == "." ? "700" : "600"));
    }
}

}  // namespace

TEST_CASE("private files: all that the ledger writes is its owner's alone, whatever the umask") {
    for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
        CAPTURE(mask);
        const TemporaryDirectory dir;
        const mode_t before = umask(mask);
        const auto found = modes_of_books(dir.path() / "data");
        umask(before);
        check_private(found);
    }
}

TEST_CASE("private files: what an earlier program left open is closed by the next start") {
    const TemporaryDirectory dir;
    const fs::path data = dir.path() / "data";
    modes_of_books(data);
    fs::create_directory(data / "tls");
    put_content(data / "tls" / "ca.key", "key");
    for (const auto& entry : fs::recursive_directory_iterator(data))
        fs::permissions(entry.path(), fs::perms{0644} | (entry.is_directory() ? fs::perms{0111}
                                                                              : fs::perms::none));
    fs::permissions(data, fs::perms{0755});
    fs::remove(data / "acks");

    const DirectoryLock lock(data);
    CHECK(lock.left_open().empty());
    for (const auto& file : modes(data)) {
        CAPTURE(file.first);
        CHECK(file.second == (file.first == "." || file.first == "tls" ? "700" : "600"));
    }
}

TEST_CASE("private files: a directory that holds other things is left as it is, and that is told") {
    const TemporaryDirectory dir;
    const fs::path home = dir.path() / "home";
    fs::create_directory(home);
    fs::permissions(home, fs::perms{0755});
    put_content(home / "letter.txt", "dear");
    fs::permissions(home / "letter.txt", fs::perms{0644});
    {
        const DirectoryLock lock(home);
        REQUIRE(lock.left_open().size() == 1);
        CHECK(has(lock.left_open().front(), "chmod 700 " + home.string()));
    }
    CHECK(modes(home)["."] == "755");
    CHECK(modes(home)["letter.txt"] == "644");
    CHECK(modes(home)["lock"] == "600");

    const fs::path shared = dir.path() / "shared";
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms{01777});
    const DirectoryLock lock(shared);
    CHECK(lock.left_open().size() == 1);
    CHECK(modes(shared)["."] == "1777");
}

TEST_CASE("private files: a link in a data directory is not followed") {
    const TemporaryDirectory dir;
    put_content(dir.path() / "elsewhere", "x");
    fs::permissions(dir.path() / "elsewhere", fs::perms{0644});
    const fs::path data = dir.path() / "data";
    fs::create_directory(data);
    fs::create_symlink(dir.path() / "elsewhere", data / "snapshot-link");
    const DirectoryLock lock(data);
    CHECK(modes(dir.path())["elsewhere"] == "644");
}
