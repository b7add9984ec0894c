// The audit of what is derived from the journal: projection, snapshots, acknowledgements.
#include "ledger/audit/audit_acks.h"
#include "ledger/audit/audit_text.h"
#include "ledger/state/answers.h"
#include "tests/ledger/audit/audit_site.h"
#include "tests/ledger/store/other_version.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>

using namespace tuma;
using namespace tuma::ledger;

TEST_CASE("audit: every changed, deleted or added row of the projection is found") {
    struct Row {
        const char* sql;
        const char* where;
        const char* part;
    };
    const Row rows[] = {
        {"UPDATE account SET credits_posted = credits_posted + 1 WHERE id = 3",
         "table account, row 3", "credits_posted"},
        {"UPDATE account SET debits_pending = 77 WHERE id = 2", "table account, row 2",
         "debits_pending"},
        {"UPDATE account SET identity = 'thief' WHERE id = 3", "table account, row 3", "identity"},
        {"UPDATE account SET floor = -100 WHERE id = 3", "table account, row 3", "floor"},
        {"UPDATE account SET ceiling = 5 WHERE id = 3", "table account, row 3", "ceiling"},
        {"UPDATE account SET state = 'closed' WHERE id = 3", "table account, row 3", "state"},
        {"UPDATE account SET opened_at = '' WHERE id = 3", "table account, row 3", "opened_at"},
        {"DELETE FROM account WHERE id = 5", "table account, row 5", "missing"},
        {"INSERT INTO account(id, identity, kind, currency, normal_side, owner, state, opened_at) "
         "VALUES(900, 'x', 'wallet', 'KES', 'credit', 1, 'open', '')",
         "table account, row 900", "nothing in the journal"},
        {"UPDATE transfer SET amount = amount + 1 WHERE id = 20", "table transfer, row 20",
         "amount"},
        {"UPDATE transfer SET credit = 2 WHERE id = 7", "table transfer, row 7", "credit"},
        {"UPDATE transfer SET kind = 'expired' WHERE id = 7", "table transfer, row 7", "kind"},
        {"UPDATE transfer SET time = '2020' WHERE id = 7", "table transfer, row 7", "time"},
        {"UPDATE transfer SET reference = NULL WHERE id = 7", "table transfer, row 7", "reference"},
        {"UPDATE transfer SET payment = 1 WHERE id = 7", "table transfer, row 7", "payment"},
        {"DELETE FROM transfer WHERE id = 20", "table transfer, row 20", "missing"},
        {"INSERT INTO transfer SELECT 100000, batch, time, kind, purpose, debit, credit, amount, "
         "currency, 0, 0, due_at, payment, set_id, subject, participant, reference, memo FROM "
         "transfer WHERE id = 3",
         "table transfer, row 100000", "nothing in the journal"},
        {"UPDATE payment SET amount = 1 WHERE id = 7", "table payment, row 7", "amount"},
        {"UPDATE payment SET settled_amount = 9 WHERE id = 7", "table payment, row 7",
         "settled_amount"},
        {"UPDATE payment SET state = 'reversed' WHERE id = 7", "table payment, row 7", "state"},
        {"DELETE FROM payment WHERE id = 7", "table payment, row 7", "missing"},
        {"UPDATE batch SET hash = 'ab' WHERE sequence = 4", "table batch, row 4", "hash"},
        {"UPDATE batch SET events = 0 WHERE sequence = 4", "table batch, row 4", "events"},
        {"DELETE FROM batch WHERE sequence = 4", "table batch, row 4", "missing"},
        {"UPDATE meta SET hash = 'ab'", "table meta", "hash"},
        {"DROP TABLE payment", "projection.sqlite", "payment"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sql);
        Site site;
        site.sql(row.sql);
        const AuditReport report = site.audit_now();
        CAPTURE(text(report));
        CHECK(has(report, FindingKind::projection, row.where, row.part));
        CHECK(report.findings.count() == report.findings.count(FindingKind::projection));
    }
}

