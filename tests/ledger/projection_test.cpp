// The projection's tables against the books that the same journal makes.
#include "ledger/projection.h"

#include "ledger/memory_journal.h"
#include "ledger/projection_follower.h"
#include "tests/ledger/history.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

using namespace tuma;
using namespace tuma::ledger;

namespace {

const std::atomic<bool> never{false};

void project(const std::filesystem::path& path, JournalReader& journal) {
    Projection projection(path);
    const CatchUpFigures figures = bring_up_to_date(projection, journal, never, nullptr);
    REQUIRE(figures.is_complete);
    REQUIRE(figures.sequence == journal.last_sequence());
}

// Every row of a query, columns joined by "|", as the sqlite3 shell prints them.
std::vector<std::string> rows_of(const std::filesystem::path& path, const std::string& sql,
                                 int columns) {
    SqlDatabase database(path, SqlAccess::read_only);
    SqlStatement statement(database, sql);
    std::vector<std::string> rows;
    while (statement.step()) {
        std::string line(statement.text(0));
        for (int i = 1; i < columns; ++i) line += "|" + std::string(statement.text(i));
        rows.push_back(std::move(line));
    }
    return rows;
}

std::string one(const std::filesystem::path& path, const std::string& sql) {
    return rows_of(path, sql, 1).at(0);
}

std::string bound(std::int64_t value, std::int64_t none) {
    return value == none ? "" : std::to_string(value);
}

// What the table `account` must hold, row by row.
std::vector<std::string> expected_accounts(const Books& books) {
    std::vector<std::string> rows;
    for (std::uint32_t i = 1; i <= books.account_count(); ++i) {
        const Account& account = *books.find(AccountId{i});
        rows.push_back(fmt::format(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", i, text(books.identity(AccountId{i})),
            row(account.kind).name, letters(account.currency), name(account.state),
            bound(account.floor, no_floor), account.debits_pending, account.debits_posted,
            account.credits_pending, account.credits_posted, balance(account),
            account.floor == no_floor ? "" : std::to_string(available(account))));
    }
    return rows;
}

const std::string account_rows =
    "SELECT id, identity, kind, currency, state, floor, debits_pending, debits_posted, "
    "credits_pending, credits_posted, balance, available FROM account ORDER BY id";

// One trust, one fees, one tax, one bank; of the scheme four customers and merchants.
std::vector<std::string> expected_terms() {
    std::vector<std::string> rows;
    for (const char* one_of :
         {"bank|1", "bank_account|4", "fee_income|1", "tax_payable|1", "trust|1", "wallet|3"})
        rows.push_back(fmt::format("|||{}", one_of));
    rows.emplace_back("market|1||wallet|4");
    // Each is paid out to the account that was opened after it.
    rows.emplace_back("market|2|4|settlement_payable|4");
    return rows;
}

std::vector<SettlementClosed> settlements_in(MemoryJournal& journal) {
    std::vector<SettlementClosed> found;
    journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        std::span<const std::byte> records = check_batch(bytes, sequence).view.records;
        while (!records.empty()) {
            const Event event = take_event(records).value();
            if (const auto* closed = std::get_if<SettlementClosed>(&event))
                found.push_back(*closed);
        }
        return true;
    });
    return found;
}

std::vector<std::string> expected_settlements(const std::vector<SettlementClosed>& closed) {
    const auto moment = [](std::int64_t us) {
        return us == 0 ? std::string{} : tuma::text(Timestamp{Duration{us}});
    };
    std::vector<std::string> rows;
    rows.reserve(closed.size());
    for (const SettlementClosed& one_of : closed)
        rows.push_back(fmt::format(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", rows.size() + 1,
            one_of.account.value, moment(one_of.due_at), one_of.sales, one_of.refunds, one_of.fees,
            one_of.adjustments, one_of.reserve_released, one_of.carried_in, one_of.reserve_held,
            one_of.payout_fee, one_of.paid_out, one_of.carried_out, moment(one_of.reserve_due_at),
            moment(one_of.next_due_at), bound(static_cast<std::int64_t>(one_of.payout.value), 0),
            one_of.sales_count, one_of.refunds_count));
    return rows;
}

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

TEST_CASE("projection: schemes, accounts under them and settlements have the rows of the journal") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        const TemporaryDirectory directory;
        const auto path = projection_path(directory.path());
        MemoryJournal journal;
        History history(journal, seed);
        history.open(3);
        history.open_market(4);
        for (int i = 0; i < 25; ++i) {
            history.market_batch(30);
            if (seed % 2 == 0) project(path, journal);
        }
        project(path, journal);

        CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
        CHECK(rows_of(path,
                      "SELECT loading, id, name, version, currency, zone_offset_minutes, "
                      "content_bytes, batch FROM scheme ORDER BY 1",
                      8) == std::vector<std::string>{"1|1|market|2023-07|KES|180|13|2",
                                                     "2|1|market|2024-01|KES|180|21|2"});
        CHECK(rows_of(path,
                      "SELECT scheme, account_class, sum(payout = id + 1), kind, count(*) FROM "
                      "account GROUP BY scheme, account_class, kind ORDER BY 1, 2, 4",
                      5) == expected_terms());
        const std::vector<SettlementClosed> closed = settlements_in(journal);
        REQUIRE(closed.size() > 20);
        CHECK(rows_of(path,
                      "SELECT id, account, due_at, sales, refunds, fees, adjustments, "
                      "reserve_released, carried_in, reserve_held, payout_fee, paid_out, "
                      "carried_out, reserve_due_at, next_due_at, payout, sales_count, "
                      "refunds_count FROM settlement ORDER BY id",
                      18) == expected_settlements(closed));
        CHECK(one(path,
                  "SELECT count(*) FROM settlement s JOIN batch b ON b.sequence = s.batch WHERE "
                  "s.done_at <> b.time OR s.due_at > s.done_at") == "0");
        // What was paid out is what is on the bank accounts.
        CHECK(one(path,
                  "SELECT (SELECT sum(paid_out) FROM settlement) = (SELECT sum(balance) FROM "
                  "account WHERE kind = 'bank_account')") == "1");
        CHECK(one(path, "SELECT count(*) > 0 FROM transfer WHERE purpose = 'payout'") == "1");
        // A sale settled with its fee is one payment, and its amounts are what its transfers say.
        CHECK(
            one(path,
                "SELECT count(*) FROM payment p JOIN (SELECT payment, "
                "sum(iif(kind = 'reversed', amount, 0)) AS reversed, "
                "sum(iif(kind = 'settled' OR set_id <> payment AND kind = 'posted', amount, 0)) "
                "AS settled, sum(iif(kind IN ('posted', 'reserved') AND set_id = payment, amount, "
                "0)) AS total FROM transfer GROUP BY payment) t ON t.payment = p.id "
                "WHERE t.reversed <> reversed_amount OR t.settled <> settled_amount OR "
                "t.total <> p.total") == "0");
        CHECK(one(path,
                  "SELECT count(*) FROM transfer WHERE kind = 'posted' AND set_id <> payment") !=
              "0");
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
