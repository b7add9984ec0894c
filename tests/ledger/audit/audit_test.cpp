// The audit: clean histories are clean, and every class of damage is found.
#include "ledger/audit/audit.h"

#include "ledger/audit/audit_text.h"
#include "ledger/store/memory_journal.h"
#include "tests/ledger/audit/audit_site.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>

using namespace tuma;
using namespace tuma::ledger;

namespace {

BatchHeader header_of(const std::vector<std::byte>& bytes) {
    BatchHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
}

// What someone does who can write the files and knows the format: changes a record and seals the
// batch and all after it anew, so that checksums and chain hold.
MemoryDisk forge(MemoryDisk disk, std::size_t index,
                 const std::function<void(std::span<std::byte>)>& change) {
    Hash previous = index == 0 ? Hash{} : check_batch(disk[index - 1], index).view.hash;
    for (std::size_t i = index; i < disk.size(); ++i) {
        std::vector<std::byte>& bytes = disk[i];
        BatchHeader header = header_of(bytes);
        header.previous = previous;
        bytes.resize(bytes.size() - sizeof(Hash));
        if (i == index) change(std::span{bytes}.subspan(sizeof(BatchHeader)));
        SealedBatch sealed = seal(header, std::move(bytes));
        previous = sealed.hash;
        bytes = std::move(sealed.bytes);
    }
    return disk;
}

// The first transfer record of this kind in a batch's records, if there is one.
std::byte* find_transfer(std::span<std::byte> records, TransferKind kind) {
    std::size_t at = 0;
    while (at < records.size()) {
        std::uint16_t size = 0;
        std::memcpy(&size, &records[at + 2], sizeof size);
        if (records[at] == std::byte{1} &&
            records[at + offsetof(TransferRecord, kind)] == static_cast<std::byte>(kind))
            return &records[at];
        at += size;
    }
    return nullptr;
}

using SettlementTest = std::function<bool(const SettlementClosed&)>;

// The first settlement of a batch's records that passes the test, or null.
std::byte* find_settlement(std::span<std::byte> records, const SettlementTest& passes) {
    for (std::size_t at = 0; at < records.size();) {
        std::uint16_t size = 0;
        std::memcpy(&size, &records[at + 2], sizeof size);
        if (records[at] == std::byte{6}) {
            SettlementClosed closed;
            std::memcpy(&closed, &records[at], sizeof closed);
            if (passes(closed)) return &records[at];
        }
        at += size;
    }
    return nullptr;
}

std::size_t first_batch_with(MemoryDisk disk, const SettlementTest& passes) {
    for (std::size_t i = 0; i < disk.size(); ++i) {
        const std::span<std::byte> bytes = disk[i];
        const auto records =
            bytes.subspan(sizeof(BatchHeader), bytes.size() - batch_overhead_bytes);
        if (find_settlement(records, passes) != nullptr) return i;
    }
    FAIL("no batch has such a settlement");
    return 0;
}

}  // namespace

TEST_CASE("audit: an untouched data directory is clean and fully compared") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        Site site(seed);
        const AuditReport report = site.audit_now();

        CAPTURE(text(report));
        CHECK(report.is_clean());
        CHECK(report.notes.empty());
        const AuditFigures& figures = report.figures;
        CHECK(figures.batches == 9);
        CHECK(figures.replayed_sequence == 9);
        CHECK(figures.transfers == site.history.state.position.next_transfer.value - 1);
        CHECK(figures.accounts == 14);
        CHECK(figures.open_reservations == site.history.state.books.open_reservations());
        CHECK(figures.head_hash == site.history.state.position.hash);
        CHECK(figures.snapshots == 2);
        CHECK(figures.projection_sequence == 9);
        CHECK(figures.acks == site.history.told.size());
        const CurrencyFigures& kes = figures.currencies.at(Currency::kes);
        CHECK(kes.debits_posted == kes.credits_posted);
        CHECK(kes.trust == kes.owed + kes.own);
        CHECK(kes.trust == 12'000'000);
    }
}

