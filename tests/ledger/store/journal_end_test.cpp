// The head mark: whatever takes the journal's end away is refused at the start and found by audit.
#include "ledger/store/journal_end.h"

#include "ledger/audit/audit.h"
#include "ledger/store/recovery.h"
#include "tests/ledger/history.h"
#include "tests/ledger/store/journal_files.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tuma;
using namespace tuma::ledger;

namespace {

using Damage = std::function<void(const std::filesystem::path&)>;

std::string refused_start(const std::filesystem::path& directory,
                          const SqliteJournalOptions& options = small_segments) {
    return message_of([&] {
        const DirectoryLock lock(directory);
        const SqliteJournal journal(lock, options);
    });
}

AuditReport audited(const std::filesystem::path& directory) {
    SqliteJournalReader reader(directory);
    return audit(reader, {.data_directory = directory,
                          .acks = {},
                          .findings_max = 20,
                          .limits = History::small(),
                          .progress = nullptr});
}

std::string finding(const AuditReport& report, std::string_view where) {
    for (const Finding& one : report.findings.list())
        if (one.kind == FindingKind::journal && one.where == where) return one.sentence;
    return "none";
}

std::filesystem::path newest(const std::filesystem::path& directory) {
    return segment_path(directory, list_segments(directory).back());
}

void remove_with_log(const std::filesystem::path& segment) {
    for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(segment.string() + suffix);
}

void flip(const std::filesystem::path& path, std::size_t from_end) {
    std::string bytes = content(path);
    REQUIRE(bytes.size() > from_end);
    bytes[bytes.size() - 1 - from_end] ^= 0x04;
    put_content(path, bytes);
}

void copy_all(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const auto& entry : std::filesystem::directory_iterator(from))
        std::filesystem::copy_file(entry.path(), to / entry.path().filename());
}

// A way to lose the end of a journal of five files and 33 batches, and what must be said of it.
struct Loss {
    const char* what;
    Damage damage;
    std::string_view says;
    std::string_view found = {};  // by the audit, if it says something else
};

void change_last_row(const std::filesystem::path& dir, const std::string& sql) {
    change(dir, list_segments(dir).back(), sql);
}

std::vector<Loss> lost_files() {
    return {
        {"the log removed", [](const auto& dir) { std::filesystem::remove(log_path(newest(dir))); },
         "ends before it: its write-ahead log is missing or damaged"},
        {"a bit flipped in the log", [](const auto& dir) { flip(log_path(newest(dir)), 100); },
         "batch 33 of the journal: is missing"},
        {"the log cut in half",
         [](const auto& dir) {
             const auto log = log_path(newest(dir));
             std::filesystem::resize_file(log, std::filesystem::file_size(log) / 2);
         },
         "batch 33 of the journal: is missing"},
        {"the log emptied",
         [](const auto& dir) { std::filesystem::resize_file(log_path(newest(dir)), 0); },
         "batch 33 of the journal: is missing"},
        {"the last segment removed", [](const auto& dir) { remove_with_log(newest(dir)); },
         "journal-000005.sqlite, which is missing"},
        {"the last main file removed",
         [](const auto& dir) { std::filesystem::remove(newest(dir)); },
         "is empty or missing, but its log is there", "journal-000005.sqlite, which is missing"},
        {"the last main file emptied",
         [](const auto& dir) { std::filesystem::resize_file(newest(dir), 0); },
         "is empty or missing, but its log is there"},
        {"the last main file and log emptied",
         [](const auto& dir) {
             std::filesystem::resize_file(newest(dir), 0);
             std::filesystem::resize_file(log_path(newest(dir)), 0);
         },
         "journal-000005.sqlite, which is empty"},
        {"the last two segments removed",
         [](const auto& dir) {
             remove_with_log(newest(dir));
             remove_with_log(newest(dir));
         },
         "to 33 of the journal: are missing"},
        {"the whole journal removed",
         [](const auto& dir) {
             while (!list_segments(dir).empty()) remove_with_log(newest(dir));
         },
         "batches 1 to 33 of the journal: are missing, with transfers 1 to 2970"}};
}

std::vector<Loss> lost_rows_and_marks() {
    return {{"the last row removed",
             [](const auto& dir) { change_last_row(dir, "DELETE FROM batch WHERE sequence = 33"); },
             "batch 33 of the journal: is missing, with transfers 2881 to 2970"},
            {"the last row cut short",
             [](const auto& dir) {
                 change_last_row(dir,
                                 "UPDATE batch SET data = substr(data, 1, 99) WHERE sequence = 33");
             },
             "batch 33 of the journal: 99 bytes, but the header says"},
            {"the last row emptied",
             [](const auto& dir) {
                 change_last_row(dir, "UPDATE batch SET data = zeroblob(2000) WHERE sequence = 33");
             },
             "batch 33 of the journal: zeros where"},
            {"the mark removed", [](const auto& dir) { std::filesystem::remove(head_path(dir)); },
             "the head mark is missing, and this journal had one"},
            {"the mark emptied",
             [](const auto& dir) { std::filesystem::resize_file(head_path(dir), 0); },
             "is no whole head mark"},
            {"both slots of the mark altered",
             [](const auto& dir) {
                 flip(head_path(dir), 8192 - 20);
                 flip(head_path(dir), 4096 - 20);
             },
             "is no whole head mark"}};
}

