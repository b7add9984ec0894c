// The writing side of the SQLite journal.
#include "ledger/store/sqlite_journal.h"

#include "ledger/store/file_bytes.h"
#include "ledger/store/journal_end.h"
#include "ledger/store/journal_segment.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace tuma::ledger {
namespace {

// With nobody ever idle, an append first does the housekeeping that is this many times overdue.
constexpr std::uint32_t overdue_factor = 8;

// A new segment: file, log, shared memory, the log before there is one, the directory to sync.
constexpr std::size_t descriptors_of_segment = 5;

}  // namespace

struct SqliteJournal::Segment {
    Segment(const std::filesystem::path& path, std::uint32_t page_bytes)
        : database((make_segment(path, page_bytes), path), SqlAccess::read_write_create) {
        prepare_segment(database, page_bytes);
        begin.emplace(database, "BEGIN IMMEDIATE");
        // Prepared once, so that no append parses SQL.
        insert.emplace(database, "INSERT INTO batch VALUES(?,?,?,?,?,?)");
        commit.emplace(database, "COMMIT");
        // Taken from the file system, because a batch in the log is in the file only later.
        bytes = size_or_zero(path) + size_or_zero(log_path(path));
        sqlite3_wal_hook(database.handle(), &Segment::note_log_pages, this);
    }

    static int note_log_pages(void* segment, sqlite3*, const char*, int pages) {
        auto& self = *static_cast<Segment*>(segment);
        const auto now = static_cast<std::uint32_t>(pages);
        // Once all of the log has been copied, the next commit starts it from the front.
        if (now < self.log_pages) self.copied_pages = 0;
        self.log_pages = now;
        return SQLITE_OK;
    }

    // Copies the log into the file as far as readers let it. Throws StoreError.
    void checkpoint(int mode) {
        int in_log = 0;
        int copied = 0;
        const int result =
            sqlite3_wal_checkpoint_v2(database.handle(), nullptr, mode, &in_log, &copied);
        // Busy means that a reader holds a part of the log; the rest is copied the next time.
        if (result != SQLITE_OK && result != SQLITE_BUSY) database.fail(result, "checkpoint");
        log_pages = static_cast<std::uint32_t>(std::max(in_log, 0));
        copied_pages = static_cast<std::uint32_t>(std::max(copied, 0));
    }

    SqlDatabase database;
    std::optional<SqlStatement> begin;
    std::optional<SqlStatement> insert;
    std::optional<SqlStatement> commit;
    std::uint32_t number = 0;
    std::uint64_t bytes = 0;         // in the file and its log, roughly
    std::uint32_t log_pages = 0;     // in the log since it last started from the front
    std::uint32_t copied_pages = 0;  // of these, copied into the file
};

SqliteJournal::SqliteJournal(const DirectoryLock& lock, const SqliteJournalOptions& options)
    : directory_(lock.directory()), options_(options) {
    const std::vector<std::uint32_t> numbers = list_segments(directory_);
    require_segments(directory_, numbers);
    if (!numbers.empty()) undo_unfinished(segment_path(directory_, numbers.back()));
    head_.emplace(directory_, first_mark());
    // From here on a mark that is gone was removed: the first file and the newest say so.
    for (std::size_t i = 0; i + 1 < numbers.size(); ++i) look_at_older(numbers[i]);
    open_segment(numbers.empty() ? 1 : numbers.back());
    make_log_durable();
    note_head_mark(segment_->database);
    mark_last_batch();
    spares_.emplace(descriptors_of_segment);
}

HeadMark SqliteJournal::first_mark() {
    const std::optional<HeadMark> mark = read_head(directory_);
    SqliteJournalReader reader(directory_);
    const JournalEnd end = compare_with_mark(directory_, reader, mark);
    // Books without trouble, old or new, go on with the mark that is there.
    if (end.difference.empty()) return mark.value_or(HeadMark{});
    // The batch has to be named by number, so that nobody accepts another loss than the one that
    // was shown.
    if (end.last_sequence == 0 || options_.accepted_end != end.last_sequence)
        throw StoreError(refusal_of(end, directory_));
    HeadMark accepted;
    // Counted for ever: an audit says that something was lost, even years later.
    accepted.acceptances = (mark ? mark->acceptances : 0) + 1;
    accepted.accepted_end = end.last_sequence;
    accepted.accepted_mark = mark ? mark->sequence : 0;
    HeadFile::replace(directory_, accepted);
    note_ = fmt::format("{}; accepted, batch {} is the journal's end", end.difference,
                        end.last_sequence);
    return accepted;
}

