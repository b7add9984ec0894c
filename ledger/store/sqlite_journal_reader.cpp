// The reading side of the SQLite journal.
#include "ledger/store/journal_segment.h"
#include "ledger/store/sqlite_journal.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::size_t page_bytes_target = 4U << 20U;
constexpr std::size_t page_rows_max = 1024;
// Each takes two or three file descriptors.
constexpr std::size_t open_segments_max = 2;
constexpr std::size_t altered_rows_max = 20;

// The columns of a row in the order in which they are read.
namespace column {
enum : int { sequence, first_transfer, next_transfer, time_us, events, data };
}
constexpr std::string_view columns =
    "sequence, first_transfer, next_transfer, time_us, events, data";

[[noreturn]] void fail_hole(const std::filesystem::path& path, std::uint64_t sequence) {
    throw StoreError(
        fmt::format("{} has batches around {} but not that one; stop the server and "
                    "run tuma audit",
                    path.string(), sequence));
}

// What is too short for a header can only be compared with the row before: a batch whose write
// never finished goes on there, what somebody put there does not.
std::string violation_of_torn(const SqlStatement& row, std::optional<std::int64_t> expected) {
    const std::int64_t first = row.number(column::first_transfer);
    if (!expected || first == *expected) return {};
    return fmt::format("its column first_transfer is {}, the batch before it ends at {}", first,
                       *expected);
}

// In which column the row that `row` stands on differs from its bytes; empty when in none. Whether
// the bytes are a batch is for whoever checks it.
std::string violation_of(const SqlStatement& row, std::optional<std::int64_t> next_transfer) {
    const std::span<const std::byte> bytes = row.blob(column::data);
    BatchHeader header;
    if (bytes.size() < sizeof header) return violation_of_torn(row, next_transfer);
    std::memcpy(&header, bytes.data(), sizeof header);
    const std::array<std::pair<const char*, std::int64_t>, 5> should_be{
        {{"sequence", static_cast<std::int64_t>(header.sequence)},
         {"first_transfer", static_cast<std::int64_t>(header.first_transfer.value)},
         {"next_transfer", static_cast<std::int64_t>(header.next_transfer.value)},
         {"time_us", header.time_us},
         {"events", header.event_count}}};
    int at = column::sequence;
    for (const auto& [name, value] : should_be) {
        // The type is compared too: SQLite would turn a text into a number without a word.
        if (row.number(at) != value || !row.is_number(at))
            return fmt::format("its column {} is {}, its bytes say {}", name, row.number(at),
                               value);
        ++at;
    }
    return {};
}

const std::filesystem::path& with_file_of_log(const std::filesystem::path& path) {
    require_file_of_log(path);
    return path;
}

}  // namespace

struct SqliteJournalReader::Segment {
    struct Transfers {
        TransferId first;
        TransferId next;
    };

    explicit Segment(const std::filesystem::path& path)
        // A log without its file is found before SQLite opens it, because opening removes it.
        : database(with_file_of_log(path), SqlAccess::read_only) {
        sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
        // Readers of the whole journal look at every page once, and a large cache would only push
        // out others'.
        database.execute("PRAGMA cache_size=-2048");
    }

    // False while the writer has only begun to make the file.
    bool is_ready() {
        // Statements are prepared when the table is there, for a reader may be faster than the
        // writer's first commit.
        if (rows) return true;
        if (segment_format(database) == SegmentFormat::none) return false;
        first_row.emplace(database,
                          "SELECT sequence, first_transfer FROM batch ORDER BY sequence LIMIT 1");
        last_row.emplace(database, "SELECT max(sequence) FROM batch");
        transfers_of_row.emplace(
            database, "SELECT first_transfer, next_transfer FROM batch WHERE sequence = ?");
        rows.emplace(database, fmt::format("SELECT {} FROM batch WHERE sequence >= ? "
                                           "ORDER BY sequence",
                                           columns));
        return true;
    }

    // Zero when the segment is empty.
    std::uint64_t last_sequence() {
        if (!is_ready()) return 0;
        const bool is_row = last_row->step();
        const std::int64_t sequence = is_row ? last_row->number(0) : 0;
        // Reset after each use: an open statement is an open read transaction, and the writer's log
        // could never shrink.
        last_row->reset();
        return static_cast<std::uint64_t>(sequence);
    }

    std::optional<Beginning> beginning() {
        std::optional<Beginning> found;
        if (!is_ready()) return found;
        if (first_row->step())
            found = Beginning{static_cast<std::uint64_t>(first_row->number(0)),
                              TransferId{static_cast<std::uint64_t>(first_row->number(1))}};
        first_row->reset();
        return found;
    }