std::vector<Loss> losses() {
    std::vector<Loss> all = lost_files();
    for (Loss& more : lost_rows_and_marks()) all.push_back(std::move(more));
    return all;
}

}  // namespace

TEST_CASE("journal end: every way to lose it is refused with what is missing, and found by audit") {
    const TemporaryDirectory original;
    BatchChain chain;
    // The newest segment is begun, and the last batches are in its log only.
    REQUIRE(append_and_die(original.path(), chain.next_many(33, 90), small_segments) == 0);
    REQUIRE(list_segments(original.path()).size() == 5);
    REQUIRE(size_or_zero(log_path(newest(original.path()))) > 0);
    for (const Loss& row : losses()) {
        CAPTURE(row.what);
        const TemporaryDirectory dir;
        copy_all(original.path(), dir.path());
        row.damage(dir.path());

        const auto before = contents(dir.path());
        const AuditReport report = audited(dir.path());
        CHECK_FALSE(report.is_clean());
        const std::string found = finding(report, "head mark") + finding(report, "batch 1");
        CAPTURE(found);
        CHECK(has(found, row.found.empty() ? row.says : row.found));
        const std::string message = refused_start(dir.path());
        CAPTURE(message);
        CHECK(has(message, row.says));
        CHECK(has(message, "restore"));
        CHECK(message == refused_start(dir.path()));
        // What is left may still be worth something to who mends it.
        CHECK(contents(dir.path()) == before);
    }
}

TEST_CASE("journal end: the mark follows every append and survives a process that dies") {
    const TemporaryDirectory dir;
    BatchChain chain;
    CHECK(read_head(dir.path()) == std::nullopt);
    {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock, small_segments);
        CHECK(read_head(dir.path())->sequence == 0);
        for (std::uint64_t sequence = 2; sequence <= 60; sequence += 2) {
            const std::vector<SealedBatch> group = chain.next_many(2, 60);
            journal.append(group);
            const std::optional<HeadMark> mark = read_head(dir.path());
            REQUIRE(mark.has_value());
            CHECK(mark->sequence == sequence);
            CHECK(mark->hash == group.back().hash);
            CHECK(mark->next_transfer == group.back().header.next_transfer);
            CHECK(mark->segment == list_segments(dir.path()).back());
        }
    }
    REQUIRE(append_and_die(dir.path(), chain.next_many(5, 1), small_segments) == 0);
    CHECK(read_head(dir.path())->sequence == 65);
    CHECK(std::filesystem::file_size(head_path(dir.path())) == 8192);
}

TEST_CASE("journal end: a mark behind the journal is right, and is brought up to it") {
    const TemporaryDirectory dir;
    BatchChain chain;
    REQUIRE(append_and_die(dir.path(), chain.next_many(5, 3)) == 0);
    const std::string early = content(head_path(dir.path()));
    REQUIRE(append_and_die(dir.path(), chain.next_many(4, 3)) == 0);
    SUBCASE("as a power failure leaves it") {
        put_content(head_path(dir.path()), early);
    }
    SUBCASE("one slot torn") {
        // The newer one is the one that says nine.
        for (const std::size_t at : {std::size_t{0}, std::size_t{4096}}) {
            std::string bytes = content(head_path(dir.path()));
            if (bytes[at + 8] == 9) bytes.replace(at + 40, 80, 80, '\0');
            put_content(head_path(dir.path()), bytes);
        }
        CHECK(read_head(dir.path())->sequence == 8);
    }

    CHECK(finding(audited(dir.path()), "head mark") == "none");
    const DirectoryLock lock(dir.path());
    SqliteJournal journal(lock);
    CHECK(journal.last_sequence() == 9);
    CHECK(journal.note().empty());
    CHECK(read_head(dir.path())->sequence == 9);
}

TEST_CASE("journal end: books of before there were marks are opened, and get one") {
    for (const bool is_long : {false, true}) {
        CAPTURE(is_long);
        const TemporaryDirectory dir;
        BatchChain chain;
        REQUIRE(append_and_die(dir.path(), chain.next_many(is_long ? 40 : 3, 90), small_segments) ==
                0);
        forget_head_marks(dir.path());
        const std::uint64_t last = is_long ? 40 : 3;
        CHECK(finding(audited(dir.path()), "head mark") == "none");
        {
            const DirectoryLock lock(dir.path());
            SqliteJournal journal(lock, small_segments);
            CHECK(journal.last_sequence() == last);
            CHECK(read_head(dir.path())->sequence == last);
            journal.append(chain.next_many(1, 1));
        }
        SqliteJournalReader reader(dir.path());
        CHECK(shown(reader) == intact(1, last + 1));
        // Now it had one, and the first file alone remembers it too.
        std::filesystem::remove(head_path(dir.path()));
        CHECK(has(refused_start(dir.path()), "this journal had one"));
        while (list_segments(dir.path()).size() > 1) remove_with_log(newest(dir.path()));
        CHECK(has(refused_start(dir.path()), "this journal had one"));
    }
}