TEST_CASE("audit: a market with schemes, merchants and settlements is clean and counted") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        Site site(seed, true);
        const AuditReport report = site.audit_now();

        CAPTURE(text(report));
        CHECK(report.is_clean());
        CHECK(report.notes.empty());
        CHECK(report.figures.snapshots == 2);
        CHECK(report.figures.acks == site.history.told.size());
        CHECK(report.figures.schemes == 2);
        CHECK(report.figures.settlements > 10);
        const CurrencyFigures& kes = report.figures.currencies.at(Currency::kes);
        CHECK(kes.trust == kes.owed + kes.own);
        CHECK(kes.outside > 0);
        CHECK(text(report).find(fmt::format(", 2 schemes, {} settlements\n",
                                            report.figures.settlements)) != std::string::npos);
        CHECK(text(report).find("; at banks outside ") != std::string::npos);
        CHECK(json(report).find(fmt::format("\"schemes\":2,\"settlements\":{},",
                                            report.figures.settlements)) != std::string::npos);
        CHECK(json(report).find(fmt::format("\"outside\":\"{}\"}}", kes.outside)) !=
              std::string::npos);
    }
}

TEST_CASE("audit: a settlement changed under valid checksums is found by replay") {
    Site site(1, true);
    const auto is_payout = [](const SettlementClosed& closed) { return closed.paid_out > 0; };
    const std::size_t at = first_batch_with(site.journal.disk(), is_payout);
    struct Row {
        const char* what;
        std::function<void(SettlementClosed&)> change;
        const char* part;
    };
    const Row rows[] = {
        {"sales", [](SettlementClosed& c) { c.sales += 1; }, "figures"},
        {"paid out less than left the account",
         [](SettlementClosed& c) {
             c.paid_out -= 50;
             c.payout_fee += 49;
             c.reserve_held += 1;
         },
         "not what has left"},
        {"reserve", [](SettlementClosed& c) { c.reserve_held -= 1; }, "does not add up"},
        {"due", [](SettlementClosed& c) { c.due_at -= 1; }, "nothing falls due"},
        {"account", [](SettlementClosed& c) { c.account.value += 1; }, "nothing falls due"},
        {"payout", [](SettlementClosed& c) { c.payout.value += 1'000'000; }, "is not there"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const MemoryDisk disk = forge(site.journal.disk(), at, [&](std::span<std::byte> records) {
            std::byte* const found = find_settlement(records, is_payout);
            SettlementClosed closed;
            std::memcpy(&closed, found, sizeof closed);
            row.change(closed);
            std::memcpy(found, &closed, sizeof closed);
        });
        const AuditReport report = site.audit_disk(disk);
        CAPTURE(text(report));
        CHECK(has(report, FindingKind::replay, fmt::format("batch {}", at + 1), row.part));
        // Replay ended between a payout and its statement: that alone breaks no invariant.
        CHECK(report.findings.count(FindingKind::invariant) == 0);
    }
}

TEST_CASE("audit: a payout whose statement was left out is a broken invariant") {
    MemoryJournal journal;
    History history(journal, 3);
    history.open(2);
    history.open_market(1);
    history.market_batch(20);
    MemoryDisk disk = journal.disk();
    BatchHeader header;
    header.sequence = history.state.position.sequence + 1;
    header.time_us = header_of(disk.back()).time_us;
    header.first_transfer = history.state.position.next_transfer;
    header.next_transfer = {header.first_transfer.value + 1};
    header.event_count = 1;
    header.previous = history.state.position.hash;
    const AccountId merchant = history.state.pending_settlements.next()->second;
    TransferRecord record;
    REQUIRE_FALSE(
        history.state.books
            .plan_post({Purpose::payout, merchant, AccountId{1}, {10, Currency::kes}}, record)
            .has_value());
    record.id = header.first_transfer;
    std::vector<std::byte> bytes;
    begin_batch(bytes);
    append(bytes, record);
    disk.push_back(seal(header, std::move(bytes)).bytes);
    MemoryJournal altered(disk);
    const AuditReport report = audit(altered, {.data_directory = {},
                                               .acks = {},
                                               .findings_max = 20,
                                               .limits = audit_limits(),
                                               .progress = nullptr});
    CAPTURE(text(report));
    CHECK(report.findings.count() == 1);
    CHECK(has(report, FindingKind::invariant, fmt::format("books at batch {}", header.sequence),
              "minor units fall due, its balance is"));
}

TEST_CASE("audit: an empty journal is clean") {
    MemoryJournal journal;
    const AuditReport report = audit(journal, {.data_directory = {},
                                               .acks = {},
                                               .findings_max = 20,
                                               .limits = audit_limits(),
                                               .progress = nullptr});
    CHECK(report.is_clean());
    CHECK(report.figures.batches == 0);
}

TEST_CASE("audit: a flipped byte anywhere in a batch is a finding with the batch's number") {
    const Site site;
    const MemoryDisk disk = site.journal.disk();
    // Each header field, record bytes, and the hash; a prime step visits all classes of fields.
    const std::size_t size = disk[4].size();
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < sizeof(BatchHeader); ++i) places.push_back(i);
    for (std::size_t i = sizeof(BatchHeader); i < size; i += 97) places.push_back(i);
    for (std::size_t i = size - sizeof(Hash); i < size; ++i) places.push_back(i);
    for (const std::size_t place : places) {
        CAPTURE(place);
        MemoryDisk damaged = disk;
        damaged[4][place] ^= std::byte{0x40};
        const AuditReport report = site.audit_disk(std::move(damaged));
        REQUIRE(has(report, FindingKind::journal, "batch 5", "damaged"));
        CHECK(report.figures.replayed_sequence == 4);
        // The rest is looked at all the same.
        CHECK(report.figures.batches == 8);
    }
}

