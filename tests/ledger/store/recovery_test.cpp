// Snapshots and recovery: same state by every way, and what each damage leads to.
#include "ledger/store/recovery.h"

#include "ledger/store/memory_journal.h"
#include "ledger/store/snapshot_builder.h"
#include "ledger/store/sql.h"
#include "ledger/store/sqlite_journal.h"
#include "tests/ledger/history.h"
#include "tests/ledger/store/other_version.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fstream>

using namespace tuma;
using namespace tuma::ledger;

namespace {

const StateLimits limits = History::small();

std::uintmax_t size_of(const std::filesystem::path& path) {
    return std::filesystem::file_size(path);
}

void flip_byte(const std::filesystem::path& path, std::uintmax_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto old = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(old ^ 0x10));
}

// A history of twelve batches in memory, with the state after each.
struct Story {
    Story() : history(journal, 11) {
        history.open(40);
        for (int i = 0; i < 11; ++i) history.batch(60);
    }
    MemoryJournal journal;
    History history;
};

Recovered recover_disk(MemoryDisk disk, const SnapshotFolder& snapshots,
                       const RecoveryOptions& options = {}) {
    MemoryJournal journal(std::move(disk));
    return recover(journal, snapshots, limits, options);
}

State state_at(const MemoryDisk& disk, std::uint64_t sequence) {
    const TemporaryDirectory none;
    RecoveryOptions options;
    options.up_to_sequence = sequence;
    return recover_disk(disk, SnapshotFolder(none.path()), options).state;
}

std::string error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const RecoveryError& error) {
        return error.what();
    } catch (const SnapshotError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("snapshot: what is loaded is what was saved, the position's hash included") {
    const TemporaryDirectory dir;
    Story story;
    SnapshotFolder snapshots(dir.path());
    const auto path = snapshots.save(story.history.state);
    CHECK(path.filename() == "snapshot-00000000000000000012.tuma");
    const State loaded = snapshots.load(path, limits);
    CHECK(loaded.hash() == story.history.state.hash());
    CHECK(loaded.position == story.history.state.position);
}

TEST_CASE("snapshot: the newest two are kept, strangers are left alone") {
    const TemporaryDirectory dir;
    Story story;
    SnapshotFolder snapshots(dir.path());
    std::ofstream(dir.path() / "snapshot-notes.tuma") << "mine";
    std::ofstream(dir.path() / "snapshot-00000000000000000003.tuma.partial") << "half";
    const MemoryDisk disk = story.journal.disk();
    for (const std::uint64_t sequence : {2U, 9U, 5U, 12U}) snapshots.save(state_at(disk, sequence));
    const auto files = snapshots.list();
    REQUIRE(files.size() == 2);
    CHECK(files[0].sequence == 12);
    CHECK(files[1].sequence == 9);
    snapshots.remove_partial();
    CHECK(std::filesystem::exists(dir.path() / "snapshot-notes.tuma"));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "snapshot-00000000000000000003.tuma.partial"));
    CHECK(snapshots.list().size() == 2);
}

TEST_CASE("snapshot: every flipped byte and every cut is found before the state is used") {
    const TemporaryDirectory dir;
    MemoryJournal journal;
    History history(journal, 3);
    history.open(3);
    history.batch(20);
    SnapshotFolder snapshots(dir.path());
    const auto path = snapshots.save(history.state);
    const std::uintmax_t size = size_of(path);
    const std::uintmax_t step = std::max<std::uintmax_t>(1, size / 400);
    for (std::uintmax_t offset = 0; offset < size; offset += offset < 100 ? 1 : step) {
        CAPTURE(offset);
        flip_byte(path, offset);
        const std::string found =
            error_of([&] { static_cast<void>(snapshots.load(path, limits)); });
        CHECK(has(found, path.string()));
        // Whatever the altered bytes seem to say: behind the magic, the hash is the reason.
        CHECK(has(found, offset < 4 ? "does not begin with" : "bytes were altered"));
        flip_byte(path, offset);
    }
    static_cast<void>(snapshots.load(path, limits));
    for (const std::uintmax_t cut : {size - 1, size / 2, std::uintmax_t{87}, std::uintmax_t{0}}) {
        CAPTURE(cut);
        std::filesystem::resize_file(path, cut);
        CHECK(
            has(error_of([&] { static_cast<void>(snapshots.load(path, limits)); }), path.string()));
    }
}

