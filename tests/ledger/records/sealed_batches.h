// Small chained batches for tests of stores: no books, only bytes that check out.
#pragma once

#include "ledger/records/batch.h"
#include "ledger/records/event.h"
#include "ledger/store/journal_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tuma::ledger {

/// Seals batches one after another, each chained to the one before.
class BatchChain {
public:
    /// A batch of `transfers` records and one refusal.
    SealedBatch next(std::size_t transfers) {
        std::vector<std::byte> bytes;
        begin_batch(bytes);
        BatchHeader header{.sequence = ++sequence_,
                           .time_us = static_cast<std::int64_t>(sequence_) * 1000,
                           .event_count = static_cast<std::uint32_t>(transfers + 1),
                           .first_transfer = next_transfer_,
                           .next_transfer = next_transfer_,
                           .previous = previous_};
        append(bytes, RequestRefused{.participant = ParticipantId{1},
                                     .refusal = Refusal::insufficient_funds});
        for (std::size_t i = 0; i < transfers; ++i) {
            TransferRecord record;
            record.id = next_transfer_;
            record.amount = static_cast<std::int64_t>(sequence_ * 1000 + i);
            append(bytes, record);
            ++next_transfer_.value;
        }
        header.next_transfer = next_transfer_;
        SealedBatch batch = seal(header, std::move(bytes));
        previous_ = batch.hash;
        return batch;
    }

    std::vector<SealedBatch> next_many(std::size_t count, std::size_t transfers) {
        std::vector<SealedBatch> batches;
        for (std::size_t i = 0; i < count; ++i) batches.push_back(next(transfers));
        return batches;
    }

private:
    std::uint64_t sequence_ = 0;
    TransferId next_transfer_{1};
    Hash previous_{};
};

/// What a reader shows from `first` on: one line a batch, "7 ok" or "7 corrupted".
inline std::vector<std::string> shown(JournalReader& reader, std::uint64_t first = 1) {
    std::vector<std::string> lines;
    reader.scan(first, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        const BatchDamage damage = check_batch(bytes, sequence).damage;
        lines.push_back(std::to_string(sequence) + (damage == BatchDamage::none   ? " ok"
                                                    : damage == BatchDamage::torn ? " torn"
                                                                                  : " corrupted"));
        return true;
    });
    return lines;
}

/// Lines of intact batches `first` to `last`.
inline std::vector<std::string> intact(std::uint64_t first, std::uint64_t last) {
    std::vector<std::string> lines;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence)
        lines.push_back(std::to_string(sequence) + " ok");
    return lines;
}

}  // namespace tuma::ledger
