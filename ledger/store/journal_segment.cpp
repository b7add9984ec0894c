// Names, schema and settings of segment files.
#include "ledger/store/journal_segment.h"

#include "ledger/store/file_bytes.h"
#include "ledger/words/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::string_view segment_prefix = "journal-";
constexpr std::string_view segment_suffix = ".sqlite";
constexpr auto newest_format = static_cast<std::int64_t>(SegmentFormat::with_head_mark);
// Small columns first, so that they lie before the blob's overflow pages.
constexpr std::string_view batch_table =
    "CREATE TABLE batch(sequence INTEGER PRIMARY KEY, first_transfer INTEGER NOT NULL,"
    " next_transfer INTEGER NOT NULL, time_us INTEGER NOT NULL, events INTEGER NOT NULL,"
    " data BLOB NOT NULL)";

std::string remedy(const std::filesystem::path& path) {
    return fmt::format(
        "; restore the file from a copy, and run tuma audit --data={} to see what is intact",
        path.parent_path().string());
}

// What is in the file beside the journal's own table, or is not as it; empty when nothing.
std::string foreign_object(SqlDatabase& database, bool& has_table) {
    // The schema's text is compared letter by letter. SQLite keeps it as it was written, so
    // anything else was written by somebody else.
    SqlStatement objects(database, "SELECT type, name, sql FROM sqlite_schema");
    while (objects.step()) {
        if (objects.text(0) == "table" && objects.text(1) == "batch") {
            if (objects.text(2) != batch_table) return "its table batch is not that of a journal";
            has_table = true;
            continue;
        }
        // Named, because a trigger that somebody planted is the first thing to know about.
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
    // Not execute(): a destructor must not throw, and a transaction that only reads has nothing to
    // lose.
    ~ReadMoment() { sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }

private:
    SqlDatabase& database_;
};

[[noreturn]] void fail_damaged(const std::filesystem::path& path, std::string_view what) {
    throw SqlDamage(fmt::format("{}: {}{}", path.string(), what, remedy(path)));
}

std::uint64_t big_endian(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (const std::byte b : bytes) value = value << 8U | std::to_integer<std::uint64_t>(b);
    return value;
}

std::filesystem::path beside(std::filesystem::path file, std::string_view suffix) {
    return file += suffix;
}

std::optional<std::uint32_t> segment_number(std::string_view name) {
    if (!name.starts_with(segment_prefix) || !name.ends_with(segment_suffix)) return std::nullopt;
    // At least six digits are written. A name with fewer is somebody's own copy.
    if (name.size() < segment_prefix.size() + segment_suffix.size() + 6) return std::nullopt;
    const std::string_view digits = name.substr(
        segment_prefix.size(), name.size() - segment_prefix.size() - segment_suffix.size());
    // All of it must be digits, or a copy named "-old" would be taken for a file of the journal.
    return read_number<std::uint32_t>(digits);
}

}  // namespace

std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint32_t number) {
    // Zeros in front, so that a listing by name is in order.
    return directory / fmt::format("{}{:06}{}", segment_prefix, number, segment_suffix);
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
    // Kept before the file is closed, which may overwrite it.
    const int reason = errno;
    if (file >= 0) close(file);
    if (!is_synced)
        throw StoreError(fmt::format("{}: cannot sync the data directory: {}; check the disk",
                                     directory.string(), std::generic_category().message(reason)));
}

void give_name(const std::filesystem::path& partial, const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::rename(partial, path, error);
    if (error)
        throw StoreError(
            fmt::format("{}: cannot be given its name: {}; make the directory writable",
                        partial.string(), error.message()));
    // Without it a power failure may undo the name that is relied upon from now on.
    sync_directory(path.parent_path());
}

std::filesystem::path log_path(std::filesystem::path segment) {
    return beside(std::move(segment), "-wal");
}

std::uint64_t size_or_zero(const std::filesystem::path& path) {
    std::error_code error;
    // A file that cannot be looked at counts as empty: whoever opens it next says why.
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    return error ? 0 : size;
}

