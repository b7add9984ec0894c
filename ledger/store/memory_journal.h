// A journal in memory, with the faults of a disk on request.
#pragma once

#include "ledger/store/journal_store.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace tuma::ledger {

/// What shall go wrong, and when.
struct MemoryFaults {
    /// The append, counted from 1, that throws StoreError, as do all after it.
    std::uint64_t failing_append = std::numeric_limits<std::uint64_t>::max();
    /// How many batches of the failing append reach the disk all the same, unacknowledged.
    std::size_t stored_by_failing_append = 0;
    /// Called in each append, counted from 1, after its batches are written and before they are
    /// durable; a test waits or looks at `disk` there. Called without any lock.
    std::function<void(std::uint64_t append)> before_durable = nullptr;
};

/// The bytes of each stored batch; batch `n` is element `n - 1`.
using MemoryDisk = std::vector<std::vector<std::byte>>;

/// What a crash leaves: the last `lost_batches` are gone, and of the last one that is left only
/// the first `torn_at` bytes. Requires: no more lost than there are.
MemoryDisk after_crash(MemoryDisk disk, std::size_t lost_batches,
                       std::optional<std::size_t> torn_at = std::nullopt);

/// Journal and reader in one; any number of threads.
class MemoryJournal final : public JournalStore, public JournalReader {
public:
    explicit MemoryJournal(MemoryFaults faults = {})
        : MemoryJournal(MemoryDisk{}, std::move(faults)) {}
    /// Starts with what a disk held; all of it counts as durable.
    explicit MemoryJournal(MemoryDisk disk, MemoryFaults faults = {});

    void append(std::span<const SealedBatch> batches) override;
    void maintain() override {}
    Durability durability() const override { return Durability::memory; }

    std::uint64_t last_sequence() override;
    void scan(std::uint64_t first, const Visitor& visit) override;
    std::vector<std::byte> batch_of(TransferId id) override;

    /// As `SqliteJournal::drop_from`.
    void drop_from(std::uint64_t sequence);

    /// A copy of everything written, durable or not.
    MemoryDisk disk() const;
    /// How many batches at the end of `disk` are not durable: a crash may lose them.
    std::size_t not_durable() const;

private:
    std::optional<std::vector<std::byte>> durable_batch(std::uint64_t sequence) const;

    const MemoryFaults faults_;
    mutable std::mutex mutex_;
    MemoryDisk batches_;
    std::size_t durable_ = 0;
    std::uint64_t appends_ = 0;
};

}  // namespace tuma::ledger