TEST_CASE("recovery: replay alone, and each snapshot with replay, give the same state") {
    Story story;
    const MemoryDisk disk = story.journal.disk();
    const Hash expected = story.history.state.hash();
    for (std::uint64_t sequence = 0; sequence <= disk.size(); ++sequence) {
        CAPTURE(sequence);
        const TemporaryDirectory dir;
        SnapshotFolder snapshots(dir.path());
        if (sequence != 0) snapshots.save(state_at(disk, sequence));
        const Recovered recovered = recover_disk(disk, snapshots);
        CHECK(recovered.state.hash() == expected);
        CHECK(recovered.state.position == story.history.state.position);
        CHECK(recovered.snapshot_sequence == sequence);
        CHECK(recovered.batches_replayed == disk.size() - sequence);
        CHECK_FALSE(recovered.torn_sequence.has_value());
        CHECK(recovered.notes.empty());
    }
}

TEST_CASE("recovery: a market with settlements under way is the same by every snapshot") {
    MemoryJournal journal;
    History history(journal, 12);
    history.open(4);
    history.open_market(5);
    for (int i = 0; i < 30; ++i) history.market_batch(40);
    REQUIRE(history.state.pending_settlements.next().has_value());
    REQUIRE(history.state.broken_invariants().empty());
    const MemoryDisk disk = journal.disk();
    for (std::uint64_t sequence = 0; sequence <= disk.size(); sequence += 4) {
        CAPTURE(sequence);
        const TemporaryDirectory dir;
        SnapshotFolder snapshots(dir.path());
        if (sequence != 0) snapshots.save(state_at(disk, sequence));
        const Recovered recovered = recover_disk(disk, snapshots);
        CHECK(recovered.snapshot_sequence == sequence);
        CHECK(recovered.state.hash() == history.state.hash());
        CHECK(recovered.state.broken_invariants().empty());
    }
}

TEST_CASE("recovery: an empty directory gives a fresh state") {
    const TemporaryDirectory dir;
    SqliteJournalReader reader(dir.path());
    const Recovered recovered = recover(reader, SnapshotFolder(dir.path()), limits);
    CHECK(recovered.state.position == Position{});
    CHECK(recovered.batches_replayed == 0);
}

TEST_CASE("recovery: a snapshot under another one's name is skipped with a note") {
    const TemporaryDirectory dir;
    Story story;
    const MemoryDisk disk = story.journal.disk();
    SnapshotFolder snapshots(dir.path());
    snapshots.save(state_at(disk, 4));
    const auto renamed = snapshots.save(state_at(disk, 5));
    std::filesystem::rename(renamed, dir.path() / "snapshot-00000000000000000009.tuma");

    const Recovered recovered = recover_disk(disk, snapshots);
    CHECK(recovered.snapshot_sequence == 4);
    CHECK(recovered.state.hash() == story.history.state.hash());
    REQUIRE(recovered.notes.size() == 1);
    CHECK(has(recovered.notes[0], "it is of batch 5, its name says another"));
}

TEST_CASE("recovery: a damaged snapshot is skipped with a note, the one before it is used") {
    const TemporaryDirectory dir;
    Story story;
    const MemoryDisk disk = story.journal.disk();
    SnapshotFolder snapshots(dir.path());
    snapshots.save(state_at(disk, 4));
    const auto newest = snapshots.save(state_at(disk, 9));
    flip_byte(newest, size_of(newest) / 2);
    Recovered recovered = recover_disk(disk, snapshots);
    CHECK(recovered.snapshot_sequence == 4);
    CHECK(recovered.state.hash() == story.history.state.hash());
    REQUIRE(recovered.notes.size() == 1);
    CHECK(has(recovered.notes[0], newest.string()));

    for (const SnapshotFile& file : snapshots.list()) std::filesystem::resize_file(file.path, 60);
    recovered = recover_disk(disk, snapshots);
    CHECK(recovered.snapshot_sequence == 0);
    CHECK(recovered.notes.size() == 2);
    CHECK(recovered.state.hash() == story.history.state.hash());
}