TEST_CASE("audit: batches taken out, swapped, repeated or cut off are found") {
    const Site site;
    MemoryDisk disk = site.journal.disk();
    SUBCASE("taken out, the rest moved up") {
        disk.erase(disk.begin() + 4);
        CHECK(has(site.audit_disk(disk), FindingKind::journal, "batch 5", "damaged"));
    }
    SUBCASE("swapped") {
        std::swap(disk[4], disk[5]);
        const AuditReport report = site.audit_disk(disk);
        CHECK(has(report, FindingKind::journal, "batch 5", "damaged"));
        CHECK(has(report, FindingKind::journal, "batch 6", "damaged"));
    }
    SUBCASE("the end lost: snapshot, projection and acknowledgements know of it") {
        disk.resize(7);
        const AuditReport report = site.audit_disk(disk);
        CHECK(report.findings.count(FindingKind::journal) == 0);
        CHECK(report.findings.count(FindingKind::snapshot) == 1);
        CHECK(report.findings.count(FindingKind::projection) == 1);
        CHECK(report.findings.count(FindingKind::acks) > 0);
    }
    SUBCASE("torn in the middle") {
        disk[3].resize(disk[3].size() / 2);
        CHECK(has(site.audit_disk(disk), FindingKind::journal, "batch 4", "damaged"));
    }
}

TEST_CASE("audit: a batch sealed by someone else breaks the chain behind it") {
    const Site site;
    MemoryDisk disk = site.journal.disk();
    const MemoryDisk forged = forge(disk, 4, [](std::span<std::byte> records) {
        std::byte* record = find_transfer(records, TransferKind::posted);
        REQUIRE(record != nullptr);
        record[offsetof(TransferRecord, memo)] ^= std::byte{1};
    });
    disk[4] = forged[4];
    CHECK(has(site.audit_disk(disk), FindingKind::journal, "batch 6", "chain is broken"));
}