    std::optional<Transfers> transfers_of(std::uint64_t sequence) {
        transfers_of_row->bind(1, sequence);
        std::optional<Transfers> found;
        if (transfers_of_row->step())
            found = {TransferId{static_cast<std::uint64_t>(transfers_of_row->number(0))},
                     TransferId{static_cast<std::uint64_t>(transfers_of_row->number(1))}};
        transfers_of_row->reset();
        return found;
    }

    SqlDatabase database;
    std::optional<SqlStatement> first_row;
    std::optional<SqlStatement> last_row;
    std::optional<SqlStatement> transfers_of_row;
    std::optional<SqlStatement> rows;
};

// Rows copied out in one short read transaction.
struct SqliteJournalReader::Page {
    struct Row {
        std::uint64_t sequence;
        std::size_t bytes;
    };
    // Kept between pages: a scan copies gigabytes through it, and allocates once.
    std::vector<std::byte> bytes;
    std::vector<Row> rows;
    std::vector<AlteredRow> altered;
    std::optional<std::int64_t> next_transfer;  ///< of the row before, as its columns have it

    // Returns true when the segment has no more rows.
    bool read(Segment& segment, std::uint64_t first, std::size_t rows_max = page_rows_max) {
        bytes.clear();
        rows.clear();
        altered.clear();
        if (!segment.is_ready()) return true;
        SqlStatement& row = *segment.rows;
        row.bind(1, first);
        bool is_end = false;
        // Bounded in bytes and rows, so that no read transaction lasts long, however small the
        // batches.
        while (bytes.size() < page_bytes_target && rows.size() < rows_max) {
            is_end = !row.step();
            if (is_end) break;
            std::span<const std::byte> data = row.blob(column::data);
            // One byte too many is enough to see that a batch is too long.
            data = data.first(std::min(data.size(), batch_bytes_max + 1));
            bytes.insert(bytes.end(), data.begin(), data.end());
            rows.push_back({static_cast<std::uint64_t>(row.number(column::sequence)), data.size()});
            if (std::string found = violation_of(row, next_transfer); !found.empty())
                altered.push_back({rows.back().sequence, std::move(found)});
            next_transfer = row.number(column::next_transfer);
        }
        row.reset();
        return is_end;
    }

    // Returns false when the visitor has had enough.
    bool visit_all(const Visitor& visit) const {
        std::span<const std::byte> rest = bytes;
        for (const Row& row : rows) {
            if (!visit(row.sequence, rest.first(row.bytes))) return false;
            rest = rest.subspan(row.bytes);
        }
        return true;
    }
};

SqliteJournalReader::SqliteJournalReader(const std::filesystem::path& directory)
    : directory_(directory) {
    find_new_segments();
}

SqliteJournalReader::~SqliteJournalReader() = default;

void SqliteJournalReader::find_new_segments() {
    if (numbers_.empty()) numbers_ = list_segments(directory_);
    // Later numbers are asked for one by one: listing the directory for every look would be slower
    // than the look.
    std::error_code error;
    while (!numbers_.empty() &&
           std::filesystem::exists(segment_path(directory_, numbers_.back() + 1), error))
        numbers_.push_back(numbers_.back() + 1);
    open_.resize(numbers_.size());
    beginnings_.resize(numbers_.size());
}

SqliteJournalReader::Segment& SqliteJournalReader::open(std::size_t index) {
    if (!open_[index]) {
        const auto is_open = [](const auto& segment) { return segment != nullptr; };
        if (std::count_if(open_.begin(), open_.end(), is_open) >=
            static_cast<std::ptrdiff_t>(open_segments_max))
            // All at once, not the oldest: who reads old transfers jumps about, and a scan goes on
            // to the next anyway.
            std::fill(open_.begin(), open_.end(), nullptr);
        open_[index] = std::make_unique<Segment>(segment_path(directory_, numbers_[index]));
    }
    return *open_[index];
}

std::uint64_t SqliteJournalReader::last_sequence() {
    find_new_segments();
    // From the back: the newest file is empty right after a rotation.
    for (std::size_t index = numbers_.size(); index-- > 0;)
        if (const std::uint64_t last = open(index).last_sequence(); last != 0) return last;
    return 0;
}

const SqliteJournalReader::Beginning* SqliteJournalReader::beginning(std::size_t index) {
    if (!beginnings_[index]) beginnings_[index] = open(index).beginning();
    return beginnings_[index] ? &*beginnings_[index] : nullptr;
}