TEST_CASE("recovery: a whole snapshot of another version is skipped with a note that says so") {
    const TemporaryDirectory dir;
    Story story;
    SnapshotFolder snapshots(dir.path());
    const auto path = snapshots.save(story.history.state);
    give_version(path, 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(snapshots.load(path, limits)),
                         doctest::Contains("is of version 1, this program uses version 5"),
                         SnapshotVersionError);
    const Recovered recovered = recover_disk(story.journal.disk(), snapshots);
    CHECK(recovered.snapshot_sequence == 0);
    CHECK(recovered.state.hash() == story.history.state.hash());
    REQUIRE(recovered.notes.size() == 1);
    CHECK(has(recovered.notes[0], "snapshot skipped: "));
    CHECK(has(recovered.notes[0], "is of version 1"));
}

TEST_CASE("recovery: a torn last batch is reported and left out, whatever is left of it") {
    Story story;
    const TemporaryDirectory dir;
    SnapshotFolder snapshots(dir.path());
    const MemoryDisk disk = story.journal.disk();
    const State before = state_at(disk, 11);
    for (std::size_t cut = 0; cut < disk.back().size(); cut += 97) {
        CAPTURE(cut);
        const Recovered recovered = recover_disk(after_crash(disk, 0, cut), snapshots);
        REQUIRE(recovered.torn_sequence == std::optional<std::uint64_t>(12));
        CHECK(recovered.state.position.sequence == 11);
        REQUIRE(recovered.notes.size() == 1);
        CHECK(has(recovered.notes[0], "batch 12 is torn"));
    }
    CHECK(recover_disk(after_crash(disk, 0, 500), snapshots).state.hash() == before.hash());
}

TEST_CASE("recovery: any other damage stops the start with the batch and what to do") {
    Story story;
    const MemoryDisk good = story.journal.disk();
    MemoryJournal other_journal;
    History other(other_journal, 12);
    other.open(40);
    for (int i = 0; i < 11; ++i) other.batch(60);
    const MemoryDisk foreign = other_journal.disk();

    struct Row {
        const char* what;
        std::uint64_t snapshot;  // 0: none
        std::function<void(MemoryDisk&)> damage;
        const char* batch;
        const char* found;
    };
    const Row rows[] = {
        {"flipped bit in the middle", 0, [](MemoryDisk& disk) { disk[5][200] ^= std::byte{1}; },
         "batch 6 ", "stored hash"},
        {"flipped bit in the last", 0, [](MemoryDisk& disk) { disk[11][200] ^= std::byte{1}; },
         "batch 12 ", "stored hash"},
        {"torn in the middle", 0, [](MemoryDisk& disk) { disk[5].resize(300); }, "batch 6 ",
         "but batch 7 follows"},
        {"emptied in the middle", 0, [](MemoryDisk& disk) { disk[0].clear(); }, "batch 1 ",
         "but batch 2 follows"},
        {"two batches in each other's place", 0,
         [](MemoryDisk& disk) { std::swap(disk[3], disk[4]); }, "batch 4 ", "says batch 5"},
        {"a batch of another journal", 0, [&](MemoryDisk& disk) { disk[6] = foreign[6]; },
         "batch 7 ", "chain"},
        {"all of another journal behind the snapshot", 8, [&](MemoryDisk& disk) { disk = foreign; },
         "batch 8 ", "different runs"},
        {"snapshot newer than the journal's end", 9, [](MemoryDisk& disk) { disk.resize(7); },
         "batches 8 to 9 ", "acknowledged data is gone"},
        {"snapshot and no journal", 9, [](MemoryDisk& disk) { disk.clear(); }, "batches 1 to 9 ",
         "acknowledged data is gone"},
        {"the snapshot's own batch torn", 12, [](MemoryDisk& disk) { disk[11].resize(200); },
         "batch 12 ", "acknowledged data is gone"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const TemporaryDirectory dir;
        SnapshotFolder snapshots(dir.path());
        if (row.snapshot != 0) snapshots.save(state_at(good, row.snapshot));
        MemoryDisk disk = good;
        row.damage(disk);
        const std::string message = error_of([&] { recover_disk(disk, snapshots); });
        CAPTURE(message);
        CHECK(has(message, row.batch));
        CHECK(has(message, row.found));
        CHECK(has(message, "restore the journal's file"));
        CHECK(has(message, "tuma audit --data=DIR"));
    }
}

TEST_CASE("recovery: more accounts than the limit is told as that, not as damage") {
    const TemporaryDirectory directory;
    const Story story;
    StateLimits small = limits;
    small.accounts_max = 7;

    MemoryJournal journal(story.journal.disk());
    const std::string error = error_of(
        [&] { recover(journal, SnapshotFolder(directory.path()), small, RecoveryOptions{}); });

    CHECK(error.find("--accounts=7") != std::string::npos);
    CHECK(error.find("restore") == std::string::npos);
}

TEST_CASE("recovery: a batch missing from the table is named") {
    const TemporaryDirectory dir;
    {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock);
        History history(journal, 5);
        history.open(10);
        for (int i = 0; i < 5; ++i) history.batch(10);
    }
    {
        SqlDatabase database(dir.path() / "journal-000001.sqlite", SqlAccess::read_write_create);
        database.execute("DELETE FROM batch WHERE sequence=4");
    }
    SqliteJournalReader reader(dir.path());
    const std::string message =
        error_of([&] { recover(reader, SnapshotFolder(dir.path()), limits); });
    CHECK(has(message, "batch 4 "));
    CHECK(has(message, "is missing, the next one there is 5"));
}