TEST_CASE("audit: a batch missing from the middle of the store is named") {
    // A reader over a journal from which one row was deleted.
    struct Gap final : JournalReader {
        explicit Gap(MemoryJournal& behind) : journal(behind) {}
        std::uint64_t last_sequence() override { return journal.last_sequence(); }
        void scan(std::uint64_t first, const Visitor& visit) override {
            journal.scan(first, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
                return sequence == 5 || visit(sequence, bytes);
            });
        }
        std::vector<std::byte> batch_of(TransferId id) override { return journal.batch_of(id); }
        MemoryJournal& journal;
    };
    Site site;
    Gap gap(site.journal);
    const AuditReport report = audit(gap, site.options());
    CHECK(has(report, FindingKind::journal, "batch 5", "is missing"));
    CHECK(report.figures.replayed_sequence == 4);
    CHECK(report.figures.batches == 8);
}

TEST_CASE("audit: a torn last batch is a note when nothing else knows of it") {
    MemoryJournal journal;
    History history(journal, 4);
    history.open(5);
    history.batch(30);
    MemoryJournal torn(after_crash(journal.disk(), 0, 100));
    const AuditReport report = audit(torn, {.data_directory = {},
                                            .acks = {},
                                            .findings_max = 20,
                                            .limits = audit_limits(),
                                            .progress = nullptr});
    CAPTURE(text(report));
    CHECK(report.is_clean());
    CHECK(report.figures.batches == 1);
    CHECK(std::any_of(report.notes.begin(), report.notes.end(), [](const std::string& note) {
        return note.find("batch 2, the last one, was never finished") != std::string::npos;
    }));
}

TEST_CASE("audit: records changed under valid checksums are found by replay, not by a crash") {
    const Site site;
    const std::size_t fields[] = {
        offsetof(TransferRecord, kind),
        offsetof(TransferRecord, id),
        offsetof(TransferRecord, debit),
        offsetof(TransferRecord, credit),
        offsetof(TransferRecord, amount),
        offsetof(TransferRecord, debit_previous),
        offsetof(TransferRecord, credit_previous),
        offsetof(TransferRecord, debit_balance_after),
        offsetof(TransferRecord, credit_balance_after),
        offsetof(TransferRecord, currency),
    };
    for (const TransferKind kind : {TransferKind::posted, TransferKind::reserved,
                                    TransferKind::settled, TransferKind::reversed}) {
        for (const std::size_t field : fields) {
            CAPTURE(name(kind));
            CAPTURE(field);
            bool is_changed = false;
            const MemoryDisk forged =
                forge(site.journal.disk(), 6, [&](std::span<std::byte> records) {
                    std::byte* record = find_transfer(records, kind);
                    if (record == nullptr) return;
                    is_changed = true;
                    record[field] ^= std::byte{0x05};
                });
            REQUIRE(is_changed);
            const AuditReport report = site.audit_disk(forged);
            CHECK_FALSE(report.is_clean());
            CHECK(report.findings.count(FindingKind::journal) == 0);
            // Two changes give another history that could have been; they show in what was derived
            // from the true one: a reservation of another amount, and a settlement turned into a
            // reversal (whose original is then no posted transfer).
            const bool could_have_been =
                (kind == TransferKind::reserved && field == offsetof(TransferRecord, amount)) ||
                (kind == TransferKind::settled && field == offsetof(TransferRecord, kind));
            if (!could_have_been) CHECK(report.findings.count(FindingKind::replay) == 1);
        }
    }
}

TEST_CASE("audit: a forged history that adds up is found by what was derived from the true one") {
    const Site site;
    // Changing a memo breaks no balance; the chain is sealed anew to the end.
    const MemoryDisk forged = forge(site.journal.disk(), 2, [](std::span<std::byte> records) {
        find_transfer(records, TransferKind::posted)[offsetof(TransferRecord, memo)] ^=
            std::byte{1};
    });
    const AuditReport report = site.audit_disk(forged);
    CHECK(report.findings.count(FindingKind::journal) == 0);
    CHECK(report.findings.count(FindingKind::replay) == 0);
    CHECK(report.findings.count(FindingKind::snapshot) == 2);
    CHECK(report.findings.count(FindingKind::projection) > 1);
}

