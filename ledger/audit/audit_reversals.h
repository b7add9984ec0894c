// No transfer is moved back by more than it moved; needs the originals, which no memory keeps.
#pragma once

#include "ledger/audit/audit.h"
#include "ledger/records/event.h"

#include <cstdint>
#include <map>
#include <vector>

namespace tuma::ledger {

/// Gathers what was moved back while the journal passes by, and looks at the originals afterwards.
class ReversalCheck {
public:
    void see(const TransferRecord& record);
    /// Reads the batches up to `last` once more, if anything was moved back.
    void finish(JournalReader& journal, std::uint64_t last, Findings& findings);

private:
    struct Reversed {
        std::uint64_t original = 0;
        std::int64_t amount = 0;
        AccountId debit;  ///< 0 with the other: any
        AccountId credit;
    };

    void compare(const TransferRecord& original, Findings& findings);

    /// One a reversing record, sorted by original in `finish`.
    std::vector<Reversed> reversed_;
    std::size_t next_ = 0;
};

}  // namespace tuma::ledger
