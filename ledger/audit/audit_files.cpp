#include "ledger/audit/audit_files.h"

#include "ledger/store/head_mark.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/journal_store.h"
#include "ledger/store/sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tuma::ledger {
namespace {

void add(AuditReport& report, std::string sentence) {
    report.findings.add(FindingKind::journal, "files", std::move(sentence));
}

// The start looks for the same.
void check_names(const std::filesystem::path& directory, std::span<const std::uint32_t> numbers,
                 AuditReport& report) {
    try {
        require_segments(directory, numbers);
    } catch (const StoreError& error) {
        add(report, error.what());
    }
}

// Rows outside the order in which batches are read. `last` is the newest of the files before.
void check_rows(const std::filesystem::path& path, bool is_newest, std::int64_t& last,
                AuditReport& report) {
    // Read-only: a server may be writing to the newest file meanwhile.
    SqlDatabase database(path, SqlAccess::read_only);
    // A file that is being made, or whose making was cut off, has no table to ask.
    if (segment_format(database) == SegmentFormat::none) return;
    // Only the newest may be without a batch, because the next file is begun before its first
    // batch.
    if (!is_newest) require_batch(database);
    // The number is the table's key, so both ends are found without reading the rows between them.
    // No row at all is right: it answers with the number that would be.
    const std::int64_t least = database.number("SELECT min(sequence) FROM batch", last + 1);
    if (least < 1)
        add(report, fmt::format("{}: has a row of the number {}; batches are numbered from 1, "
                                "somebody put it there",
                                path.string(), least));
    else if (least <= last)
        add(report, fmt::format("{}: begins with batch {}, but the files before it go up to batch "
                                "{}; some are there twice",
                                path.string(), least, last));
    last = std::max(last, database.number("SELECT max(sequence) FROM batch", last));
}

}  // namespace

void check_files(const std::filesystem::path& directory, AuditReport& report) {
    const std::vector<std::uint32_t> numbers = list_segments(directory);
    check_names(directory, numbers, report);
    std::int64_t last = 0;
    for (const std::uint32_t number : numbers) {
        const auto path = segment_path(directory, number);
        if (size_or_zero(path) == 0) continue;  // said already, or just being made
        try {
            check_rows(path, number == numbers.back(), last, report);
        } catch (const SqlDamage&) {
            continue;  // found where the batches are read
        } catch (const StoreError& error) {
            add(report, error.what());
        }
    }
    // A process that is killed may leave one slot unfinished. A start goes on then, so that it is
    // no finding.
    const auto flaw = flaw_of_head(directory);
    if (!flaw) return;
    if (flaw->stops_a_start)
        add(report, flaw->sentence);
    else
        report.notes.push_back(flaw->sentence);
}

}  // namespace tuma::ledger
