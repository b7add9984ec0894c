#include "ledger/journal_end.h"

#include "ledger/journal_segment.h"
#include "ledger/sqlite_journal.h"

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
    if (sequence == 0) return found;
    reader.scan(sequence, [&](std::uint64_t stored, std::span<const std::byte> bytes) {
        if (stored != sequence) return false;
        found.emplace();
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
    return "is there but ends before it: its write-ahead log is missing or damaged";
}

std::string missing_end(const std::filesystem::path& directory, const HeadMark& mark,
                        std::uint64_t last_sequence, const std::optional<Stored>& last) {
    TransferId next{1};
    if (last && last->is_whole()) next = last->check.view.header.next_transfer;
    const auto file = segment_path(directory, mark.segment);
    return fmt::format(
        "batches {} to {} of the journal: are missing{}; the head mark has them, so they were "
        "written and may have been acknowledged; the last was in {}, which {}",
        last_sequence + 1, mark.sequence,
        next < mark.next_transfer
            ? fmt::format(", with transfers {} to {}", next.value, mark.next_transfer.value - 1)
            : "",
        file.string(), state_of_file(file));
}

std::string altered_end(JournalReader& reader, const HeadMark& mark) {
    if (mark.sequence == 0) return {};
    const std::string batch = fmt::format("batch {} of the journal: ", mark.sequence);
    const std::optional<Stored> marked = find_batch(reader, mark.sequence);
    if (!marked) return batch + "is missing; the head mark says that it was written";
    if (!marked->is_whole())
        return batch + marked->check.reason + "; the head mark says that it was written whole";
    if (marked->check.view.hash != mark.hash)
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
    if (last && last->check.damage == BatchDamage::torn) --end.last_sequence;
    if (!mark) {
        if (had_mark(directory))
            end.misfit = fmt::format(
                "{}: the head mark is missing, and this journal had one; without it nobody can say "
                "whether the journal's end is all there",
                head_path(directory).string());
    } else if (stored < mark->sequence) {
        end.misfit = missing_end(directory, *mark, stored, last);
    } else {
        end.misfit = altered_end(reader, *mark);
    }
    return end;
}

std::string refusal_of(const JournalEnd& end) {
    const std::string without_copy =
        end.last_sequence == 0
            ? std::string("nothing is left to go on with, begin anew in another --data=DIR")
            : fmt::format(
                  "tuma serve --accept-end={} goes on with what is left, and what is "
                  "missing is lost for good",
                  end.last_sequence);
    return fmt::format(
        "{}; restore the journal's files and the head mark together from a copy, and run tuma "
        "audit --data=DIR to see what is intact; if there is no copy, {}",
        end.misfit, without_copy);
}

void require_journal_end(const std::filesystem::path& directory) {
    const std::optional<HeadMark> mark = read_head(directory);
    SqliteJournalReader reader(directory);
    const JournalEnd end = compare_with_mark(directory, reader, mark);
    if (!end.misfit.empty()) throw StoreError(refusal_of(end));
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
