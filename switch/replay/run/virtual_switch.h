// A switch in virtual time: it goes from deadline to deadline and never looks at a clock.
#pragma once

#include "ledger/store/journal_store.h"
#include "ledger/words/time.h"
#include "switch/core/switch.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace tuma::replay {

/// When a day's books are closed, from the day's begin.
inline constexpr Duration last_moment = std::chrono::days{1} - Duration{1};

/// One core with its journal. Batches are chained as on a running switch. Without a store only the
/// newest hash is kept; with one, batches are handed over in groups, so that one sync covers many.
class VirtualSwitch {
public:
    /// Called with the records of each batch, in order.
    using OnRecords = std::function<void(std::span<const std::byte>)>;

    /// `store` may be null; else it outlives the switch and continues where the state is.
    VirtualSwitch(ledger::State state, ledger::JournalStore* store, OnRecords on_records);

    /// Does everything due up to `now`, each deadline in a batch at its own time, then opens a
    /// batch at `now`. Requires: no open batch, time does not go back.
    void begin(Timestamp now);
    /// Requires: an open batch.
    core::Outcome handle(const core::Request& request) { return core_.handle(request); }
    /// Closes the batch. Throws ledger::StoreError.
    void end();
    /// Makes everything durable that is not yet. Throws ledger::StoreError.
    void flush();

    const ledger::State& state() const { return core_.state(); }
    const ledger::Hash& head() const { return head_; }
    std::uint64_t events() const { return events_; }

    /// Flushes and gives the state away.
    ledger::State release() &&;

private:
    core::Switch core_;
    ledger::JournalStore* store_;
    OnRecords on_records_;
    ledger::Hash head_;
    std::uint64_t events_ = 0;
    std::vector<std::byte> buffer_;
    std::vector<ledger::SealedBatch> waiting_;
    std::size_t waiting_bytes_ = 0;
};

}  // namespace tuma::replay
