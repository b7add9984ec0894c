// The projection's tables against the books that the same journal makes.
#include "ledger/projection/projection.h"

#include "ledger/audit/audit.h"
#include "ledger/projection/projection_follower.h"
#include "ledger/store/memory_journal.h"
#include "tests/ledger/history.h"
#include "tests/ledger/projection/projected.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

using namespace tuma;
using namespace tuma::ledger;

namespace {

// The follower owns its reader; this one passes on to the journal of the test.
struct PassingReader final : JournalReader {
    explicit PassingReader(MemoryJournal& behind) : journal(behind) {}
    std::uint64_t last_sequence() override { return journal.last_sequence(); }
    void scan(std::uint64_t first, const Visitor& visit) override { journal.scan(first, visit); }
    std::vector<std::byte> batch_of(TransferId id) override { return journal.batch_of(id); }
    MemoryJournal& journal;
};

}  // namespace

TEST_CASE("projection: accounts equal the books after random histories") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        const TemporaryDirectory directory;
        const auto path = projection_path(directory.path());
        MemoryJournal journal;
        History history(journal, seed);
        history.open(20);
        for (int i = 0; i < 10; ++i) {
            history.batch(100);
            // Some seeds project once at the end, some after each batch.
            if (seed % 2 == 0) project(path, journal);
        }
        project(path, journal);

        CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
        CHECK(one(path, "SELECT max(id) = count(*) AND count(*) = " +
                            std::to_string(history.state.position.next_transfer.value - 1) +
                            " FROM transfer") == "1");
        CHECK(one(path, "SELECT count(*) FROM payment WHERE state = 'reserved'") ==
              std::to_string(history.state.books.open_reservations()));
        CHECK(one(path, "SELECT count(*) FROM batch") == "11");
        CHECK(one(path, "SELECT hash FROM batch ORDER BY sequence DESC LIMIT 1") ==
              hex(history.state.position.hash));
        CHECK(one(path, "SELECT hash FROM meta") == hex(history.state.position.hash));
        CHECK(one(path, "SELECT sum(abs(balance)) FROM trial_balance WHERE kind LIKE 'total%'") ==
              "0");
        // Each payment's amounts are what its transfers add up to.
        CHECK(one(path,
                  "SELECT count(*) FROM payment p JOIN (SELECT payment, "
                  "sum(iif(kind = 'reversed', amount, 0)) AS reversed, "
                  "sum(iif(kind = 'settled', amount, 0)) AS settled, "
                  "sum(iif(kind IN ('posted', 'reserved'), amount, 0)) AS total "
                  "FROM transfer GROUP BY payment) t ON t.payment = p.id "
                  "WHERE t.reversed <> reversed_amount OR t.settled <> settled_amount OR "
                  "t.total <> p.total") == "0");
        CHECK(one(path,
                  "SELECT count(*) FROM payment WHERE state <> CASE WHEN reversed_amount = 0 THEN "
                  "state WHEN reversed_amount = iif(settled_amount, settled_amount, total) THEN "
                  "'reversed' ELSE 'partly_reversed' END") == "0");
    }
}

TEST_CASE("projection: running balances in the statement end at the account's balance") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 99);
    history.open(5);
    for (int i = 0; i < 20; ++i) history.batch(40);
    project(path, journal);

    for (std::uint32_t i = 1; i <= 7; ++i) {
        CAPTURE(i);
        const std::string id = std::to_string(i);
        CHECK(one(path, "SELECT balance FROM statement WHERE account = " + id +
                            " ORDER BY transfer DESC LIMIT 1") ==
              std::to_string(balance(*history.state.books.find(AccountId{i}))));
        CHECK(one(path,
                  "SELECT total(credited) = credits_posted AND total(debited) = "
                  "debits_posted FROM statement, account WHERE account = id AND id = " +
                      id) == "1");
    }
}

