// Recovery: which snapshot, then batch after batch.
#include "ledger/store/recovery.h"

#include "ledger/store/checked_batches.h"
#include "ledger/store/journal_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::ledger {
namespace {

[[noreturn]] void stop_start(std::uint64_t sequence, std::string_view found) {
    // The remedy first, then the check: most people meet this once, and in a hurry.
    throw RecoveryError(
        fmt::format("batch {} of the journal: {}; restore the journal's file from a copy, and run "
                    "tuma audit --data=DIR to see what is intact",
                    sequence, found));
}

// The newest snapshot that verifies, or a fresh state; the others leave a note.
Recovered newest_valid(const SnapshotFolder& snapshots, const StateLimits& limits,
                       const RecoveryOptions& options) {
    std::vector<std::string> notes;
    const auto files = options.use_snapshots ? snapshots.list() : std::vector<SnapshotFile>{};
    for (const SnapshotFile& file : files) {
        // An audit asks for the state at an older batch; what is newer does not help it.
        if (file.sequence > options.up_to_sequence) continue;
        try {
            State state = snapshots.load(file.path, limits);
            return {std::move(state), file.sequence, 0, 0, std::nullopt, std::move(notes)};
        } catch (const SnapshotError& error) {
            // A broken snapshot costs time, not data: the journal has everything that was in it.
            notes.push_back(fmt::format("snapshot skipped: {}", error.what()));
        }
    }
    return {State(limits), 0, 0, 0, std::nullopt, std::move(notes)};
}

[[noreturn]] void fail_full(std::size_t accounts_max) {
    // The limit is a setting, so the sentence names the flag; nothing is wrong with the books.
    throw RecoveryError(fmt::format(
        "the journal has more accounts than --accounts={} allows; start with a larger --accounts",
        accounts_max));
}

// Applies checked batches in order and finds what does not fit.
class Replay {
public:
    Replay(Recovered& recovered, std::uint64_t first) : recovered_(recovered), expected_(first) {}

    void apply(const CheckedBatch& batch) {
        // A gap is found before anything is applied across it.
        if (batch.sequence != expected_) fail_missing(batch.sequence);
        // Only the last batch can be torn. One in the middle was followed by a later write, so its
        // end was there once.
        if (recovered_.torn_sequence)
            stop_start(*recovered_.torn_sequence,
                       fmt::format("{}, but batch {} follows", torn_reason_, batch.sequence));
        ++expected_;
        if (batch.check.damage == BatchDamage::corrupted)
            stop_start(batch.sequence, batch.check.reason);
        // Remembered and not applied: whether it really was the last is known with the next one, or
        // with the end.
        if (batch.check.damage == BatchDamage::torn) {
            recovered_.torn_sequence = batch.sequence;
            torn_reason_ = batch.check.reason;
            return;
        }
        // The snapshot holds this batch's effects already; it is read for its hash alone.
        if (batch.sequence == recovered_.state.position.sequence) {
            compare_with_snapshot(batch);
            return;
        }
        if (const auto violation = recovered_.state.replay(batch.check.view)) {
            const Books& books = recovered_.state.books;
            // A full state refuses the next account like damage would; people should not look for
            // damage.
            if (books.account_count() == books.accounts_max()) fail_full(books.accounts_max());
            stop_start(batch.sequence, *violation);
        }
        ++recovered_.batches_replayed;
        recovered_.events_replayed += batch.check.view.header.event_count;
    }

    const std::string& torn_reason() const { return torn_reason_; }

private:
    [[noreturn]] void fail_missing(std::uint64_t found) const {
        stop_start(expected_, fmt::format("is missing, the next one there is {}", found));
    }

    void compare_with_snapshot(const CheckedBatch& batch) const {
        // The hash of a batch covers all before it, so one comparison proves that both have the
        // same past.
        if (batch.check.view.hash != recovered_.state.position.hash)
            stop_start(batch.sequence,
                       "is not the batch that the snapshot was made of; journal and snapshot come "
                       "from different runs");
    }

    Recovered& recovered_;
    std::uint64_t expected_;
    std::string torn_reason_;
};

[[noreturn]] void fail_lost_tail(std::uint64_t snapshot, std::uint64_t last) {
    const bool is_one = last + 1 == snapshot;
    throw RecoveryError(fmt::format(
        "{} of the journal: {} missing, a snapshot has {}; acknowledged data is "
        "gone; restore the journal's files from a copy, and run tuma audit --data=DIR to see what "
        "is intact; if there is no copy, remove the snapshots of later batches than {}, and what "
        "is missing is lost for good",
        range_text("batch", "batches", last + 1, snapshot), is_one ? "is" : "are",
        is_one ? "it" : "them", last));
}

void replay_from(JournalReader& reader, std::uint64_t first, const RecoveryOptions& options,
                 Recovered& recovered) {
    Replay replay(recovered, first);
    // Reading and hashing go on ahead on another thread, so that the fold waits for neither.
    CheckedBatches batches(reader, first, options.up_to_sequence);
    while (const auto chunk = batches.take()) {
        for (const CheckedBatch& batch : chunk->batches) replay.apply(batch);
        // Progress a chunk, not a batch: printing must cost nothing.
        if (options.progress)
            options.progress(recovered.state.position.sequence, recovered.events_replayed);
        if (options.stop.stop_requested()) return;
    }
    // Asked at the end: the columns of rows decide nothing here, but a writer after us would search
    // by them.
    for (const AlteredRow& row : reader.altered_rows())
        if (row.sequence != recovered.torn_sequence) stop_start(row.sequence, row.sentence);
    // The caller drops it from the disk: this function reads only.
    if (!recovered.torn_sequence) return;
    // A snapshot is made of durable batches alone. If it has more than the journal, the journal has
    // lost some.
    if (*recovered.torn_sequence <= recovered.snapshot_sequence)
        fail_lost_tail(recovered.snapshot_sequence, *recovered.torn_sequence - 1);
    recovered.notes.push_back(
        fmt::format("batch {} is torn ({}); its write never finished, nobody was told of it, "
                    "and it is dropped",
                    *recovered.torn_sequence, replay.torn_reason()));
}

}  // namespace

Recovered recover(JournalReader& reader, const SnapshotFolder& snapshots, const StateLimits& limits,
                  const RecoveryOptions& options) {
    Recovered recovered = newest_valid(snapshots, limits, options);
    const std::uint64_t snapshot = recovered.snapshot_sequence;
    if (const std::uint64_t last = reader.last_sequence(); last < snapshot)
        fail_lost_tail(snapshot, last);
    // The snapshot's own batch is read once more, to see that the two belong together.
    replay_from(reader, std::max<std::uint64_t>(snapshot, 1), options, recovered);
    return recovered;
}

}  // namespace tuma::ledger