TEST_CASE("journal end: another journal in the place of this one is refused") {
    const TemporaryDirectory dir;
    const TemporaryDirectory other;
    BatchChain chain;
    REQUIRE(append_and_die(dir.path(), chain.next_many(7, 3)) == 0);
    BatchChain other_chain;
    REQUIRE(append_and_die(other.path(), other_chain.next_many(9, 4)) == 0);
    std::filesystem::copy_file(head_path(dir.path()), head_path(other.path()),
                               std::filesystem::copy_options::overwrite_existing);

    const std::string message = refused_start(other.path());
    CAPTURE(message);
    CHECK(has(message, "batch 7 of the journal: is another one than the head mark has"));
    CHECK(has(finding(audited(other.path()), "head mark"), "files were exchanged"));
}

TEST_CASE("journal end: what is lost for good is given up on purpose only, and stays visible") {
    const TemporaryDirectory dir;
    BatchChain chain;
    REQUIRE(append_and_die(dir.path(), chain.next_many(6, 3)) == 0);
    SUBCASE("batches") {
        change(dir.path(), 1, "DELETE FROM batch WHERE sequence > 4");
    }
    SUBCASE("the mark") {
        change(dir.path(), 1, "DELETE FROM batch WHERE sequence > 4");
        std::filesystem::remove(head_path(dir.path()));
    }
    SqliteJournalOptions options;
    CHECK(has(refused_start(dir.path(), options), "--accept-end=4 "));
    for (const std::uint64_t wrong : {0U, 3U, 5U, 6U}) {
        CAPTURE(wrong);
        options.accepted_end = wrong;
        CHECK(has(refused_start(dir.path(), options), "--accept-end=4 "));
    }

    options.accepted_end = 4;
    {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock, options);
        CHECK(journal.last_sequence() == 4);
        CHECK(has(journal.note(), "accepted, batch 4 is the journal's end"));
    }
    // Without it from now on; and left in a settings file it does no harm.
    std::size_t written = 4;
    for (const std::uint64_t later : {0U, 4U}) {
        options.accepted_end = later;
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock, options);
        CHECK(journal.note().empty());
        BatchChain again;
        const std::vector<SealedBatch> batches = again.next_many(++written, 3);
        journal.append(std::span{batches}.last(1));
    }
    const AuditReport report = audited(dir.path());
    CHECK(finding(report, "head mark") == "none");
    CHECK(std::any_of(report.notes.begin(), report.notes.end(), [](const std::string& note) {
        return has(note, "accepted 1 times") && has(note, "at batch 4 where");
    }));
}

TEST_CASE("journal end: a file in the middle that is empty or cut stops the start") {
    const TemporaryDirectory dir;
    BatchChain chain;
    {
        const DirectoryLock lock(dir.path());
        SqliteJournal journal(lock, small_segments);
        for (int i = 0; i < 33; ++i) journal.append(chain.next_many(1, 90));
    }
    const auto middle = segment_path(dir.path(), 2);
    const std::string whole = content(middle);
    REQUIRE(list_segments(dir.path()).size() >= 3);
    for (const std::size_t left : {std::size_t{0}, std::size_t{50}, whole.size() - 4096}) {
        CAPTURE(left);
        put_content(middle, std::string_view(whole).substr(0, left));
        const std::string message = refused_start(dir.path());
        CAPTURE(message);
        CHECK(has(message, middle.string()));
        CHECK(has(message, left == 0 ? "is empty" : "is cut short"));
        CHECK_FALSE(audited(dir.path()).is_clean());
    }
    put_content(middle, whole);
    CHECK(refused_start(dir.path()) == "nothing was thrown");
}

TEST_CASE(
    "journal end: a torn last batch that the mark has is refused, one that it has not is a "
    "note") {
    for (const bool was_durable : {false, true}) {
        CAPTURE(was_durable);
        const TemporaryDirectory dir;
        {
            const DirectoryLock lock(dir.path());
            SqliteJournal journal(lock);
            History history(journal, 3);
            history.open(5);
            history.batch(20);
            const std::string head = content(head_path(dir.path()));
            history.batch(20);
            if (!was_durable) put_content(head_path(dir.path()), head);
        }
        const std::uint64_t last = SqliteJournalReader(dir.path()).last_sequence();
        change(dir.path(), 1,
               "UPDATE batch SET data = substr(data, 1, 200) WHERE sequence = " +
                   std::to_string(last));
        const AuditReport report = audited(dir.path());
        CHECK(report.is_clean() != was_durable);
        const std::string message = refused_start(dir.path());
        CHECK(has(message, was_durable ? "the head mark says that it was written whole"
                                       : "nothing was thrown"));
    }
}