TEST_CASE("projection: a statement's newest rows come from the indexes without sorting") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 3);
    history.open(5);
    project(path, journal);

    std::string plan;
    for (const std::string& line :
         rows_of(path,
                 "EXPLAIN QUERY PLAN SELECT * FROM statement WHERE account = 4 "
                 "ORDER BY transfer DESC LIMIT 20",
                 4))
        plan += line + "\n";
    CAPTURE(plan);
    CHECK(plan.find("transfer_by_debit") != std::string::npos);
    CHECK(plan.find("transfer_by_credit") != std::string::npos);
    CHECK(plan.find("SCAN transfer") == std::string::npos);
    CHECK(plan.find("TEMP B-TREE") == std::string::npos);
}

TEST_CASE("projection: views give the rows that a reader expects") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 1);
    history.open(2);
    project(path, journal);

    CHECK(rows_of(path, "SELECT * FROM trial_balance", 8) ==
          std::vector<std::string>{
              "KES|fee_income|1|0|0|0|0|0",
              "KES|total (balance must be 0)|4|2000000|2000000|0|0|0",
              "KES|trust|1|2000000|0|0|0|2000000",
              "KES|wallet|2|0|2000000|0|0|2000000",
          });
    CHECK(rows_of(path, "SELECT * FROM balance", 6) ==
          std::vector<std::string>{
              "1|trust|trust|KES|20000.00|",
              "2|fees|fee_income|KES|0.00|0.00",
              "3|254700000000|wallet|KES|10000.00|10000.00",
              "4|254700000001|wallet|KES|10000.00|10000.00",
          });
    CHECK(rows_of(path,
                  "SELECT identity, transfer, kind, purpose, counterparty_identity, debited, "
                  "credited, amount, currency, balance, balance_text FROM statement "
                  "WHERE account = 1 ORDER BY transfer DESC",
                  11) ==
          std::vector<std::string>{
              "trust|2|posted|issue|254700000001|1000000||1000000|KES|2000000|20000.00",
              "trust|1|posted|issue|254700000000|1000000||1000000|KES|1000000|10000.00",
          });
    CHECK(one(path, "SELECT time FROM transfer WHERE id = 1").substr(0, 4) == "2026");
}

TEST_CASE("projection: amounts are written with the decimals of their currency, 0 to 4") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 1);
    history.open(2);
    project(path, journal);
    const struct {
        const char* alphabetic_code;
        const char* credited;  // 1234567 minor units
        const char* owing;     // -5
    } rows[] = {{"XAF", "1234567", "-5"},
                {"THB", "12345.67", "-0.05"},
                {"JOD", "1234.567", "-0.005"},
                {"CLF", "123.4567", "-0.0005"}};
    for (const auto& row : rows) {
        CAPTURE(row.alphabetic_code);
        const auto shown = [&](const std::string& credits, const std::string& debits) {
            SqlDatabase(path, SqlAccess::read_write_create)
                .execute(fmt::format("UPDATE account SET currency = '{}', credits_posted = {}, "
                                     "debits_posted = {} WHERE id = 3",
                                     row.alphabetic_code, credits, debits));
            return one(path, "SELECT balance FROM balance WHERE id = 3");
        };
        CHECK(shown("1234567", "0") == row.credited);
        CHECK(shown("0", "5") == row.owing);
    }
    CHECK(one(path, "SELECT count(*) FROM currency") == std::to_string(currency_table().size()));
}

TEST_CASE("projection: what was not committed is projected again by the next one") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 5);
    history.open(10);
    for (int i = 0; i < 6; ++i) history.batch(50);
    {
        Projection projection(path);
        journal.scan(1, [&](std::uint64_t sequence, auto bytes) {
            projection.apply(check_batch(bytes, sequence).view);
            if (sequence == 3) projection.commit();
            return sequence < 5;
        });
        CHECK(projection.position().sequence == 3);
        CHECK(projection.applied_sequence() == 5);
        CHECK(projection.uncommitted_rows() > 0);
    }
    {
        const Projection projection(path);
        CHECK(projection.position().sequence == 3);
        CHECK(projection.note().empty());
    }
    project(path, journal);
    CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
}