TEST_CASE("recovery: progress counts up, and a stop ends it early") {
    Story story;
    const TemporaryDirectory dir;
    std::stop_source stop;
    std::uint64_t seen = 0;
    RecoveryOptions options;
    options.stop = stop.get_token();
    options.progress = [&](std::uint64_t sequence, std::uint64_t events) {
        CHECK(sequence > seen);
        CHECK(events >= sequence);
        seen = sequence;
    };
    CHECK(recover_disk(story.journal.disk(), SnapshotFolder(dir.path()), options)
              .state.position.sequence == 12);
    CHECK(seen == 12);
}

TEST_CASE("snapshot builder: advances from snapshot to snapshot, and does nothing when idle") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    SqliteJournal journal(lock);
    SqliteJournalReader reader(dir.path());
    SnapshotFolder snapshots(dir.path());
    History history(journal, 21);
    history.open(20);
    for (int i = 0; i < 9; ++i) history.batch(30);
    const std::stop_token never;
    CHECK(build_snapshot(reader, snapshots, limits, 6, never) == std::optional<std::uint64_t>(6));
    CHECK(build_snapshot(reader, snapshots, limits, 6, never) == std::nullopt);
    CHECK(build_snapshot(reader, snapshots, limits, 99, never) == std::optional<std::uint64_t>(10));
    const State loaded = snapshots.load(snapshots.list().front().path, limits);
    CHECK(loaded.hash() == history.state.hash());
    history.batch(5);
    std::stop_source stopped;
    stopped.request_stop();
    CHECK(build_snapshot(reader, snapshots, limits, 99, stopped.get_token()) == std::nullopt);
    CHECK(snapshots.list().front().sequence == 10);
}

TEST_CASE("recovery: whatever a crash does to what was not durable, nothing acknowledged is lost") {
    CHECK(rc::check("crashes", [](std::uint64_t seed) {
        std::mt19937_64 random(seed);
        const std::uint64_t failing = 2 + random() % 8;
        MemoryJournal journal(
            {.failing_append = failing, .stored_by_failing_append = random() % 2});
        History history(journal, seed);
        std::uint64_t acknowledged = 0;
        try {
            history.open(10);
            for (acknowledged = 1;; ++acknowledged) history.batch(10);
        } catch (const StoreError&) {
        }
        const std::size_t unsafe = journal.not_durable();
        const std::size_t lost = unsafe == 0 ? 0 : random() % (unsafe + 1);
        std::optional<std::size_t> torn_at;
        if (lost < unsafe && random() % 2 == 0) torn_at = random() % 200;
        const TemporaryDirectory dir;
        const Recovered recovered =
            recover_disk(after_crash(journal.disk(), lost, torn_at), SnapshotFolder(dir.path()));
        RC_ASSERT(recovered.state.position.sequence >= acknowledged);
        RC_ASSERT(recovered.torn_sequence.has_value() == torn_at.has_value());
        RC_ASSERT(recovered.state.books.broken_invariants().empty());
    }));
}
