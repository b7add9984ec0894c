// The journal in SQLite: durable, segmented, read beside its writer, honest about its errors.
#include "ledger/store/sqlite_journal.h"

#include "ledger/store/journal_end.h"
#include "tests/ledger/store/journal_files.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

using namespace tuma;
using namespace tuma::ledger;

TEST_CASE("sqlite journal: what is appended is there after opening again") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    BatchChain chain;
    {
        SqliteJournal journal(lock);
        CHECK(journal.last_sequence() == 0);
        CHECK(journal.durability() == Durability::local);
        journal.append(chain.next_many(3, 5));
        journal.append(chain.next_many(1, 0));
        journal.append({});
    }
    SqliteJournal journal(lock);
    CHECK(journal.last_sequence() == 4);
    journal.append(chain.next_many(2, 8190));
    SqliteJournalReader reader(dir.path());
    CHECK(reader.last_sequence() == 6);
    CHECK(shown(reader) == intact(1, 6));
    CHECK(shown(reader, 5) == intact(5, 6));
    CHECK(shown(reader, 7).empty());
}

TEST_CASE("sqlite journal: a visitor can stop a scan") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    BatchChain chain;
    SqliteJournal journal(lock);
    journal.append(chain.next_many(10, 1));
    SqliteJournalReader reader(dir.path());
    std::uint64_t last = 0;
    reader.scan(2, [&](std::uint64_t sequence, std::span<const std::byte>) {
        last = sequence;
        return sequence < 4;
    });
    CHECK(last == 4);
}

TEST_CASE("sqlite journal: rotates to new segments, and finds every batch and transfer in them") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    BatchChain chain;
    SqliteJournal journal(lock, small_segments);
    SqliteJournalReader reader(dir.path());
    std::vector<std::uint64_t> batch_of_transfer{0};
    for (std::uint64_t sequence = 1; sequence <= 60; ++sequence) {
        const std::size_t transfers = sequence % 3 == 0 ? 0 : 90;
        const SealedBatch batch = chain.next(transfers);
        journal.append(std::span{&batch, 1});
        batch_of_transfer.insert(batch_of_transfer.end(), transfers, sequence);
        journal.maintain();
        REQUIRE(reader.last_sequence() == sequence);
    }
    CHECK(list_segments(dir.path()).size() >= 4);
    CHECK(shown(reader) == intact(1, 60));
    SqliteJournalReader fresh(dir.path());
    for (std::uint64_t first = 1; first <= 60; ++first)
        REQUIRE(shown(fresh, first) == intact(first, 60));
    for (std::uint64_t id = 1; id < batch_of_transfer.size(); ++id) {
        const std::vector<std::byte> bytes = fresh.batch_of(TransferId{id});
        REQUIRE_FALSE(bytes.empty());
        REQUIRE(check_batch(bytes, batch_of_transfer[id]).damage == BatchDamage::none);
    }
    CHECK(fresh.batch_of(TransferId{0}).empty());
    CHECK(fresh.batch_of(TransferId{batch_of_transfer.size()}).empty());
}

TEST_CASE("sqlite journal: a missing batch between others is an error, not an unknown transfer") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    BatchChain chain;
    {
        SqliteJournal journal(lock, small_segments);
        for (int i = 0; i < 30; ++i) journal.append(chain.next_many(1, 90));
    }
    SqlDatabase first(segment_path(dir.path(), 1), SqlAccess::read_write_create);
    first.execute("DELETE FROM batch WHERE sequence = 3");
    SqlDatabase second(segment_path(dir.path(), 2), SqlAccess::read_write_create);
    second.execute("DELETE FROM batch WHERE sequence = (SELECT min(sequence) FROM batch)");
    SqliteJournalReader reader(dir.path());
    std::size_t missing = 0;
    std::size_t unknown = 0;
    for (std::uint64_t id = 1; id <= 30 * 90; ++id) {
        try {
            if (reader.batch_of(TransferId{id}).empty()) ++unknown;
        } catch (const StoreError&) {
            ++missing;
        }
    }
    CHECK(missing >= 2 * 90);
    CHECK(unknown == 0);
    CHECK(has(message_of([&] { reader.batch_of(TransferId{2 * 90 + 1}); }), "around 3 "));
    CHECK(reader.batch_of(TransferId{30 * 90 + 1}).empty());
}