TEST_CASE("projection: a stopped catch-up keeps what it committed and says it is incomplete") {
    const TemporaryDirectory directory;
    MemoryJournal journal;
    History history(journal, 6);
    history.open(10);
    for (int i = 0; i < 9; ++i) history.batch(20);

    Projection projection(projection_path(directory.path()));
    std::atomic<bool> stop{false};
    const auto after_one = [&](const CatchUpFigures&, std::uint64_t last) {
        CHECK(last == 10);
        stop = true;
    };
    const CatchUpFigures figures =
        bring_up_to_date(projection, journal, stop, after_one, {.rows_per_commit = 1});
    CHECK_FALSE(figures.is_complete);
    CHECK(figures.batches == 1);
    CHECK(projection.position().sequence == 1);
}

TEST_CASE("projection: rows of another journal are thrown away") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal first;
    History first_history(first, 7);
    first_history.open(4);
    first_history.batch(50);
    project(path, first);
    MemoryJournal second;
    History second_history(second, 8);
    second_history.open(6);
    second_history.batch(50);

    Projection projection(path);
    bring_up_to_date(projection, second, never, nullptr);

    CHECK(projection.note().find("begun anew") != std::string::npos);
    CHECK(rows_of(path, account_rows, 12) == expected_accounts(second_history.state.books));
}

TEST_CASE("projection: a journal that lost its tail makes the rows begin anew") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 7);
    history.open(4);
    history.batch(50);
    project(path, journal);
    journal.drop_from(2);

    Projection projection(path);
    bring_up_to_date(projection, journal, never, nullptr);

    CHECK(projection.position().sequence == 1);
    CHECK(projection.note().find("begun anew") != std::string::npos);
}

TEST_CASE("projection: tables of another version and files that are no database begin anew") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 7);
    history.open(4);
    project(path, journal);
    SUBCASE("newer tables") {
        SqlDatabase(path, SqlAccess::read_write_create).execute("PRAGMA user_version=77");
    }
    SUBCASE("no database") {
        std::filesystem::resize_file(path, 0);
        std::filesystem::resize_file(path, 8192);
    }

    Projection projection(path);
    CHECK(projection.position().sequence == 0);
    CHECK(projection.note().find("begun anew") != std::string::npos);
    bring_up_to_date(projection, journal, never, nullptr);
    CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
}

TEST_CASE("projection: one that somebody added to or altered is begun anew, and audit says so") {
    for (const char* const added :
         {"CREATE TRIGGER x AFTER INSERT ON transfer BEGIN DELETE FROM account; END",
          "CREATE VIEW x AS SELECT 1", "CREATE TABLE x(y)", "CREATE INDEX x ON transfer(time)",
          "DROP VIEW statement", "DROP VIEW balance; CREATE VIEW balance AS SELECT 1",
          "ALTER TABLE batch ADD COLUMN x", "DROP INDEX settlement_by_account", "ANALYZE"}) {
        CAPTURE(added);
        const TemporaryDirectory directory;
        const auto path = projection_path(directory.path());
        MemoryJournal journal;
        History history(journal, 7);
        history.open(4);
        project(path, journal);
        SqlDatabase(path, SqlAccess::read_write_create).execute(added);

        const AuditReport report = audit(journal, {.data_directory = directory.path(),
                                                   .acks = {},
                                                   .findings_max = 20,
                                                   .limits = History::small(),
                                                   .progress = nullptr});
        CHECK(report.findings.count(FindingKind::projection) == 1);
        Projection projection(path);
        CHECK(projection.position().sequence == 0);
        CHECK(projection.note().find("begun anew") != std::string::npos);
        bring_up_to_date(projection, journal, never, nullptr);
        CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
    }
}

