// How money that was planned moves: one record, or a linked set of them, all or none.
#pragma once

#include "ledger/records/transfer.h"
#include "ledger/words/ensure.h"
#include "switch/core/open_batch.h"
#include "switch/core/requests.h"

#include <optional>
#include <span>

namespace tuma::core {

/// A record that remembers this request; everything else is for a plan to fill in.
inline ledger::TransferRecord record_for(const Request& request) {
    ledger::TransferRecord record;
    record.reference = request.key.reference;
    record.digest = request.digest;
    record.participant = request.key.participant;
    return record;
}

/// What was planned on the books keeps the operator's own funds covered; settling a reservation was
/// planned before, by whichever rules held then.
inline void check_own_funds(const ledger::Books& books, const ledger::TransferRecord& record) {
    if (record.kind == ledger::TransferKind::settled) return;
    ensure(!books.are_own_funds_short() || !books.own_funds(record.currency).is_short() ||
               !books.lowers_own_funds(record),
           "no movement brings the operator's own funds below zero");
}

/// Gives the planned record the next number and carries it out.
inline void emit_transfer(OpenBatch& batch, ledger::TransferRecord& record) {
    record.id = batch.state.position.next_transfer;
    batch.emit(record);
    check_own_funds(batch.state.books, record);
}

/// As `emit_transfer`, and what the client hears of it.
inline Outcome accept(OpenBatch& batch, ledger::TransferRecord& record) {
    emit_transfer(batch, record);
    return {.id = record.id.value, .time = batch.now, .balance = record.debit_balance_after};
}

/// The records of a set whose legs are on the books but not yet in the journal.
class LinkedSet {
public:
    /// `records` are where the set is made, one for each leg.
    LinkedSet(OpenBatch& batch, std::span<ledger::TransferRecord> records)
        : batch_(batch), records_(records) {}

    /// `plan(i, record)` plans leg `i` on what the legs before it have left and refuses or fills
    /// the record in. On a refusal the legs before it are taken back, and nothing has changed.
    template <typename Plan>
    std::optional<Refusal> apply(const Request& request, const Plan& plan) {
        for (std::size_t i = 0; i < records_.size(); ++i) {
            ledger::TransferRecord& record = records_[i];
            record = record_for(request);
            record.due_at = microseconds(batch_.now);
            if (const auto refusal = plan(i, record)) {
                take_back(i);
                return refusal;
            }
            apply_leg(i);
        }
        return std::nullopt;
    }
    /// Remembers and journals the set. Requires: it was applied.
    void emit() const;

private:
    void apply_leg(std::size_t i);
    /// The first `count` legs, the last one first.
    void take_back(std::size_t count);

    OpenBatch& batch_;
    std::span<ledger::TransferRecord> records_;
    std::optional<ledger::Reservation> settled_;
};

/// Moves a set whose records carry no request's key: it is the switch's own doing, or an order's.
template <typename Plan>
std::optional<Refusal> move_set(OpenBatch& batch, std::span<ledger::TransferRecord> records,
                                const Plan& plan) {
    LinkedSet set(batch, records);
    if (const auto refusal = set.apply(Request{}, plan)) return refusal;
    set.emit();
    return std::nullopt;
}

/// Moves a set for a request; a refusal is remembered in its place.
template <typename Plan>
Outcome move_set(OpenBatch& batch, const Request& request,
                 std::span<ledger::TransferRecord> records, const Plan& plan) {
    LinkedSet set(batch, records);
    if (const auto refusal = set.apply(request, plan)) return refuse(batch, request, *refusal);
    set.emit();
    const ledger::TransferRecord& first = records.front();
    return {.id = first.id.value, .time = batch.now, .balance = first.debit_balance_after};
}

}  // namespace tuma::core