TEST_CASE("sqlite journal: without idle moments an append rotates and checkpoints by itself") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    BatchChain chain;
    SqliteJournal journal(lock, small_segments);
    for (int i = 0; i < 60; ++i) journal.append(chain.next_many(1, 90));
    CHECK(list_segments(dir.path()).size() >= 3);
    for (const std::uint32_t number : list_segments(dir.path()))
        CHECK(std::filesystem::file_size(segment_path(dir.path(), number)) < 400'000);
    SqliteJournalReader reader(dir.path());
    CHECK(shown(reader) == intact(1, 60));
}

TEST_CASE("sqlite journal: everything appended survives a process that dies") {
    const TemporaryDirectory dir;
    BatchChain chain;
    for (std::uint64_t round = 1; round <= 4; ++round) {
        const std::vector<SealedBatch> batches = chain.next_many(15, 40);
        const int code = in_own_process([&] {
            const DirectoryLock lock(dir.path());
            SqliteJournal journal(lock, small_segments);
            for (const SealedBatch& batch : batches) {
                journal.append(std::span{&batch, 1});
                if (batch.header.sequence % 4 == 0) journal.maintain();
            }
            _exit(0);
            return 0;
        });
        REQUIRE(code == 0);
        // Before anybody has repaired anything: the log lies there as the dead process left it.
        SqliteJournalReader reader(dir.path());
        CHECK(reader.last_sequence() == round * 15);
        CHECK(shown(reader) == intact(1, round * 15));
    }
    const DirectoryLock lock(dir.path());
    SqliteJournal journal(lock, small_segments);
    CHECK(journal.last_sequence() == 60);
}

TEST_CASE("sqlite journal: what a killed writer left is made durable by the next start") {
    const TemporaryDirectory dir;
    const int code = in_own_process([&] {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock);
        BatchChain chain;
        journal.append(chain.next_many(3, 5));
        _exit(0);
        return 0;
    });
    REQUIRE(code == 0);
    const TemporaryDirectory without_log;
    const auto copied = [&] {
        const auto segment = segment_path(without_log.path(), 1);
        std::filesystem::copy_file(segment_path(dir.path(), 1), segment,
                                   std::filesystem::copy_options::overwrite_existing);
        SqliteJournalReader reader(without_log.path());
        return reader.last_sequence();
    };
    CHECK(copied() == 0);
    const DirectoryLock lock(dir.path());
    const SqliteJournal journal(lock);
    CHECK(copied() == 3);
}

TEST_CASE("sqlite journal: a new segment that a crash left unfinished is used on") {
    for (const bool has_table : {false, true}) {
        CAPTURE(has_table);
        const TemporaryDirectory dir;
        const DirectoryLock lock(dir.path());
        BatchChain chain;
        SqliteJournal(lock).append(chain.next_many(3, 1));
        if (has_table) {
            SqlDatabase next(segment_path(dir.path(), 2), SqlAccess::read_write_create);
            prepare_segment(next, 16'384);
        } else {
            std::ofstream(segment_path(dir.path(), 2)).flush();
        }
        SqliteJournalReader reader(dir.path());
        CHECK(reader.last_sequence() == 3);
        CHECK(shown(reader) == intact(1, 3));
        CHECK_FALSE(reader.batch_of(TransferId{3}).empty());
        SqliteJournal journal(lock);
        CHECK(journal.last_sequence() == 3);
        journal.append(chain.next_many(2, 1));
        CHECK(shown(reader) == intact(1, 5));
        CHECK(reader.batch_of(TransferId{5}) ==
              SqliteJournalReader(dir.path()).batch_of(TransferId{5}));
    }
}

TEST_CASE("sqlite journal: a writer that is killed while it makes a segment strands nobody") {
    // At any moment, so at many; every third append here makes a segment.
    for (int delay_us = 5'000; delay_us < 65'000; delay_us += 3'000) {
        CAPTURE(delay_us);
        const TemporaryDirectory dir;
        BatchChain chain;
        const pid_t child = fork();
        if (child == 0) {
            // Ends the process as SIGKILL would: nothing is cleaned up.
            const itimerval fuse{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = delay_us}};
            setitimer(ITIMER_REAL, &fuse, nullptr);
            const DirectoryLock lock(dir.path());
            SqliteJournal journal(lock, small_segments);
            while (true) journal.append(chain.next_many(1, 500)), journal.maintain();
        }
        int status = 0;
        waitpid(child, &status, 0);
        REQUIRE(WIFSIGNALED(status));
        // First who only reads, as `tuma audit` does; then who goes on.
        CHECK_NOTHROW(require_journal_end(dir.path()));
        const DirectoryLock lock(dir.path());
        CHECK_NOTHROW(SqliteJournal{lock});
    }
}