std::optional<std::size_t> SqliteJournalReader::last_segment_where(
    const std::function<bool(const Beginning&)>& begins_early_enough) {
    find_new_segments();
    std::size_t low = 0;
    std::size_t high = numbers_.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const Beginning* const begins = beginning(middle);
        // A file without rows is at the end, so it counts as beginning too late.
        if (begins != nullptr && begins_early_enough(*begins))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return std::nullopt;
    return low - 1;
}

void SqliteJournalReader::scan(std::uint64_t first, const Visitor& visit) {
    const auto start =
        last_segment_where([first](const Beginning& begins) { return begins.sequence <= first; });
    std::uint64_t next = first;
    Page page;
    for (std::size_t index = start.value_or(0); index < numbers_.size();) {
        // Asked before the rows are read: once there is a next segment, this one is complete.
        find_new_segments();
        // Asked before the read. A file that was followed by another one gets no more rows, so its
        // end is an end.
        const bool is_last = index + 1 == numbers_.size();
        const bool is_end = page.read(open(index), next);
        if (!page.rows.empty()) next = page.rows.back().sequence + 1;
        note_altered(page);
        if (!page.visit_all(visit)) return;
        if (!is_end) continue;
        if (is_last) return;
        ++index;
    }
}

void SqliteJournalReader::note_altered(const Page& page) {
    for (const AlteredRow& row : page.altered) {
        const bool is_known =
            // The same row is read by many scans; it is told of once.
            std::any_of(altered_rows_.begin(), altered_rows_.end(),
                        [&](const AlteredRow& known) { return known.sequence == row.sequence; });
        if (!is_known && altered_rows_.size() < altered_rows_max) altered_rows_.push_back(row);
    }
}

void SqliteJournalReader::fail_search(std::size_t index, TransferId id) const {
    throw StoreError(
        fmt::format("{}: transfer {} is not where the columns of its batches say, they were "
                    "altered; stop the server and run tuma audit",
                    segment_path(directory_, numbers_[index]).string(), id.value));
}

// The last batch of a segment that begins at or before `id`: earlier ones with the same first
// transfer hold no transfers at all.
std::uint64_t SqliteJournalReader::find_row(std::size_t index, TransferId id, std::uint64_t end) {
    Segment& segment = open(index);
    std::uint64_t low = beginning(index)->sequence;
    std::uint64_t high = end;
    while (high - low > 1) {
        // Batches are numbered without gaps within a file, so numbers can be halved like places.
        const std::uint64_t middle = low + (high - low) / 2;
        const auto transfers = segment.transfers_of(middle);
        if (!transfers) fail_hole(segment_path(directory_, numbers_[index]), middle);
        // The search goes by the columns. They are checked against the batch's bytes before anybody
        // believes the result.
        (transfers->first <= id ? low : high) = middle;
    }
    return low;
}

// The columns lead to a row; whether it is the right one its bytes say.
std::vector<std::byte> SqliteJournalReader::batch_of(TransferId id) {
    const auto index =
        last_segment_where([id](const Beginning& begins) { return begins.first_transfer <= id; });
    if (!index) {
        // A number before the first batch of the first file can only be a search led astray.
        if (id && !numbers_.empty() && beginning(0) != nullptr) fail_search(0, id);
        return {};
    }
    const std::uint64_t end = open(*index).last_sequence() + 1;
    const std::uint64_t sequence = find_row(*index, id, end);
    const auto path = segment_path(directory_, numbers_[*index]);
    Page page;
    page.read(open(*index), sequence, 1);
    if (page.rows.empty() || page.rows.front().sequence != sequence) fail_hole(path, sequence);
    if (!page.altered.empty())
        throw StoreError(fmt::format("{}: batch {}: {}; stop the server and run tuma audit",
                                     path.string(), sequence, page.altered.front().sentence));
    BatchHeader header;
    // Too short for a header: whoever checks the batch says so.
    if (page.bytes.size() < sizeof header) return std::move(page.bytes);
    std::memcpy(&header, page.bytes.data(), sizeof header);
    if (header.first_transfer <= id && id < header.next_transfer) return std::move(page.bytes);
    // Behind the last batch nothing is known of the transfer; before its end it must be there.
    if (id < header.first_transfer || sequence + 1 != end) fail_search(*index, id);
    if (*index + 1 < numbers_.size() && beginning(*index + 1) != nullptr) fail_search(*index, id);
    return {};
}

}  // namespace tuma::ledger
