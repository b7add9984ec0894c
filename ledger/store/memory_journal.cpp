// The journal in memory.
#include "ledger/store/memory_journal.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tuma::ledger {

MemoryDisk after_crash(MemoryDisk disk, std::size_t lost_batches,
                       std::optional<std::size_t> torn_at) {
    // What a crash loses is always the end: the disk got its writes in order.
    ensure(lost_batches <= disk.size(), "losing more batches than there are");
    disk.resize(disk.size() - lost_batches);
    if (torn_at && !disk.empty()) disk.back().resize(std::min(*torn_at, disk.back().size()));
    return disk;
}

MemoryJournal::MemoryJournal(MemoryDisk disk, MemoryFaults faults)
    : faults_(std::move(faults)), batches_(std::move(disk)), durable_(batches_.size()) {}

void MemoryJournal::append(std::span<const SealedBatch> batches) {
    std::uint64_t append_number = 0;
    bool is_failing = false;
    std::size_t written = 0;
    {
        // Counted under the lock, because tests look at the disk from other threads.
        const std::lock_guard lock(mutex_);
        append_number = ++appends_;
        is_failing = append_number >= faults_.failing_append;
        // Only the first failure may leave something behind; after it nothing is written.
        const std::size_t stored = append_number == faults_.failing_append
                                       ? std::min(faults_.stored_by_failing_append, batches.size())
                                       : 0;
        for (const SealedBatch& batch : batches.first(is_failing ? stored : batches.size())) {
            // The same demand as on disk, so that a test cannot pass with an order that SQLite
            // would refuse.
            ensure(batch.header.sequence == batches_.size() + 1,
                   "batches are appended without gaps");
            batches_.push_back(batch.bytes);
        }
        written = batches_.size();
    }
    // Called without the lock: a test blocks here to see what others are told meanwhile.
    if (faults_.before_durable) faults_.before_durable(append_number);
    if (is_failing)
        throw StoreError("memory journal: the append failed as it was told to; start again");
    // Only now is it durable: a reader sees no batch that could still be lost.
    const std::lock_guard lock(mutex_);
    durable_ = written;
}

std::uint64_t MemoryJournal::last_sequence() {
    const std::lock_guard lock(mutex_);
    return durable_;
}

std::optional<std::vector<std::byte>> MemoryJournal::durable_batch(std::uint64_t sequence) const {
    const std::lock_guard lock(mutex_);
    if (sequence == 0 || sequence > durable_) return std::nullopt;
    return batches_[sequence - 1];
}

void MemoryJournal::scan(std::uint64_t first, const Visitor& visit) {
    // Each batch is fetched under the lock and visited without it, so that a visitor may call back.
    for (std::uint64_t sequence = std::max<std::uint64_t>(first, 1);; ++sequence) {
        const auto bytes = durable_batch(sequence);
        if (!bytes || !visit(sequence, *bytes)) return;
    }
}

std::vector<std::byte> MemoryJournal::batch_of(TransferId id) {
    const std::lock_guard lock(mutex_);
    const auto begins_after = [](TransferId wanted, const std::vector<std::byte>& bytes) {
        BatchHeader header;
        // Torn batches have no header. They are at the end, so they sort behind everything.
        if (bytes.size() < sizeof header) return true;
        std::memcpy(&header, bytes.data(), sizeof header);
        return wanted < header.first_transfer;
    };
    const auto end = batches_.begin() + static_cast<std::ptrdiff_t>(durable_);
    const auto after = std::upper_bound(batches_.begin(), end, id, begins_after);
    if (after == batches_.begin()) return {};
    const std::vector<std::byte>& bytes = *(after - 1);
    BatchHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    // The last batch that begins at or before it may still end before it.
    return id < header.next_transfer ? bytes : std::vector<std::byte>{};
}

void MemoryJournal::drop_from(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    // What was acknowledged is never dropped; the last batch is the only one that may be torn.
    ensure(sequence == batches_.size() && sequence != 0, "only the last batch can be dropped");
    batches_.pop_back();
    durable_ = std::min(durable_, batches_.size());
}

MemoryDisk MemoryJournal::disk() const {
    const std::lock_guard lock(mutex_);
    return batches_;
}

std::size_t MemoryJournal::not_durable() const {
    const std::lock_guard lock(mutex_);
    return batches_.size() - durable_;
}

}  // namespace tuma::ledger