TEST_CASE("projection: indexes that were given up for a long way are no alteration") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 7);
    history.open(4);
    project(path, journal);
    {
        Projection projection(path);
        projection.drop_indexes();
    }
    Projection projection(path);
    CHECK(projection.note().empty());
    CHECK(projection.position().sequence == 1);
}

TEST_CASE("projection: a damaged batch stops it after what came before is committed") {
    const TemporaryDirectory directory;
    MemoryJournal journal;
    History history(journal, 7);
    history.open(4);
    history.batch(50);
    history.batch(50);
    MemoryDisk disk = journal.disk();
    disk[1][200] ^= std::byte{1};
    MemoryJournal damaged(disk);

    Projection projection(projection_path(directory.path()));
    CHECK_THROWS_WITH_AS(bring_up_to_date(projection, damaged, never, nullptr),
                         doctest::Contains("batch 2 is damaged"), StoreError);
    CHECK(projection.position().sequence == 1);
}

TEST_CASE("projection: two processes cannot both write it") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 7);
    history.open(4);
    Projection late(path);
    project(path, journal);

    CHECK_THROWS_WITH_AS(bring_up_to_date(late, journal, never, nullptr),
                         doctest::Contains("another process"), StoreError);
}

TEST_CASE("projection: the catch-up from far behind makes the indexes again") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 7);
    history.open(100);
    for (int i = 0; i < 15; ++i) history.plain_batch(8'000);
    {
        Projection projection(path);
        REQUIRE(projection.is_far_behind(journal));
        bring_up_to_date(projection, journal, never, nullptr);
        CHECK_FALSE(projection.is_far_behind(journal));
    }
    SqlDatabase database(path, SqlAccess::read_only);
    CHECK(has_projection_indexes(database));
    CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
}

TEST_CASE("projection follower: projects what is there and what comes") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 21);
    history.open(10);
    history.batch(50);

    ProjectionFollower follower(path, std::make_unique<PassingReader>(journal));
    for (int i = 0; i < 20; ++i) {
        history.batch(50);
        follower.notify(history.state.position.sequence);
    }
    while (follower.lag() > 0 && !follower.has_failed()) std::this_thread::yield();

    CHECK(follower.failure().empty());
    CHECK(follower.projected() == 22);
    CHECK(follower.stop(std::chrono::seconds{20}));
    CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
}

TEST_CASE("projection follower: stopped in the middle, the next one goes on where it had come") {
    const TemporaryDirectory directory;
    const auto path = projection_path(directory.path());
    MemoryJournal journal;
    History history(journal, 22);
    history.open(10);
    for (int i = 0; i < 60; ++i) history.batch(50);
    {
        FollowerOptions options;
        options.catch_up.rows_per_commit = 100;
        options.is_idle_priority = false;
        ProjectionFollower follower(path, std::make_unique<PassingReader>(journal), options);
        while (follower.projected() == 0) std::this_thread::yield();
        REQUIRE(follower.stop(std::chrono::seconds{20}));
        CHECK(follower.failure().empty());
        CHECK(follower.lag() == 61 - follower.projected());
    }
    ProjectionFollower next(path, std::make_unique<PassingReader>(journal));
    while (next.lag() > 0 && !next.has_failed()) std::this_thread::yield();
    REQUIRE(next.stop(std::chrono::seconds{20}));
    CHECK(next.note().empty());
    CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
}

TEST_CASE("projection follower: a damaged batch ends the following and says why") {
    const TemporaryDirectory directory;
    MemoryJournal journal;
    History history(journal, 23);
    history.open(10);
    history.batch(50);
    MemoryDisk disk = journal.disk();
    disk[1][300] ^= std::byte{1};
    MemoryJournal damaged(disk);

    ProjectionFollower follower(projection_path(directory.path()),
                                std::make_unique<PassingReader>(damaged));
    while (!follower.has_failed()) std::this_thread::yield();
    CHECK(follower.failure().find("journal batch 2 is damaged") != std::string::npos);
    CHECK(follower.stop(std::chrono::seconds{20}));
}
