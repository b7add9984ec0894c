#include "ledger/store/journal_end.h"

#include "ledger/store/journal_segment.h"
#include "ledger/store/sqlite_journal.h"

#include <fmt/format.h>

#include <system_error>
#include <vector>

namespace tuma::ledger {
namespace {

// A stored batch as its check finds it.
struct Stored {
    std::vector<std::byte> bytes;
    BatchCheck check;

    bool is_whole() const { return check.damage == BatchDamage::none; }
};

std::optional<Stored> find_batch(JournalReader& reader, std::uint64_t sequence) {
    std::optional<Stored> found;
    // Batches count from 1; the mark of new books says 0.
    if (sequence == 0) return found;
    reader.scan(sequence, [&](std::uint64_t stored, std::span<const std::byte> bytes) {
        if (stored != sequence) return false;
        found.emplace();
        // Copied: a visitor's bytes are gone once it returns, and the check points into them.
        found->bytes.assign(bytes.begin(), bytes.end());
        found->check = check_batch(found->bytes, sequence);
        return false;
    });
    return found;
}

// True when a segment says that a head mark stands beside it. The first is always there and the
// newest is always looked into, so the others need not be.
bool had_mark(const std::filesystem::path& directory) {
    const std::vector<std::uint32_t> numbers = list_segments(directory);
    if (numbers.empty()) return false;
    for (const std::uint32_t number : {numbers.front(), numbers.back()}) {
        const auto path = segment_path(directory, number);
        require_file_of_log(path);
        SqlDatabase database(path, SqlAccess::read_only);
        if (segment_format(database) == SegmentFormat::with_head_mark) return true;
    }
    return false;
}

std::string state_of_file(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return "is missing";
    if (std::filesystem::file_size(path, error) == 0) return "is empty";
    // The file's size cannot tell: what is missing may have been in the log only.
    return "is there but ends before it: its write-ahead log is missing or damaged";
}

std::string missing_end(const std::filesystem::path& directory, const HeadMark& mark,
                        std::uint64_t last_sequence, const std::optional<Stored>& last) {
    // Without a whole batch at the end the first number that was lost is not known, and the
    // sentence leaves it out.
    TransferId next{1};
    if (last && last->is_whole()) next = last->check.view.header.next_transfer;
    const auto file = segment_path(directory, mark.segment);
    const bool is_one = last_sequence + 1 == mark.sequence;
    return fmt::format(
        "{} of the journal: {} missing{}; the head mark has {}, so {} written and may have been "
        "acknowledged; {} in {}, which {}",
        range_text("batch", "batches", last_sequence + 1, mark.sequence), is_one ? "is" : "are",
        next < mark.next_transfer ? ", with " + range_text("transfer", "transfers", next.value,
                                                           mark.next_transfer.value - 1)
                                  : "",
        is_one ? "it" : "them", is_one ? "it was" : "they were", is_one ? "it was" : "the last was",
        file.string(), state_of_file(file));
}

std::string altered_end(JournalReader& reader, const HeadMark& mark) {
    // New books that were never written to agree with any journal.
    if (mark.sequence == 0) return {};
    const std::string batch = fmt::format("batch {} of the journal: ", mark.sequence);
    const std::optional<Stored> marked = find_batch(reader, mark.sequence);
    if (!marked) return batch + "is missing; the head mark says that it was written";
    if (!marked->is_whole())
        return batch + marked->check.reason + "; the head mark says that it was written whole";
    if (marked->check.view.hash != mark.hash)
        // Nothing is damaged, and yet it is another history: files of two directories were mixed.
        return fmt::format(
            "{}is another one than the head mark has: its hash is {}, it was {}; the journal's "
            "files were exchanged",
            batch, hex(marked->check.view.hash), hex(mark.hash));
    return {};
}

}  // namespace

JournalEnd compare_with_mark(const std::filesystem::path& directory, JournalReader& reader,
                             const std::optional<HeadMark>& mark) {
    JournalEnd end{mark, reader.last_sequence(), {}};
    const std::uint64_t stored = end.last_sequence;
    const std::optional<Stored> last = find_batch(reader, stored);
    // A torn end behind the mark was never acknowledged. It counts as there when it is compared,
    // and not as an end to go on from.
    if (last && last->check.damage == BatchDamage::torn) --end.last_sequence;
    if (!mark) {
        // Books from before there were marks have none, and are not suspected.
        if (had_mark(directory))
            end.difference = fmt::format(
                "{}: the head mark is missing, and this journal had one; without it nobody can say "
                "whether the journal's end is all there",
                head_path(directory).string());
    } else if (stored < mark->sequence) {
        end.difference = missing_end(directory, *mark, stored, last);
    } else {
        end.difference = altered_end(reader, *mark);
    }
    return end;
}

std::string range_text(std::string_view one, std::string_view many, std::uint64_t first,
                       std::uint64_t last) {
    return first == last ? fmt::format("{} {}", one, first)
                         : fmt::format("{} {} to {}", many, first, last);
}

std::string refusal_of(const JournalEnd& end, const std::filesystem::path& directory) {
    // Two ways out, the better one first: to go on without the end is for good.
    const std::string without_copy =
        end.last_sequence == 0
            ? std::string("nothing is left to go on with, begin anew in another --data=DIR")
            : fmt::format(
                  "tuma serve --data={} --accept-end={} goes on with what is left, and what is "
                  "missing is lost for good",
                  directory.string(), end.last_sequence);
    return fmt::format(
        "{}; restore the journal's files and the head mark together from a copy, and run tuma "
        "audit --data={} to see what is intact; if there is no copy, {}",
        end.difference, directory.string(), without_copy);
}

void require_journal_end(const std::filesystem::path& directory) {
    // Read before the journal is opened, because opening recovers the log and so changes what is
    // there.
    const std::optional<HeadMark> mark = read_head(directory);
    SqliteJournalReader reader(directory);
    const JournalEnd end = compare_with_mark(directory, reader, mark);
    if (!end.difference.empty()) throw StoreError(refusal_of(end, directory));
}

std::string acceptance_note(const HeadMark& mark) {
    if (mark.acceptances == 0) return {};
    return fmt::format(
        "the journal's end was accepted {} times although it did not fit its head mark, the last "
        "time at batch {} where {}; what came after it was lost and its numbers were given again",
        mark.acceptances, mark.accepted_end,
        mark.accepted_mark == 0 ? std::string("the mark was missing")
                                : fmt::format("the mark had batch {}", mark.accepted_mark));
}

}  // namespace tuma::ledger