TEST_CASE("audit: every changed row of schemes, terms and settlements is found") {
    struct Row {
        const char* sql;
        const char* where;
        const char* part;
    };
    const Row rows[] = {
        {"UPDATE scheme SET name = 'other' WHERE loading = 1", "table scheme, row 1", "name"},
        {"UPDATE scheme SET version = 'x' WHERE loading = 2", "table scheme, row 2", "version"},
        {"UPDATE scheme SET zone_offset_minutes = 0", "table scheme, row 2", "zone_offset_minutes"},
        {"UPDATE scheme SET content_hash = ''", "table scheme, row 1", "content_hash"},
        {"UPDATE scheme SET source_hash = ''", "table scheme, row 1", "source_hash"},
        {"UPDATE scheme SET loaded_at = ''", "table scheme, row 1", "loaded_at"},
        {"DELETE FROM scheme WHERE loading = 2", "table scheme, row 2", "missing"},
        {"INSERT INTO scheme SELECT 9, id, name, version, currency, 0, 0, '', '', '', 1 FROM "
         "scheme WHERE loading = 1",
         "table scheme, row 9", "nothing in the journal"},
        {"UPDATE account SET scheme = NULL WHERE id = 17", "table account, row 17", "scheme"},
        {"UPDATE account SET scheme = 'other' WHERE id = 3", "table account, row 3", "scheme"},
        {"UPDATE account SET account_class = 9 WHERE id = 17", "table account, row 17",
         "account_class"},
        {"UPDATE account SET account_class = 0 WHERE id = 3", "table account, row 3",
         "account_class"},
        {"UPDATE account SET payout = 3 WHERE id = 18", "table account, row 18", "payout"},
        {"UPDATE settlement SET paid_out = paid_out + 1 WHERE id = 4", "table settlement, row 4",
         "paid_out"},
        {"UPDATE settlement SET account = 1 WHERE id = 4", "table settlement, row 4", "account"},
        {"UPDATE settlement SET due_at = '' WHERE id = 4", "table settlement, row 4", "due_at"},
        {"UPDATE settlement SET payout = 1 WHERE id = 4", "table settlement, row 4", "payout"},
        {"UPDATE settlement SET sales_count = 99 WHERE id = 4", "table settlement, row 4",
         "sales_count"},
        {"UPDATE settlement SET reserve_due_at = '' WHERE id = 4", "table settlement, row 4",
         "reserve_due_at"},
        {"DELETE FROM settlement WHERE id = 4", "table settlement, row 4", "missing"},
        {"INSERT INTO settlement SELECT 4000, account, due_at, done_at, 1, 0, 0, 0, 0, 0, 0, 0, 0, "
         "0, 0, NULL, NULL, NULL, 0, 0 FROM settlement WHERE id = 4",
         "table settlement, row 4000", "nothing in the journal"},
        {"UPDATE transfer SET payment = set_id WHERE kind = 'posted' AND set_id <> payment",
         "table transfer, row", "payment"},
        {"UPDATE payment SET settled_amount = settled_amount - 20 WHERE settled_amount = 720",
         "table payment, row", "settled_amount"},
    };
    Site site(1, true);
    const auto path = projection_path(site.directory.path());
    const auto whole = path.string() + ".whole";
    std::filesystem::copy_file(path, whole);
    for (const Row& row : rows) {
        CAPTURE(row.sql);
        std::filesystem::copy_file(whole, path, std::filesystem::copy_options::overwrite_existing);
        site.sql(row.sql);
        const AuditReport report = site.audit_now();
        CAPTURE(text(report));
        const auto& findings = report.findings.list();
        CHECK(std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
            return finding.where.find(row.where) == 0 &&
                   finding.sentence.find(row.part) != std::string::npos;
        }));
        CHECK(report.findings.count() == report.findings.count(FindingKind::projection));
        CHECK(report.findings.count() > 0);
    }
}

TEST_CASE("audit: a projection that is behind is compared as far as it has got, with a note") {
    Site site;
    site.history.batch(50);
    AuditReport report = site.audit_now();
    CHECK(report.is_clean());
    CHECK(report.figures.projection_sequence == 9);
    CHECK(report.notes.size() == 1);

    site.sql("UPDATE account SET credits_posted = 1 WHERE id = 3");
    report = site.audit_now();
    CHECK(report.findings.count(FindingKind::projection) == 1);
}