SegmentFormat segment_format(SqlDatabase& database) {
    const ReadMoment moment(database);
    const std::int64_t version = database.number("PRAGMA user_version");
    // A newer program may have written what this one would misread. It is told apart before
    // anything else is looked at.
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
    // SQLite would remove a log whose file is empty, and with it batches that were acknowledged.
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
    // Looked at without SQLite, which would try to repair what it opens.
    std::array<std::byte, 100> header{};
    if (size < header.size()) fail_damaged(segment, "is cut short");
    FileHandle::open(segment).read(0, header);
    const std::span<const std::byte> bytes(header);
    const std::uint64_t page = big_endian(bytes.subspan(16, 2));
    // The field has 16 bits, and the largest page does not fit.
    const std::uint64_t page_bytes = page == 1 ? 65'536 : page;
    // Only where both counters agree is the size in the header the file's own; older writers left
    // it alone.
    const bool knows_its_size =
        big_endian(bytes.subspan(24, 4)) == big_endian(bytes.subspan(92, 4));
    const std::uint64_t whole = big_endian(bytes.subspan(28, 4)) * page_bytes;
    if (knows_its_size && size < whole)
        fail_damaged(segment, fmt::format("is cut short: {} of {} bytes", size, whole));
}

void require_segments(const std::filesystem::path& directory,
                      std::span<const std::uint32_t> numbers) {
    for (std::uint32_t i = 0; i < numbers.size(); ++i) {
        const auto path = segment_path(directory, i + 1);
        if (numbers[i] < i + 1)
            throw StoreError(
                fmt::format("{}: is no file of a journal, whose first is {}; move it away",
                            segment_path(directory, numbers[i]).string(), path.string()));
        if (numbers[i] != i + 1)
            throw StoreError(
                fmt::format("{}: is missing, but later files of the journal are "
                            "there{}",
                            path.string(), remedy(path)));
        if (i + 1 < numbers.size()) require_whole(path);
    }
    const auto last = static_cast<std::uint32_t>(numbers.size());
    // A log without its file would be removed when the next file of that name is made.
    for (const std::uint32_t number : {last, last + 1})
        require_file_of_log(segment_path(directory, number));
}

void require_batch(SqlDatabase& database) {
    if (database.number("SELECT count(*) FROM (SELECT 1 FROM batch LIMIT 1)") == 0)
        throw StoreError(
            fmt::format("{}: holds no batch, but later files of the journal are "
                        "there{}",
                        database.path().string(), remedy(database.path())));
}

void make_segment(const std::filesystem::path& segment, std::uint32_t page_bytes) {
    std::error_code error;
    // An empty file of an older program is filled in place: readers may have it open.
    if (std::filesystem::exists(segment, error)) return;
    const std::filesystem::path partial = beside(segment, ".partial");
    // What a program left that was killed here. What cannot be removed is said when it is opened.
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
        std::filesystem::remove(beside(partial, suffix), error);
    // Its own scope: the name is given to a file that nobody has open.
    {
        SqlDatabase database(partial, SqlAccess::read_write_create);
        prepare_segment(database, page_bytes);
        // The table is in the log, which keeps the old name. Closing would copy it too, and say
        // nothing when the disk is full.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    give_name(partial, segment);
}

void undo_unfinished(const std::filesystem::path& segment) {
    if (size_or_zero(beside(segment, "-journal")) == 0) return;
    // SQLite rolls back at the first look at the file.
    const SqlDatabase database(segment, SqlAccess::read_write_create);
}

void prepare_segment(SqlDatabase& database, std::uint32_t page_bytes) {
    // A view could stand in a table's place, and SELECT would not tell.
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
        // The file's name has to be as durable as its first batch will be.
        sync_directory(database.path().parent_path());
    }
    database.execute("PRAGMA journal_mode=WAL");
    // Each commit is one sync. NORMAL would leave the last commits to chance, and they were
    // acknowledged.
    database.execute("PRAGMA synchronous=FULL");
    // When the log is copied is decided here, between groups, and not in the middle of one.
    database.execute("PRAGMA wal_autocheckpoint=0");
    // Nothing is ever deleted but a torn batch, and zeroing pages would double the writes.
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
