// The deterministic core: (now, request) → events and outcome. Reads memory, never a clock, a
// socket, a file or chance.
#pragma once

#include "ledger/batch.h"
#include "ledger/state.h"
#include "switch/core/command.h"
#include "switch/core/outcome.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace tuma::core {

/// Decides requests on top of a ledger state. Between `begin` and `finish` events gather in one
/// batch; outcomes must not be told before that batch is durable.
class Switch {
public:
    explicit Switch(ledger::State state) : state_(std::move(state)) {}

    /// Opens a batch at switch time `now`; events are appended to `buffer`, which is emptied first.
    /// Requires: no open batch, `now` not before the last batch.
    void begin(Timestamp now, std::vector<std::byte> buffer);

    /// Decides one request inside the open batch. A known key gets the stored outcome, or
    /// `modified_request`; a new one is decided and its outcome remembered, refusals included.
    Outcome handle(const Request& request);

    /// Hints that `request` will be handled soon.
    void prefetch(const Request& request) const;

    /// Gives back up to `limit` reservations whose time has come, oldest first. Returns how many.
    std::size_t expire_due(std::size_t limit);

    /// A batch that was decided: header without hashes, and its bytes for `ledger::seal`.
    struct Decided {
        ledger::BatchHeader header;
        std::vector<std::byte> bytes;
    };
    /// Closes the batch. A batch without events takes no sequence number and is not to be stored;
    /// its outcomes still wait for the batches before it.
    Decided finish();

    /// When `expire_due` will next have something to do.
    std::optional<Timestamp> next_deadline() const;

    const ledger::State& state() const { return state_; }

    /// Ends the core and gives its state away. `last_hash` is that of the last batch made durable.
    /// Requires: no open batch.
    ledger::State release(const ledger::Hash& last_hash) &&;

private:
    /// Plans record `i` of a set on the state that the records before it have left.
    using PlanLeg = std::function<std::optional<Refusal>(std::size_t, ledger::TransferRecord&)>;

    Outcome decide(const Request& request);
    Outcome refuse(const Request& request, Refusal refusal);
    Outcome accept(ledger::TransferRecord& record);
    void emit(ledger::TransferRecord& record);
    /// All records or none: on a refusal the ones before it are taken back.
    Outcome post_set(const Request& request, std::span<ledger::TransferRecord> records,
                     const PlanLeg& plan);
    std::optional<Refusal> check_open(TransferId reservation) const;
    Outcome on(const Request& request, const OpenAccount& command);
    Outcome on(const Request& request, const MoveMoney& command);
    Outcome on(const Request& request, const MoveLinked& command);
    Outcome on(const Request& request, const Reserve& command);
    Outcome on(const Request& request, const Settle& command);
    Outcome on(const Request& request, const Release& command);
    Outcome on(const Request& request, const Reverse& command);
    Outcome on(const Request& request, const ChangeAccount& command);
    Outcome on(const Request& request, const QueryAccount& command) const;
    Outcome on(const Request& request, const QueryRequest& command) const;

    ledger::State state_;
    std::vector<std::byte> bytes_;
    Timestamp now_{};
    TransferId first_transfer_{};
    std::uint32_t event_count_ = 0;
    bool is_open_ = false;
};

}  // namespace tuma::core
