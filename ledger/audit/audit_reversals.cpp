#include "ledger/audit/audit_reversals.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::ledger {

void ReversalCheck::see(const TransferRecord& record) {
    if (!record.gives_back()) return;
    // A refund may be paid by another account than was paid, and gets charges back for it.
    const bool is_refund = record.kind == TransferKind::posted;
    reversed_.push_back({record.subject.value, record.amount,
                         is_refund ? AccountId{} : record.debit,
                         is_refund ? AccountId{} : record.credit});
}

void ReversalCheck::finish(JournalReader& journal, std::uint64_t last, Findings& findings) {
    if (reversed_.empty()) return;
    // In the order in which one walk over the journal meets the originals.
    std::sort(reversed_.begin(), reversed_.end(),
              [](const Reversed& a, const Reversed& b) { return a.original < b.original; });
    next_ = 0;
    journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        // Behind `last` nothing was replayed, so that nothing was gathered there.
        if (sequence > last || next_ == reversed_.size()) return false;
        // The first reading has found these batches whole, so that they are longer than their
        // frame.
        std::span<const std::byte> records =
            bytes.subspan(sizeof(BatchHeader), bytes.size() - batch_overhead_bytes);
        while (!records.empty()) {
            const Result<Event> event = take_event(records);
            // These batches were whole a moment ago; damage since then is for the next audit.
            if (!event) return false;
            if (const auto* record = std::get_if<TransferRecord>(&*event))
                compare(*record, findings);
        }
        return true;
    });
    for (; next_ < reversed_.size(); ++next_)
        findings.add(FindingKind::invariant, fmt::format("transfer {}", reversed_[next_].original),
                     "was moved back, but there is no such transfer");
}

void ReversalCheck::compare(const TransferRecord& original, Findings& findings) {
    const auto wrong = [&](const std::string& sentence) {
        findings.add(FindingKind::invariant, fmt::format("transfer {}", original.id.value),
                     sentence);
    };
    // Wide: many parts of large amounts may pass 64 bits, and that is what is looked for.
    __extension__ __int128 total = 0;
    for (; next_ < reversed_.size() && reversed_[next_].original <= original.id.value; ++next_) {
        const Reversed& back = reversed_[next_];
        // The walk has passed its number, and no record had it.
        if (back.original < original.id.value) {
            findings.add(FindingKind::invariant, fmt::format("transfer {}", back.original),
                         "was moved back, but there is no such transfer");
            continue;
        }
        total += back.amount;
        if (original.kind != TransferKind::posted && original.kind != TransferKind::settled)
            wrong(fmt::format("was moved back, but it is {}", name(original.kind)));
        if (back.debit && (back.debit != original.credit || back.credit != original.debit))
            wrong("was moved back between other accounts than its own");
    }
    if (total > original.amount)
        wrong(fmt::format("moved {} minor units, but {} were moved back", original.amount, total));
}

}  // namespace tuma::ledger
