// The reading side of the SQLite journal.
#include "ledger/journal_segment.h"
#include "ledger/sqlite_journal.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::size_t page_bytes_target = 4U << 20U;
constexpr std::size_t page_rows_max = 1024;
constexpr std::size_t open_segments_max = 8;

[[noreturn]] void fail_hole(const std::filesystem::path& path, std::uint64_t sequence) {
    throw StoreError(
        fmt::format("{} has batches around {} but not that one; stop the server and "
                    "run tuma audit",
                    path.string(), sequence));
}

}  // namespace

struct SqliteJournalReader::Segment {
    struct Transfers {
        TransferId first;
        TransferId next;
    };

    explicit Segment(const std::filesystem::path& path) : database(path, SqlAccess::read_only) {
        sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        database.execute("PRAGMA cache_size=-2048");
    }

    // False while the writer has only begun to make the file.
    bool is_ready() {
        if (rows) return true;
        if (!has_batch_table(database)) return false;
        first_row.emplace(database,
                          "SELECT sequence, first_transfer FROM batch ORDER BY sequence LIMIT 1");
        last_row.emplace(database, "SELECT max(sequence) FROM batch");
        transfers_of_row.emplace(
            database, "SELECT first_transfer, next_transfer FROM batch WHERE sequence = ?");
        rows.emplace(database,
                     "SELECT sequence, data FROM batch WHERE sequence >= ? ORDER BY sequence");
        return true;
    }

    // Zero when the segment is empty.
    std::uint64_t last_sequence() {
        if (!is_ready()) return 0;
        const bool is_row = last_row->step();
        const std::int64_t sequence = is_row ? last_row->number(0) : 0;
        last_row->reset();
        return static_cast<std::uint64_t>(sequence);
    }

    // What the segment begins with never changes once it is there; false when it is empty.
    bool find_first() {
        if (first_sequence != 0) return true;
        if (!is_ready()) return false;
        if (first_row->step()) {
            first_sequence = static_cast<std::uint64_t>(first_row->number(0));
            first_transfer.value = static_cast<std::uint64_t>(first_row->number(1));
        }
        first_row->reset();
        return first_sequence != 0;
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
    std::uint64_t first_sequence = 0;
    TransferId first_transfer;
};

// Rows copied out in one short read transaction.
struct SqliteJournalReader::Page {
    struct Row {
        std::uint64_t sequence;
        std::size_t bytes;
    };
    std::vector<std::byte> bytes;
    std::vector<Row> rows;

    // Returns true when the segment has no more rows.
    bool read(Segment& segment, std::uint64_t first) {
        bytes.clear();
        rows.clear();
        if (!segment.is_ready()) return true;
        segment.rows->bind(1, first);
        bool is_end = false;
        while (bytes.size() < page_bytes_target && rows.size() < page_rows_max) {
            is_end = !segment.rows->step();
            if (is_end) break;
            std::span<const std::byte> data = segment.rows->blob(1);
            // One byte too many is enough to see that a batch is too long.
            data = data.first(std::min(data.size(), batch_bytes_max + 1));
            bytes.insert(bytes.end(), data.begin(), data.end());
            rows.push_back({static_cast<std::uint64_t>(segment.rows->number(0)), data.size()});
        }
        segment.rows->reset();
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
    std::error_code error;
    while (!numbers_.empty() &&
           std::filesystem::exists(segment_path(directory_, numbers_.back() + 1), error))
        numbers_.push_back(numbers_.back() + 1);
    open_.resize(numbers_.size());
}

SqliteJournalReader::Segment& SqliteJournalReader::open(std::size_t index) {
    if (!open_[index]) {
        const auto is_open = [](const auto& segment) { return segment != nullptr; };
        if (std::count_if(open_.begin(), open_.end(), is_open) >=
            static_cast<std::ptrdiff_t>(open_segments_max))
            std::fill(open_.begin(), open_.end(), nullptr);
        open_[index] = std::make_unique<Segment>(segment_path(directory_, numbers_[index]));
    }
    return *open_[index];
}

std::uint64_t SqliteJournalReader::last_sequence() {
    find_new_segments();
    for (std::size_t index = numbers_.size(); index-- > 0;)
        if (const std::uint64_t last = open(index).last_sequence(); last != 0) return last;
    return 0;
}

std::optional<std::size_t> SqliteJournalReader::last_segment_where(
    const std::function<bool(const Segment&)>& begins_early_enough) {
    find_new_segments();
    std::size_t low = 0;
    std::size_t high = numbers_.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        Segment& segment = open(middle);
        if (segment.find_first() && begins_early_enough(segment))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return std::nullopt;
    return low - 1;
}

void SqliteJournalReader::scan(std::uint64_t first, const Visitor& visit) {
    const auto start = last_segment_where(
        [first](const Segment& segment) { return segment.first_sequence <= first; });
    std::uint64_t next = first;
    Page page;
    for (std::size_t index = start.value_or(0); index < numbers_.size();) {
        // Asked before the rows are read: once there is a next segment, this one is complete.
        find_new_segments();
        const bool is_last = index + 1 == numbers_.size();
        const bool is_end = page.read(open(index), next);
        if (!page.rows.empty()) next = page.rows.back().sequence + 1;
        if (!page.visit_all(visit)) return;
        if (!is_end) continue;
        if (is_last) return;
        ++index;
    }
}

std::vector<std::byte> SqliteJournalReader::batch_of(TransferId id) {
    const auto index =
        last_segment_where([id](const Segment& segment) { return segment.first_transfer <= id; });
    if (!index) return {};
    Segment& segment = open(*index);
    // The last batch that begins at or before `id`: earlier ones with the same first transfer
    // hold no transfers at all.
    std::uint64_t low = segment.first_sequence;
    std::uint64_t high = segment.last_sequence() + 1;
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto transfers = segment.transfers_of(middle);
        if (!transfers) fail_hole(segment_path(directory_, numbers_[*index]), middle);
        (transfers->first <= id ? low : high) = middle;
    }
    const auto transfers = segment.transfers_of(low);
    if (!transfers) fail_hole(segment_path(directory_, numbers_[*index]), low);
    if (id >= transfers->next && *index + 1 < numbers_.size()) {
        // Once there is a next segment, this one is complete.
        Segment& next = open(*index + 1);
        if (next.find_first() && id < next.first_transfer)
            fail_hole(segment_path(directory_, numbers_[*index + 1]), next.first_sequence - 1);
        return {};
    }
    if (id < transfers->first || id >= transfers->next) return {};
    segment.rows->bind(1, low);
    std::vector<std::byte> bytes;
    if (segment.rows->step()) {
        const std::span<const std::byte> data = segment.rows->blob(1);
        bytes.assign(data.begin(), data.end());
    }
    segment.rows->reset();
    return bytes;
}

}  // namespace tuma::ledger
