// Acknowledgements against the journal: each is there exactly once, as it was told.
#pragma once

#include "ledger/audit/audit.h"
#include "ledger/records/event.h"
#include "ledger/state/request_keys.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tuma::ledger {

/// True for answers that are given without writing anything: too busy, no key, a key reused.
bool leaves_no_record(Refusal code);

/// Takes in all acknowledgements, then sees the journal pass by.
class AcksCheck {
public:
    /// Throws UnusableInput.
    AcksCheck(const std::vector<std::filesystem::path>& paths, AuditFigures& figures,
              Findings& findings);

    void see(const Event& event, Timestamp time);
    /// Everything was seen: what was acknowledged and not seen is missing.
    void finish();

private:
    std::size_t slot_of(const RequestKey& key) const;
    void index(AuditFigures& figures);

    Findings& findings_;
    std::vector<RememberedRequest> acks_;
    /// Open addressing by key: position + 1; 0 is empty.
    std::vector<std::uint32_t> slots_;
    std::size_t mask_ = 0;
    /// Which acknowledgements were met in the journal, or need not be.
    std::vector<bool> is_settled_;
};

}  // namespace tuma::ledger