TEST_CASE("sqlite journal: what a program left that was killed while it made a segment in place") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    BatchChain chain;
    SqliteJournal(lock).append(chain.next_many(3, 1));
    const auto path = segment_path(dir.path(), 2);
    const pid_t child = fork();
    if (child == 0) {
        // As older programs did, killed between the rollback journal and the end of the change.
        SqlDatabase next(path, SqlAccess::read_write_create);
        next.execute(
            "PRAGMA cache_spill=1;PRAGMA cache_size=1;BEGIN IMMEDIATE;CREATE TABLE batch(a)");
        next.execute(
            "INSERT INTO batch SELECT randomblob(3000) FROM "
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100) "
            "SELECT i FROM n)");
        kill(getpid(), SIGKILL);
    }
    waitpid(child, nullptr, 0);
    REQUIRE(std::filesystem::file_size(path.string() + "-journal") > 0);
    // Who only reads is told what helps.
    CHECK(has(message_of([&] { require_journal_end(dir.path()); }), "start tuma serve once"));
    SqliteJournal journal(lock);
    CHECK(journal.last_sequence() == 3);
    journal.append(chain.next_many(2, 1));
    SqliteJournalReader reader(dir.path());
    CHECK(shown(reader) == intact(1, 5));
}

TEST_CASE("sqlite journal: a torn last batch can be dropped, also from an older segment") {
    for (const bool is_rotated : {false, true}) {
        CAPTURE(is_rotated);
        const TemporaryDirectory dir;
        const DirectoryLock lock(dir.path());
        BatchChain chain;
        const std::vector<SealedBatch> batches = chain.next_many(4, 1);
        SqliteJournal(lock).append(std::span{batches}.first(3));
        const std::string head = content(head_path(dir.path()));
        SqliteJournal(lock).append(std::span{batches}.last(1));
        // Nobody was told of the fourth: the mark never had it.
        put_content(head_path(dir.path()), head);
        change(dir.path(), 1, "UPDATE batch SET data = substr(data, 1, 100) WHERE sequence = 4");
        if (is_rotated) std::ofstream(segment_path(dir.path(), 2)).flush();
        SqliteJournal journal(lock);
        journal.drop_from(4);
        CHECK(journal.last_sequence() == 3);
        SqliteJournalReader reader(dir.path());
        CHECK(shown(reader) == intact(1, 3));
        journal.append(std::span{batches}.last(1));
        CHECK(shown(reader) == intact(1, 4));
    }
}

TEST_CASE("sqlite journal: a reader sees whole prefixes while the writer appends and rotates") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    SqliteJournal journal(lock, small_segments);
    std::atomic<bool> is_done = false;
    std::atomic<std::uint64_t> durable = 0;
    std::thread writer([&] {
        BatchChain chain;
        for (std::uint64_t i = 1; i <= 300; ++i) {
            journal.append(chain.next_many(1, 20));
            durable = i;
            journal.maintain();
        }
        is_done = true;
    });
    SqliteJournalReader reader(dir.path());
    bool is_last_round = false;
    while (!is_last_round) {
        is_last_round = is_done;
        const std::uint64_t at_least = durable;
        const std::vector<std::string> lines = shown(reader);
        CHECK(lines.size() >= at_least);
        CHECK(lines == intact(1, lines.size()));
    }
    writer.join();
    CHECK(shown(reader) == intact(1, 300));
}

TEST_CASE("sqlite journal: a reader neither checkpoints nor removes the log, alive or dead") {
    const TemporaryDirectory dir;
    BatchChain chain;
    const std::vector<SealedBatch> batches = chain.next_many(5, 10);
    const auto file = segment_path(dir.path(), 1);
    auto log = file;
    log += "-wal";
    const auto read_all = [&] {
        const std::string file_before = content(file);
        const std::string log_before = content(log);
        REQUIRE_FALSE(log_before.empty());
        {
            SqliteJournalReader reader(dir.path());
            CHECK(shown(reader) == intact(1, 5));
        }
        CHECK(content(file) == file_before);
        CHECK(content(log) == log_before);
    };
    SUBCASE("beside a writer") {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock);
        journal.append(batches);
        read_all();
        journal.append(chain.next_many(1, 10));
        SqliteJournalReader reader(dir.path());
        CHECK(shown(reader) == intact(1, 6));
    }
    SUBCASE("after the writer died") {
        REQUIRE(in_own_process([&] {
                    const DirectoryLock lock(dir.path());
                    SqliteJournal journal(lock);
                    journal.append(batches);
                    // Not even the journal is closed, as when a process is killed.
                    _exit(0);
                    return 0;
                }) == 0);
        read_all();
        read_all();
    }
}