void SqliteJournal::look_at_older(std::uint32_t number) {
    const auto path = segment_path(directory_, number);
    Segment segment(path, options_.page_bytes);
    require_batch(segment.database);
    if (number == 1) note_head_mark(segment.database);
    // A reader may have been in the way when it was closed.
    if (size_or_zero(log_path(path)) != 0) segment.checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

// A killed writer may have come no further than the batch. One that is damaged is left to recovery.
void SqliteJournal::mark_last_batch() {
    SqliteJournalReader reader(directory_);
    last_sequence_ = reader.last_sequence();
    if (last_sequence_ == 0) return;
    reader.scan(last_sequence_, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        // A damaged batch is not marked, because the mark would vouch for it.
        const BatchCheck check = check_batch(bytes, sequence);
        if (check.damage == BatchDamage::none)
            head_->write(check.view.header, check.view.hash, segment_->number);
        return false;
    });
}

SqliteJournal::~SqliteJournal() = default;

void SqliteJournal::open_segment(std::uint32_t number) {
    auto segment = std::make_unique<Segment>(segment_path(directory_, number), options_.page_bytes);
    segment->number = number;
    segment_ = std::move(segment);
}

// A writer that was killed may have left a commit in the log that was never synced. It is about to
// be acted on (retries are answered from it, snapshots are made of it) without another append.
void SqliteJournal::make_log_durable() {
    const auto log = log_path(segment_path(directory_, segment_->number));
    // Without this a commit that was never synced could be answered from and then lost.
    if (size_or_zero(log) != 0) FileHandle::open(log).sync();
    // After a failed sync only bytes that are written anew are known to reach the disk.
    segment_->checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

void SqliteJournal::append(std::span<const SealedBatch> batches) {
    // Said before anything is done: after a failure nobody knows what is on the disk, and nothing
    // may be appended to that.
    ensure(!has_failed_, "appending to a journal that has failed");
    if (batches.empty()) return;
    // Cleared at the end. An exception on the way leaves it set, and no catch is needed.
    has_failed_ = true;
    if (is_overdue()) maintain();
    // After an error the disk is not to be trusted: closing must not copy the log.
    sqlite3_db_config(segment_->database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // One transaction and so one sync for all batches that wait: that is what makes the rate.
    segment_->begin->run();
    for (const SealedBatch& batch : batches) insert(batch);
    segment_->commit->run();
    sqlite3_db_config(segment_->database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    // After the commit, never before: a mark ahead of the journal would call a healthy journal cut.
    head_->write(batches.back().header, batches.back().hash, segment_->number);
    has_failed_ = false;
}

void SqliteJournal::insert(const SealedBatch& batch) {
    // Replay stops at a gap, so a gap must never reach the disk.
    ensure(batch.header.sequence == last_sequence_ + 1, "batches are appended without gaps");
    SqlStatement& row = *segment_->insert;
    row.bind(1, batch.header.sequence);
    row.bind(2, batch.header.first_transfer.value);
    row.bind(3, batch.header.next_transfer.value);
    row.bind(4, batch.header.time_us);
    row.bind(5, batch.header.event_count);
    row.bind_blob(6, batch.bytes);
    row.run();
    last_sequence_ = batch.header.sequence;
    segment_->bytes += batch.bytes.size();
}

bool SqliteJournal::is_overdue() const {
    // Housekeeping is done when nobody waits. Under constant load somebody always does, and then it
    // is done when it has become too much.
    return segment_->log_pages - segment_->copied_pages >=
               options_.checkpoint_pages * overdue_factor ||
           segment_->bytes >= 2 * options_.segment_bytes;
}

void SqliteJournal::maintain() {
    if (segment_->bytes >= options_.segment_bytes)
        rotate();
    else if (segment_->log_pages - segment_->copied_pages >= options_.checkpoint_pages)
        segment_->checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

void SqliteJournal::rotate() {
    // No waiting for readers: what they keep in the log is copied at the next start.
    // A reader that sleeps in a transaction must not stop the switch from acknowledging.
    sqlite3_busy_timeout(segment_->database.handle(), 0);
    segment_->checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
    // The new file needs descriptors at a moment when connections may have taken all of them.
    spares_->release();
    open_segment(segment_->number + 1);
    spares_->take();
}

void SqliteJournal::drop_from(std::uint64_t sequence) {
    ensure(sequence == last_sequence_ && sequence != 0, "only the last batch can be dropped");
    // The mark says what clients were told; a batch that it has may not disappear.
    ensure(head_->mark().sequence < sequence, "what was acknowledged is never dropped");
    const auto drop = [sequence](Segment& segment) {
        SqlStatement remove(segment.database, "DELETE FROM batch WHERE sequence = ?");
        remove.bind(1, sequence);
        remove.run();
        return sqlite3_changes(segment.database.handle()) != 0;
    };
    // No row was removed, so it is not in this file.
    if (!drop(*segment_)) {
        // A crash right after a rotation leaves the newest segment empty.
        const std::vector<std::uint32_t> numbers = list_segments(directory_);
        ensure(numbers.size() >= 2, "the last batch is in one of the segments");
        Segment previous(segment_path(directory_, numbers[numbers.size() - 2]),
                         options_.page_bytes);
        drop(previous);
    }
    last_sequence_ = sequence - 1;
}

}  // namespace tuma::ledger
