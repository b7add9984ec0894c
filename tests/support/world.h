// A switch with a journal in memory and a clock that only moves when told to.
#pragma once

#include "ledger/archive/order_archive.h"
#include "ledger/records/batch.h"
#include "ledger/records/event.h"
#include "ledger/state/state.h"
#include "switch/core/switch.h"
#include "tests/support/temporary_directory.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace tuma::testing {

/// Limits that are small enough to reach in a test.
ledger::StateLimits small_limits();

/// Everything in one thread: each call decides one batch, seals it and keeps it.
class World {
public:
    explicit World(const ledger::StateLimits& limits = small_limits());
    /// Orders that leave memory are written to an archive and looked up there, as the engine does.
    /// Requires: nothing has been decided; no `restart`.
    void keep_orders();

    /// Decides one request in a batch of its own.
    core::Outcome handle(const core::Request& request);
    /// Decides all requests in one batch.
    std::vector<core::Outcome> handle_together(std::span<const core::Request> requests);
    /// Lets time pass, stopping at every deadline on the way; `look` is called after each.
    void pass(
        Duration duration, const std::function<void()>& look = [] {});

    /// The records of the set that transfer `id` begins, as a look-up in the journal finds them.
    std::vector<ledger::TransferRecord> set_of(TransferId id) const;
    /// When the batch of transfer `id` was decided; the zero time if there is no such transfer.
    Timestamp time_of(TransferId id) const;
    /// Everything in the journal.
    std::vector<ledger::Event> events() const;
    /// A fresh state after replaying the whole journal. Requires: everything fits.
    ledger::State replayed() const;
    /// The process ends and starts again: memory is gone, the journal is not.
    void restart();
    /// Puts a batch of these transfers at the journal's end, as another version of the program
    /// would have written it, and starts again. Requires: they fit the state.
    void write(std::span<const ledger::TransferRecord> records);
    /// Changes every transfer in the journal, as another version of the program would have written
    /// it, and starts again.
    void rewrite(const std::function<void(ledger::TransferRecord&)>& change);

    Timestamp now{std::chrono::hours{24}};
    ledger::StateLimits limits;
    core::Switch core;
    std::vector<ledger::SealedBatch> journal;

private:
    /// With what the shell looks up in the journal for it.
    core::Request with_original(core::Request request) const;
    void keep(core::Switch::Decided decided);
    core::Outcome decide(const core::Request& request);

    ledger::Hash last_hash_{};
    std::unique_ptr<TemporaryDirectory> directory_;
    std::unique_ptr<ledger::OrderArchive> archive_;
};

}  // namespace tuma::testing