TEST_CASE("sqlite journal: a second owner of the directory is refused with the first one's pid") {
    const TemporaryDirectory dir;
    {
        const DirectoryLock lock(dir.path());
        const std::string message = message_of([&] { const DirectoryLock second(dir.path()); });
        CHECK(has(message, dir.path().string()));
        CHECK(has(message, "process " + std::to_string(getpid())));
        CHECK(in_own_process([&] {
                  return has(message_of([&] { const DirectoryLock second(dir.path()); }),
                             "uses this data directory")
                             ? 3
                             : 4;
              }) == 3);
    }
    const DirectoryLock again(dir.path());
    CHECK(again.directory() == dir.path());
}

TEST_CASE("sqlite journal: a full disk is a clear error, and nothing acknowledged is lost") {
    const TemporaryDirectory dir;
    const int acknowledged = in_own_process([&] {
        static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock);
        const rlimit limit{600'000, 600'000};
        setrlimit(RLIMIT_FSIZE, &limit);
        BatchChain chain;
        int count = 0;
        const std::string message = message_of([&] {
            for (; count < 200; ++count) {
                journal.append(chain.next_many(1, 100));
                journal.maintain();
            }
        });
        if (has(message, "free space") && has(message, "journal-000001.sqlite")) return count;
        static_cast<void>(std::fprintf(stderr, "%s\n", message.c_str()));
        return 250;
    });
    REQUIRE(acknowledged > 5);
    REQUIRE(acknowledged < 200);
    const DirectoryLock lock(dir.path());
    SqliteJournalReader reader(dir.path());
    const std::uint64_t stored = reader.last_sequence();
    // The append that failed may have reached the disk; nobody was told that it did.
    CHECK(stored >= static_cast<std::uint64_t>(acknowledged));
    CHECK(stored <= static_cast<std::uint64_t>(acknowledged) + 1);
    CHECK(shown(reader) == intact(1, stored));
    SqliteJournal journal(lock);
    CHECK(journal.last_sequence() == stored);
}

TEST_CASE("sqlite journal: the next segment can be opened when others hold all file descriptors") {
    const TemporaryDirectory dir;
    const int code = in_own_process([&] {
        const rlimit limit{64, 64};
        setrlimit(RLIMIT_NOFILE, &limit);
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock, small_segments);
        BatchChain chain;
        journal.append(chain.next_many(1, 90));
        for (int round = 0; round < 3; ++round) {
            while (dup(0) >= 0) continue;
            for (int i = 0; i < 10; ++i) {
                journal.append(chain.next_many(1, 90));
                journal.maintain();
            }
        }
        return 3;
    });
    CHECK(code == 3);
    CHECK(list_segments(dir.path()).size() >= 4);
    SqliteJournalReader reader(dir.path());
    CHECK(shown(reader) == intact(1, 31));
}

TEST_CASE("sqlite journal: what cannot be opened says which file and what to do") {
    const TemporaryDirectory dir;
    CHECK(has(message_of([&] { SqliteJournalReader reader(dir.path() / "none"); }), "--data=DIR"));
    std::ofstream(dir.path() / "file") << "x";
    CHECK(has(message_of([&] { const DirectoryLock lock(dir.path() / "file"); }), "--data=DIR"));
    CHECK(has(message_of([] { const DirectoryLock lock("/proc/self"); }), "/proc/self"));

    const DirectoryLock lock(dir.path());
    std::ofstream(segment_path(dir.path(), 1)) << std::string(20'000, 'x');
    const std::string not_a_database = message_of([&] { SqliteJournal journal(lock); });
    CHECK(has(not_a_database, "journal-000001.sqlite"));
    CHECK(has(not_a_database, "restore the file from a copy"));
    CHECK(message_of([&] { SqliteJournalReader(dir.path()).last_sequence(); }) == not_a_database);

    std::filesystem::remove(segment_path(dir.path(), 1));
    {
        SqlDatabase newer(segment_path(dir.path(), 1), SqlAccess::read_write_create);
        newer.execute("PRAGMA user_version=3");
    }
    CHECK(has(message_of([&] { SqliteJournal journal(lock); }), "newer program"));
}
