// Names, schema and settings of segment files.
#include "ledger/journal_segment.h"

#include "ledger/file_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace tuma::ledger {
namespace {

constexpr std::string_view prefix = "journal-";
constexpr std::string_view suffix = ".sqlite";
constexpr auto newest_format = static_cast<std::int64_t>(SegmentFormat::with_head_mark);
// Small columns first, so that they lie before the blob's overflow pages.
constexpr std::string_view batch_table =
    "CREATE TABLE batch(sequence INTEGER PRIMARY KEY, first_transfer INTEGER NOT NULL,"
    " next_transfer INTEGER NOT NULL, time_us INTEGER NOT NULL, events INTEGER NOT NULL,"
    " data BLOB NOT NULL)";
constexpr std::string_view remedy =
    "; restore the file from a copy, and run tuma audit --data=DIR to see what is intact";

// What is in the file beside the journal's own table, or is not as it; empty when nothing.
std::string foreign_object(SqlDatabase& database, bool& has_table) {
    SqlStatement objects(database, "SELECT type, name, sql FROM sqlite_schema");
    while (objects.step()) {
        if (objects.text(0) == "table" && objects.text(1) == "batch") {
            if (objects.text(2) != batch_table) return "its table batch is not that of a journal";
            has_table = true;
            continue;
        }
        return fmt::format("holds the {} \"{}\", which no journal has", printable(objects.text(0)),
                           printable(objects.text(1)));
    }
    return {};
}

// What is read while it lives is of one moment, though a writer may be making the file.
class ReadMoment {
public:
    explicit ReadMoment(SqlDatabase& database) : database_(database) { database.execute("BEGIN"); }
    ReadMoment(const ReadMoment&) = delete;
    ReadMoment& operator=(const ReadMoment&) = delete;
    ~ReadMoment() { sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }

private:
    SqlDatabase& database_;
};

[[noreturn]] void fail_damaged(const std::filesystem::path& path, std::string_view what) {
    throw SqlDamage(fmt::format("{}: {}{}", path.string(), what, remedy));
}

std::uint64_t big_endian(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (const std::byte b : bytes) value = value << 8U | std::to_integer<std::uint64_t>(b);
    return value;
}

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

std::filesystem::path log_path(std::filesystem::path segment) {
    return segment += "-wal";
}

std::uint64_t size_or_zero(const std::filesystem::path& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    return error ? 0 : size;
}

SegmentFormat segment_format(SqlDatabase& database) {
    const ReadMoment moment(database);
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version > newest_format)
        throw StoreError(
            fmt::format("{}: is a journal of format {}, this program knows {}; use "
                        "the newer program",
                        database.path().string(), version, newest_format));
    bool has_table = false;
    const std::string foreign = foreign_object(database, has_table);
    if (!foreign.empty()) fail_damaged(database.path(), foreign);
    // Table and format are made in one transaction.
    if (has_table != (version > 0))
        fail_damaged(database.path(),
                     fmt::format("says that it is of format {}, and {} the table of a journal",
                                 version, has_table ? "has" : "has not"));
    return static_cast<SegmentFormat>(version);
}

void require_file_of_log(const std::filesystem::path& segment) {
    // In this order: where a writer makes both, the file is there before anything is in the log.
    if (size_or_zero(log_path(segment)) != 0 && size_or_zero(segment) == 0)
        fail_damaged(segment, "is empty or missing, but its log is there");
}

// Source: sqlite.org/fileformat.html, "The Database Header".
void require_whole(const std::filesystem::path& segment) {
    require_file_of_log(segment);
    const std::uint64_t size = size_or_zero(segment);
    if (size == 0) fail_damaged(segment, "is empty, but later files of the journal are there");
    // What is still in the log counts when the segment is read.
    if (size_or_zero(log_path(segment)) != 0) return;
    std::array<std::byte, 100> header{};
    if (size < header.size()) fail_damaged(segment, "is cut short");
    FileHandle::open(segment).read(0, header);
    const std::span<const std::byte> bytes(header);
    const std::uint64_t page = big_endian(bytes.subspan(16, 2));
    const std::uint64_t page_bytes = page == 1 ? 65'536 : page;
    const bool knows_its_size =
        big_endian(bytes.subspan(24, 4)) == big_endian(bytes.subspan(92, 4));
    const std::uint64_t whole = big_endian(bytes.subspan(28, 4)) * page_bytes;
    if (knows_its_size && size < whole)
        fail_damaged(segment, fmt::format("is cut short: {} of {} bytes", size, whole));
}

void prepare_segment(SqlDatabase& database, std::uint32_t page_bytes) {
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    if (segment_format(database) == SegmentFormat::none) {
        // Neither can be changed once the file is in WAL mode.
        database.execute(fmt::format("PRAGMA page_size={}", page_bytes));
        database.execute("PRAGMA journal_mode=WAL");
        database.execute(
            fmt::format("BEGIN IMMEDIATE;{};"
                        "PRAGMA application_id=0x54554d41;"  // "TUMA"
                        "PRAGMA user_version={};COMMIT",
                        batch_table, newest_format));
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

void note_head_mark(SqlDatabase& database) {
    if (segment_format(database) == SegmentFormat::with_head_mark) return;
    database.execute(fmt::format("PRAGMA user_version={}", newest_format));
}

}  // namespace tuma::ledger
