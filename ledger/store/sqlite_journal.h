// The journal in SQLite: one blob row a batch, segment files in the data directory.
#pragma once

#include "ledger/store/directory_lock.h"
#include "ledger/store/head_mark.h"
#include "ledger/store/journal_store.h"
#include "ledger/store/spare_descriptors.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tuma::ledger {

/// What trades rate against the longest stall and the size of files.
struct SqliteJournalOptions {
    /// The next segment file begins when this many bytes lie in the newest.
    std::uint64_t segment_bytes = 1ULL << 30U;
    /// A checkpoint is due when the write-ahead log has grown by this many pages.
    std::uint32_t checkpoint_pages = 200;
    /// Only for new segments; a power of two from 512 to 65536.
    std::uint32_t page_bytes = 16'384;
    /// Goes on although the head mark does not fit the journal, if the journal's last whole batch
    /// is this one, 0 for never. The mark remembers it.
    std::uint64_t accepted_end = 0;
};

/// Appends batches to segment files `journal-000001.sqlite`, … Exactly one connection writes and
/// checkpoints: SQLite before 3.51.3 may damage a log that two connections checkpoint
/// (sqlite.org/wal.html, "The WAL-Reset Bug").
class SqliteJournal final : public JournalStore {
public:
    /// Opens the newest segment in the locked directory, or makes the first. What a killed writer
    /// left in it is durable from then on. Books without a head mark, of earlier programs, get one.
    /// Requires: `lock` outlives the journal. Throws StoreError, also when files or the end of the
    /// journal are missing; nothing was changed then.
    explicit SqliteJournal(const DirectoryLock& lock, const SqliteJournalOptions& options = {});
    ~SqliteJournal() override;

    void append(std::span<const SealedBatch> batches) override;
    void maintain() override;
    Durability durability() const override { return Durability::local; }

    /// Sequence of the newest batch; 0 when there is none.
    std::uint64_t last_sequence() const { return last_sequence_; }

    /// What a person should know about the opening, or an empty text.
    const std::string& note() const { return note_; }

    /// Takes the torn last batch out. Requires: `sequence` is the last one, and the head mark never
    /// had it. Throws StoreError.
    void drop_from(std::uint64_t sequence);

private:
    struct Segment;

    /// The mark to go on from; refuses a journal that does not fit its own.
    HeadMark first_mark();
    /// Schema, remains in the log, and whether there is anything in it.
    void look_at_older(std::uint32_t number);
    void open_segment(std::uint32_t number);
    void make_log_durable();
    void mark_last_batch();
    void insert(const SealedBatch& batch);
    bool is_overdue() const;
    void rotate();

    std::filesystem::path directory_;
    SqliteJournalOptions options_;
    std::optional<HeadFile> head_;
    std::optional<SpareDescriptors> spares_;
    std::unique_ptr<Segment> segment_;
    std::uint64_t last_sequence_ = 0;
    bool has_failed_ = false;
    std::string note_;
};

/// Reads the segments beside a writer in this or another process, also after it was killed.
/// Never writes, never checkpoints, and keeps no read transaction while `visit` runs.
/// One thread at a time uses a reader.
class SqliteJournalReader final : public JournalReader {
public:
    /// Throws StoreError when the directory cannot be read.
    explicit SqliteJournalReader(const std::filesystem::path& directory);
    ~SqliteJournalReader() override;

    std::uint64_t last_sequence() override;
    void scan(std::uint64_t first, const Visitor& visit) override;
    std::span<const AlteredRow> altered_rows() const override { return altered_rows_; }
    std::vector<std::byte> batch_of(TransferId id) override;

private:
    struct Segment;
    struct Page;
    /// What a segment begins with; it never changes once it is there.
    struct Beginning {
        std::uint64_t sequence = 0;
        TransferId first_transfer;
    };

    void find_new_segments();
    Segment& open(std::size_t index);
    /// Null while the segment is empty.
    const Beginning* beginning(std::size_t index);
    std::optional<std::size_t> last_segment_where(
        const std::function<bool(const Beginning&)>& begins_early_enough);
    void note_altered(const Page& page);
    std::uint64_t find_row(std::size_t index, TransferId id, std::uint64_t end);
    [[noreturn]] void fail_search(std::size_t index, TransferId id) const;

    std::filesystem::path directory_;
    std::vector<std::uint32_t> numbers_;
    std::vector<std::unique_ptr<Segment>> open_;
    std::vector<std::optional<Beginning>> beginnings_;
    std::vector<AlteredRow> altered_rows_;
};

}  // namespace tuma::ledger