TEST_CASE("audit: a damaged snapshot and one of another state are found") {
    Site site;
    const auto files = SnapshotFolder(site.directory.path()).list();
    REQUIRE(files.size() == 2);
    SUBCASE("a flipped byte") {
        std::fstream file(files[1].path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekg(300);
        const auto byte = static_cast<char>(file.get() ^ 1);
        file.seekp(300);
        file.put(byte);
        REQUIRE(file.good());
    }
    SUBCASE("a whole snapshot, but of another history") {
        const Site other(77);
        std::filesystem::copy_file(SnapshotFolder(other.directory.path()).list()[1].path,
                                   files[1].path,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    const AuditReport report = site.audit_now();
    CHECK(report.findings.count(FindingKind::snapshot) >= 1);
    CHECK(report.findings.list()[0].where == files[1].path.filename().string());
    CHECK(report.findings.count() == report.findings.count(FindingKind::snapshot));
}

TEST_CASE(
    "audit: a snapshot whose terms, limit counters or pending settlements are others is found") {
    Site site(1, true);
    SnapshotFolder snapshots(site.directory.path());
    struct Row {
        std::function<void(State&)> change;
        const char* part;
    };
    const Row rows[] = {
        {[](State& state) {
             SchemeLoaded newer = state.terms.schemes()[0];
             newer.content.push_back(std::byte{1});
             state.terms.apply(newer);
         },
         "its schemes and terms are not"},
        {[](State& state) {
             TransferRecord record;
             record.debit = AccountId{17};
             record.amount = 1;
             state.limit_counters.apply(record, state.terms, state.position.time);
         },
         "its limit counters are not"},
        {[](State& state) {
             TransferRecord record;
             record.credit = AccountId{18};
             record.amount = 1;
             state.pending_settlements.apply(record, state.terms);
         },
         "its pending settlements are not"},
        {[](State& state) {
             state.profiles.apply(ProfileStored{{}, "shop/1", "secret"});
         },
         "its profiles are not"},
        {[](State& state) {
             OrderOpened opened;
             opened.terms.id = OrderId{1};
             opened.terms.credit = AccountId{3};
             opened.terms.amount = 5;
             opened.keys = {"order 1"};
             state.orders.apply(opened, state.position.time);
         },
         "its orders are not"},
        {[](State& state) {
             TransferRecord record;
             record.purpose = Purpose::pay_merchant;
             record.credit = AccountId{18};
             record.amount = 1;
             state.takings.apply(record, state.terms);
         },
         "its takings are not"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.part);
        const SnapshotFile newest = snapshots.list().front();
        State state = snapshots.load(newest.path, audit_limits());
        row.change(state);
        snapshots.save(state);
        const AuditReport report = site.audit_now();
        CAPTURE(text(report));
        CHECK(has(report, FindingKind::snapshot, newest.path.filename().string(), row.part));
        CHECK(report.findings.count() == 1);
        snapshots.save(site.history.state);
    }
}

TEST_CASE("audit: a whole snapshot of another version is a note") {
    Site site;
    give_version(SnapshotFolder(site.directory.path()).list().front().path, 1);

    const AuditReport report = site.audit_now();
    CHECK(report.is_clean());
    CHECK(report.figures.snapshots == 1);
    REQUIRE(report.notes.size() == 1);
    CHECK(report.notes[0].find("snapshot not compared: ") == 0);
    CHECK(report.notes[0].find("is of version 1") != std::string::npos);
}

TEST_CASE("audit: acknowledgements that the journal does not hold like that are found") {
    Site site;
    std::vector<RememberedRequest> acks = site.history.told;
    std::string part;
    SUBCASE("another id") {
        acks[40].id += 1;
        part = "id ";
    }
    SUBCASE("another code") {
        acks[40].code = Refusal::ceiling_exceeded;
        part = "code ceiling_exceeded";
    }
    SUBCASE("another time") {
        acks[40].time_us += 1;
        part = "time ";
    }
    SUBCASE("another balance") {
        acks[40].balance += 1;
        part = "balance ";
    }
    SUBCASE("another digest") {
        acks[40].digest[5] ^= std::byte{1};
        part = "digest ";
    }
    SUBCASE("never recorded") {
        acks[40].reference[9] ^= std::byte{1};
        part = "is not in the journal";
    }
    SUBCASE("told twice with different answers") {
        acks.push_back(acks[40]);
        acks.back().id += 1;
        part = "twice with different answers";
    }
    site.write_acks(acks);
    const AuditReport report = site.audit_now();
    CAPTURE(text(report));
    REQUIRE(report.findings.count() == 1);
    CHECK(report.findings.list()[0].kind == FindingKind::acks);
    CHECK(report.findings.list()[0].sentence.find(part) != std::string::npos);
}

TEST_CASE(
    "audit: a retry that was told the same again, and answers without a trace, are no fault") {
    Site site;
    std::vector<RememberedRequest> acks = site.history.told;
    acks.push_back(acks[10]);
    RememberedRequest untraced = acks[11];
    untraced.code = Refusal::modified_request;
    untraced.id = 0;
    acks.push_back(untraced);
    site.write_acks(acks);

    const AuditReport report = site.audit_now();
    CHECK(report.is_clean());
    CHECK(report.figures.acks_repeated == 1);
    CHECK(report.figures.acks_unrecorded == 1);
}

TEST_CASE("audit: answers are those that the state remembers") {
    Site site;
    site.journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        const BatchView view = check_batch(bytes, sequence).view;
        std::span<const std::byte> records = view.records;
        while (!records.empty()) {
            const Event event = take_event(records).value();
            const auto answer = answer_of(event, view.header.time());
            if (!answer) continue;
            const RememberedRequest* remembered =
                site.history.state.keys.find(answer->key(), view.header.time());
            REQUIRE(remembered != nullptr);
            CHECK(*remembered == *answer);
        }
        return true;
    });
}

TEST_CASE("audit: an unreadable file of acknowledgements is unusable input") {
    Site site;
    std::filesystem::resize_file(site.acks_path(), 7);
    CHECK_THROWS_AS(site.audit_now(), UnusableInput);
}
