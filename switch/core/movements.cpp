#include "switch/core/movements.h"

namespace tuma::core {

void LinkedSet::apply_leg(std::size_t i) {
    ledger::State& state = batch_.state;
    ledger::TransferRecord& record = records_[i];
    // The numbers are provisional: `next_transfer` moves on only when the set is remembered, so
    // that a set that is refused leaves no gap.
    record.id = TransferId{state.position.next_transfer.value + i};
    // These two flags alone say where a set begins and ends in the journal.
    if (i > 0) record.flags |= ledger::flag_continuation;
    if (i + 1 < records_.size()) record.flags |= ledger::flag_linked;
    // Carrying the leg out ends the reservation, and `undo` needs it as it was.
    if (record.kind == ledger::TransferKind::settled)
        settled_ = *state.books.find_reservation(record.subject);
    // On the books alone and not by `State::apply`: counters of limits and sums that fall due must
    // never see a leg that may be taken back.
    state.books.apply(record);
    check_own_funds(state.books, record);
}

void LinkedSet::take_back(std::size_t count) {
    // The newest first: `undo` takes back only the newest record of both its accounts.
    while (count > 0) batch_.state.books.undo(records_[--count], settled_);
}

void LinkedSet::emit() const {
    for (const ledger::TransferRecord& record : records_) {
        // `remember` is the rest of what `State::apply` does; the books have the leg already.
        batch_.state.remember(record, batch_.now);
        batch_.append(record);
    }
}

}  // namespace tuma::core
