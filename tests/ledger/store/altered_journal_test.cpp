// What lies in a journal's files beside the batches' bytes: columns, triggers, views, schemas.
#include "ledger/audit/audit.h"
#include "ledger/store/recovery.h"
#include "tests/ledger/history.h"
#include "tests/ledger/store/journal_files.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace tuma;
using namespace tuma::ledger;

namespace {

// A journal of `batches` real batches.
struct Written {
    explicit Written(int batches = 6) {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock);
        History history(journal, 17);
        history.open(8);
        for (int i = 1; i < batches; ++i) history.batch(20);
        next_transfer = history.state.position.next_transfer;
    }
    void sql(const std::string& statement) const { change(dir.path(), 1, statement); }
    std::string refused_start() const {
        return message_of([&] {
            const DirectoryLock lock(dir.path());
            const SqliteJournal journal(lock);
            SqliteJournalReader reader(dir.path());
            recover(reader, SnapshotFolder(dir.path()), History::small());
        });
    }
    AuditReport audited() const {
        SqliteJournalReader reader(dir.path());
        return audit(reader, {.data_directory = dir.path(),
                              .acks = {},
                              .findings_max = 20,
                              .limits = History::small(),
                              .progress = nullptr});
    }

    TemporaryDirectory dir;
    TransferId next_transfer;
};

