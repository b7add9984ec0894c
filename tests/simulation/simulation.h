// One simulated history: clients, a network, the engine, a disk that fails, all from one seed.
#pragma once

#include "ledger/store/memory_journal.h"
#include "switch/core/switch.h"
#include "switch/engine/clock_start.h"
#include "switch/engine/engine.h"
#include "tests/support/fake_machine.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/traffic.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::simulation {

/// A promise of the switch was broken; says which and by what.
class BrokenPromise : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What happened in a history, to see that a run of many has been everywhere.
using Tally = std::map<std::string, std::uint64_t, std::less<>>;

/// From start to crash to start, several times. Clients send requests of all kinds over a network
/// that delays, reorders and doubles them, and ask again with the same keys, also after they were
/// answered and their keys have left memory for the disk, whose files are damaged now and then. The
/// engine is not started: its steps are taken in the seed's order, so that any number of batches is
/// decided and not yet durable when the disk fails or the process is killed.
///
/// Promises checked: nothing that a client was told is lost or changes; nothing that was told was
/// not durable; one key, one execution; what was never taken never happens; the books balance;
/// recovery, a replay by hand and a saved state with the rest of the journal agree; every
/// reservation ends exactly once, in time; what shops sell is settled exactly once, in time.
class Simulation {
public:
    explicit Simulation(std::uint64_t seed);
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    ~Simulation();

    /// Throws BrokenPromise.
    void run();

    const Tally& tally() const { return tally_; }

private:
    class Message;
    struct Life;

    void live();
    bool act(Life& life);
    void send(const Life& life);
    core::Request repeated(const Life& life);
    void deliver(Life& life);
    static void give_original(Life& life, core::Reverse& reverse);
    void look_after_keys(Life& life);
    void advance(Life& life);
    void look_at_clock(net::RealClock& clock);
    void set_wall_clock();
    net::ClockStart start_of_clock(Timestamp books);
    void kill(Life& life);
    void settle_down(Life& life);

    void hear(const core::Request& request, const core::Outcome& outcome, bool was_repeated);
    void read_durable();
    void check_durable(const core::Request& request, const core::Outcome& outcome);
    void check_told(const core::Request& request, const core::Outcome& outcome);

    ledger::State recover(ledger::MemoryJournal& store);
    ledger::State replay_by_hand(bool from_saved) const;
    ledger::State opened(ledger::MemoryJournal& store, ledger::KeyIndex& keys);
    void damage_keys();
    void check_recovered(const ledger::State& state, const ledger::KeyIndex& keys);
    void save(const ledger::State& state);
    void check_history();
    void require(bool kept, std::string_view promise) const;

    testing::Traffic traffic_;
    ledger::StateLimits limits_;
    net::EngineLimits engine_limits_;
    TemporaryDirectory keys_;
    bool has_full_filter_ = false;

    ledger::MemoryDisk disk_;
    testing::FakeMachine machine_;
    /// The time that the wall clock would have if nobody had ever set it.
    Duration set_by_{};
    std::optional<net::ClockMark> mark_;
    std::uint64_t boots_ = 0;
    ledger::MemoryJournal* store_ = nullptr;  ///< of the present life

    std::vector<core::Request> sent_;
    std::vector<std::unique_ptr<Message>> network_;
    std::set<std::pair<RequestKey, Digest>> taken_;
    /// The definite answers, by key, with the digest that they answered.
    std::map<RequestKey, std::pair<Digest, core::Outcome>> told_;

    /// What the journal durably has, as far as it was read.
    std::uint64_t durable_sequence_ = 0;
    TransferId durable_next_transfer_{1};
    std::set<RequestKey> durable_keys_;

    std::vector<std::byte> saved_;
    ledger::Hash saved_hash_{};
    /// The state when everything decided was durable and nothing had been decided since.
    std::optional<ledger::Hash> expected_;
    Tally tally_;
};

}  // namespace tuma::simulation