TEST_CASE("audit: more moved back than was moved is found") {
    MemoryJournal journal;
    History history(journal, 4);
    history.open(5);
    // Books keep what was reversed of each original, but not the original: this one never was.
    TransferRecord never_posted;
    never_posted.kind = TransferKind::posted;
    never_posted.id = TransferId{1};
    never_posted.debit = AccountId{4};
    never_posted.credit = AccountId{3};
    never_posted.amount = 900'000;
    TransferRecord back;
    REQUIRE_FALSE(history.state.books.plan_reverse(never_posted, 0, back));
    back.id = history.state.position.next_transfer;
    std::vector<std::byte> bytes;
    begin_batch(bytes);
    append(bytes, back);
    BatchHeader header;
    header.sequence = history.state.position.sequence + 1;
    header.time_us = history.state.position.time.time_since_epoch().count();
    header.event_count = 1;
    header.first_transfer = back.id;
    header.next_transfer = TransferId{back.id.value + 1};
    header.previous = history.state.position.hash;
    const SealedBatch sealed = seal(header, std::move(bytes));
    journal.append(std::span{&sealed, 1});

    const AuditReport report = audit(journal, {.data_directory = {},
                                               .acks = {},
                                               .findings_max = 20,
                                               .limits = audit_limits(),
                                               .progress = nullptr});
    CHECK(has(report, FindingKind::invariant, "transfer 1", "other accounts"));
}

TEST_CASE("audit: a request that was executed twice is found") {
    Site site;
    // The same key again in a later batch: what a lost request memory would do.
    std::vector<std::byte> reference(16);
    const RememberedRequest& first = site.history.told[20];
    std::memcpy(reference.data(), first.reference.data(), 16);
    const MemoryDisk forged = forge(site.journal.disk(), 6, [&](std::span<std::byte> records) {
        std::byte* record = find_transfer(records, TransferKind::posted);
        std::memcpy(record + offsetof(TransferRecord, reference), reference.data(), 16);
    });
    const AuditReport report = site.audit_disk(forged);
    CHECK(has(report, FindingKind::acks, "request 7/" + hex(reference), "more than once"));
}

TEST_CASE("audit: of each kind only so many findings are listed, but all are counted") {
    Site site;
    site.sql("UPDATE transfer SET memo = memo + 1");
    AuditOptions options = site.options();
    options.findings_max = 3;
    const AuditReport report = audit(site.journal, options);
    CHECK(report.findings.list().size() == 3);
    CHECK(report.findings.count() == report.figures.transfers);
    CHECK(text(report).find("more of the same kinds") != std::string::npos);
}

TEST_CASE("audit: the text has each finding on a line and the JSON is as documented") {
    AuditReport report{Findings(2), {"a \"note\""}, {}};
    report.findings.add(FindingKind::journal, "batch 3", "is damaged:\n\\ \x01");
    report.figures.currencies[Currency::kes] = {.accounts = 2,
                                                .debits_posted = 12345,
                                                .credits_posted = 12350,
                                                .debits_pending = 0,
                                                .credits_pending = 0,
                                                .trust = 0,
                                                .owed = 0,
                                                .own = 0};
    CHECK(
        text(report).find("\nfinding: journal: batch 3: is damaged: \\  \nbroken: 1 findings\n") !=
        std::string::npos);
    CHECK(text(report).find("KES: 2 accounts, debits 123.45 = credits 123.50, difference -0.05") !=
          std::string::npos);
    const std::string out = json(report);
    CHECK(out.find("{\"clean\":false,\"findings\":[{\"kind\":\"journal\",\"where\":\"batch 3\","
                   "\"sentence\":\"is damaged:\\u000a\\\\ \\u0001\"}],\"finding_counts\":{"
                   "\"journal\":1,\"replay\":0") == 0);
    CHECK(out.find("\"notes\":[\"a \\\"note\\\"\"]") != std::string::npos);
    CHECK(out.find("\"currencies\":{\"KES\":{\"accounts\":2,\"debits_posted\":\"12345\"") !=
          std::string::npos);
}