bool is_found(const AuditReport& report, std::string_view where, std::string_view part) {
    const auto& list = report.findings.list();
    return std::any_of(list.begin(), list.end(), [&](const Finding& one) {
        return one.kind == FindingKind::journal && one.where.find(where) != std::string::npos &&
               one.sentence.find(part) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("altered journal: an untouched one starts and is clean") {
    const Written written;
    CHECK(written.refused_start() == "nothing was thrown");
    CHECK(written.audited().is_clean());
}

TEST_CASE("altered journal: every column beside the bytes is compared with them") {
    for (const char* column : {"first_transfer", "next_transfer", "time_us", "events"})
        for (const char* value :
             {"{} + 1", "{} - 1", "0", "-1", "9000000000000000000", "{} + 0.5", "'x'", "x'00'"})
            for (const int sequence : {1, 3, 6}) {
                const std::string set = fmt::format(fmt::runtime(value), column);
                CAPTURE(column);
                CAPTURE(set);
                CAPTURE(sequence);
                const Written written;
                written.sql(fmt::format("UPDATE batch SET {} = {} WHERE sequence = {} AND {} <> {}",
                                        column, set, sequence, column, set));
                const std::string message = written.refused_start();
                // The first batch has the column that is set to what it was.
                if (message == "nothing was thrown") {
                    CHECK(set == "0");
                    CHECK(written.audited().is_clean());
                    continue;
                }
                CHECK(has(message, fmt::format("batch {} ", sequence)));
                CHECK(has(message, fmt::format("its column {} is ", column)));
                CHECK(has(message, "restore"));
                CHECK(is_found(written.audited(), fmt::format("batch {}", sequence), column));
            }
}

TEST_CASE("altered journal: whatever its columns say, a transfer is found or the search fails") {
    for (const char* column : {"first_transfer", "next_transfer"})
        for (const int sequence : {1, 2, 4, 6})
            for (const int by : {-1000, -7, -1, 1, 7, 1000}) {
                CAPTURE(column);
                CAPTURE(sequence);
                CAPTURE(by);
                const Written written;
                written.sql(fmt::format("UPDATE batch SET {0} = {0} + {1} WHERE sequence = {2}",
                                        column, by, sequence));
                SqliteJournalReader reader(written.dir.path());
                std::size_t found = 0;
                std::size_t failed = 0;
                for (std::uint64_t id = 1; id < written.next_transfer.value; ++id) {
                    try {
                        const std::vector<std::byte> bytes = reader.batch_of(TransferId{id});
                        REQUIRE_FALSE(bytes.empty());
                        BatchHeader header;
                        std::memcpy(&header, bytes.data(), sizeof header);
                        REQUIRE(header.first_transfer.value <= id);
                        REQUIRE(id < header.next_transfer.value);
                        ++found;
                    } catch (const StoreError& error) {
                        REQUIRE(has(error.what(), "run tuma audit"));
                        ++failed;
                    }
                }
                CHECK(failed > 0);
                CHECK(found + failed == written.next_transfer.value - 1);
            }
}

TEST_CASE("altered journal: anything in the schema but the journal's table is refused and found") {
    struct Row {
        const char* sql;
        const char* says;
    };
    constexpr Row rows[]{
        {"CREATE TRIGGER steal AFTER INSERT ON batch BEGIN DELETE FROM batch WHERE sequence < "
         "NEW.sequence; END",
         "holds the trigger \"steal\""},
        {"CREATE VIEW batches AS SELECT * FROM batch", "holds the view \"batches\""},
        {"CREATE INDEX by_time ON batch(time_us)", "holds the index \"by_time\""},
        {"CREATE TABLE notes(line TEXT)", "holds the table \"notes\""},
        {"CREATE VIRTUAL TABLE notes USING rtree(id, a, b)", "holds the table \"notes"},
        {"ALTER TABLE batch ADD COLUMN more INTEGER", "its table batch is not that of a journal"},
        {"ALTER TABLE batch RENAME COLUMN events TO facts",
         "its table batch is not that of a journal"},
        {"ALTER TABLE batch RENAME TO batches", "holds the table \"batches\""},
        {"ALTER TABLE batch RENAME TO kept; CREATE VIEW batch AS SELECT * FROM kept",
         "which no journal has"},
        {"DROP TABLE batch", "has not the table of a journal"},
        {"PRAGMA user_version=0", "has the table of a journal"},
        {"ANALYZE", "holds the table \"sqlite_stat1\""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sql);
        const Written written;
        written.sql(row.sql);
        const std::string message = written.refused_start();
        CAPTURE(message);
        CHECK(has(message, row.says));
        CHECK(has(message, "journal-000001.sqlite"));
        CHECK(has(message, "restore"));
        CHECK(is_found(written.audited(), "batch 1", row.says));
        CHECK(has(message_of([&] { SqliteJournalReader(written.dir.path()).last_sequence(); }),
                  row.says));
    }
}

TEST_CASE("altered journal: a trigger in an older file is refused too") {
    const TemporaryDirectory dir;
    {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock, small_segments);
        BatchChain chain;
        for (int i = 0; i < 33; ++i) journal.append(chain.next_many(1, 90));
    }
    const std::uint32_t newest = list_segments(dir.path()).back();
    REQUIRE(newest >= 3);
    change(dir.path(), newest - 1, "CREATE TRIGGER x AFTER INSERT ON batch BEGIN SELECT 1; END");
    const std::string message = message_of([&] {
        const DirectoryLock lock(dir.path());
        const SqliteJournal journal(lock, small_segments);
    });
    CHECK(has(message, segment_path(dir.path(), newest - 1).string()));
    CHECK(has(message, "holds the trigger \"x\""));
}

TEST_CASE("altered journal: a trigger that is put in while the writer works never runs") {
    const TemporaryDirectory dir;
    const DirectoryLock lock(dir.path());
    SqliteJournal journal(lock);
    BatchChain chain;
    journal.append(chain.next_many(3, 2));
    change(dir.path(), 1,
           "CREATE TRIGGER steal AFTER INSERT ON batch BEGIN DELETE FROM batch WHERE sequence = "
           "NEW.sequence - 1; END");
    journal.append(chain.next_many(1, 2));
    journal.append(chain.next_many(1, 2));
    change(dir.path(), 1, "DROP TRIGGER steal");
    SqliteJournalReader reader(dir.path());
    CHECK(shown(reader) == intact(1, 5));
}

TEST_CASE("altered journal: a name in a schema is shown without its control bytes") {
    const Written written;
    written.sql("CREATE VIEW \"\x1b[2Jclean\" AS SELECT 1");
    CHECK(has(written.refused_start(), "holds the view \"?[2Jclean\""));
}
