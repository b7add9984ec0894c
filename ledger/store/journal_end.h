// Is the journal's end all there? The head mark knows how far it had come.
#pragma once

#include "ledger/store/head_mark.h"
#include "ledger/store/journal_store.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::ledger {

/// A journal and the head mark beside it, compared.
struct JournalEnd {
    std::optional<HeadMark> mark;
    std::uint64_t last_sequence = 0;  ///< the journal's last batch that is not torn, 0 for none
    std::string difference;           ///< what is missing or altered; empty when they agree
};

/// Compares the journal with `mark`, which `read_head` gave before the reader was first used: then
/// it is never ahead of what is read, also beside a running server. A mark that is behind is right
/// after a power failure, none in books that were written before there were marks. Reads only.
/// Throws StoreError when something cannot be read.
JournalEnd compare_with_mark(const std::filesystem::path& directory, JournalReader& reader,
                             const std::optional<HeadMark>& mark);

/// `difference`, and what to do about it.
std::string refusal_of(const JournalEnd& end, const std::filesystem::path& directory);

/// "batch 5", "batches 5 to 9".
std::string range_text(std::string_view one, std::string_view many, std::uint64_t first,
                       std::uint64_t last);

/// Throws StoreError when the end of the journal in `directory` is not what its mark says.
void require_journal_end(const std::filesystem::path& directory);

/// What people should know of a mark whose journal was once accepted without its end; empty when
/// that never happened.
std::string acceptance_note(const HeadMark& mark);

}  // namespace tuma::ledger
