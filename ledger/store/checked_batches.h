// Batches read and checked by a thread of their own, a bounded way ahead of who takes them.
#pragma once

#include "ledger/store/handoff.h"
#include "ledger/store/journal_store.h"

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace tuma::ledger {

/// A stored batch with what its check found.
struct CheckedBatch {
    std::uint64_t sequence = 0;
    BatchCheck check;
};

/// Some consecutive batches in one buffer; handing over each alone would cost more than its work.
struct BatchChunk {
    std::vector<std::byte> bytes;
    std::vector<CheckedBatch> batches;
};

/// Reads batches `first` to `last` ahead. Nobody else may use the reader while this lives.
class CheckedBatches {
public:
    CheckedBatches(JournalReader& reader, std::uint64_t first, std::uint64_t last);
    CheckedBatches(const CheckedBatches&) = delete;
    CheckedBatches& operator=(const CheckedBatches&) = delete;
    ~CheckedBatches();

    /// The next chunk, or null at the end. Throws what the reader threw.
    std::unique_ptr<BatchChunk> take();

private:
    void read(JournalReader& reader, std::uint64_t first, std::uint64_t last);

    Handoff<std::unique_ptr<BatchChunk>> chunks_;
    std::thread thread_;
};

}  // namespace tuma::ledger
