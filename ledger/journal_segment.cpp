// Names, schema and settings of segment files.
#include "ledger/journal_segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace tuma::ledger {
namespace {

constexpr std::string_view prefix = "journal-";
constexpr std::string_view suffix = ".sqlite";
constexpr std::int64_t schema_version = 1;

std::optional<std::uint32_t> segment_number(std::string_view name) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
    if (name.size() < prefix.size() + suffix.size() + 6) return std::nullopt;
    const std::string_view digits =
        name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    std::uint32_t number = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

}  // namespace

std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint32_t number) {
    return directory / fmt::format("{}{:06}{}", prefix, number, suffix);
}

std::vector<std::uint32_t> list_segments(const std::filesystem::path& directory) {
    std::vector<std::uint32_t> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        if (const auto number = segment_number(entry->path().filename().string()))
            numbers.push_back(*number);
    if (error)
        throw StoreError(
            fmt::format("{}: cannot read the data directory: {}; name it with "
                        "--data=DIR",
                        directory.string(), error.message()));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

void sync_directory(const std::filesystem::path& directory) {
    const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = file >= 0 && fsync(file) == 0;
    const int reason = errno;
    if (file >= 0) close(file);
    if (!is_synced)
        throw StoreError(fmt::format("{}: cannot sync the data directory: {}; check the disk",
                                     directory.string(), std::generic_category().message(reason)));
}

bool has_batch_table(SqlDatabase& database) {
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version > schema_version)
        throw StoreError(
            fmt::format("{}: is a journal of format {}, this program knows {}; use "
                        "the newer program",
                        database.path().string(), version, schema_version));
    return database.number(
               "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='batch'") == 1;
}

void prepare_segment(SqlDatabase& database, std::uint32_t page_bytes) {
    if (!has_batch_table(database)) {
        // Neither can be changed once the file is in WAL mode.
        database.execute(fmt::format("PRAGMA page_size={}", page_bytes));
        database.execute("PRAGMA journal_mode=WAL");
        // Small columns first, so that they lie before the blob's overflow pages.
        database.execute(
            "BEGIN IMMEDIATE;"
            "CREATE TABLE batch(sequence INTEGER PRIMARY KEY, first_transfer INTEGER NOT NULL,"
            " next_transfer INTEGER NOT NULL, time_us INTEGER NOT NULL, events INTEGER NOT NULL,"
            " data BLOB NOT NULL);"
            "PRAGMA application_id=0x54554d41;"  // "TUMA"
            "PRAGMA user_version=1;"
            "COMMIT");
        sync_directory(database.path().parent_path());
    }
    database.execute("PRAGMA journal_mode=WAL");
    database.execute("PRAGMA synchronous=FULL");
    database.execute("PRAGMA wal_autocheckpoint=0");
    database.execute("PRAGMA secure_delete=OFF");
    // All pages of one append stay in memory until its commit, however large the group.
    database.execute("PRAGMA cache_spill=OFF");
    database.execute("PRAGMA cache_size=-16384");
}

}  // namespace tuma::ledger
