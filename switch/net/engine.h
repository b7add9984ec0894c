// The engine: queue → batch → core → journal → effects. Owns the state's thread and the journal's.
#pragma once

#include "ledger/journal_store.h"
#include "switch/core/command.h"
#include "switch/core/outcome.h"
#include "switch/core/switch.h"
#include "switch/net/clock.h"
#include "switch/net/metrics.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tuma::net {

/// Requests of one connection, decided together and in order, and later their outcomes.
/// A dialect derives its own to remember how to answer. Reused by its owner, so that the hot path
/// allocates nothing.
class Submission {
public:
    Submission() = default;
    Submission(const Submission&) = delete;
    Submission& operator=(const Submission&) = delete;
    virtual ~Submission() = default;

    std::vector<core::Request> requests;
    /// One per request once `durable` is called.
    std::vector<core::Outcome> outcomes;
    Steady::time_point submitted{};

    /// Everything that `outcomes` tells is durable. Called on the journal's thread; must not block
    /// and must hand the answer over to the I/O thread itself. `durable_at` is for the reply stage.
    virtual void durable(std::unique_ptr<Submission> self, Steady::time_point durable_at) = 0;

    /// Called once per group of submissions after all of them got `durable`; the place to wake an
    /// I/O thread once instead of once per submission.
    virtual void group_done() {}
};

/// Bounds of the engine's queues.
struct EngineLimits {
    /// Commands that may wait; one more submission is refused as overloaded.
    std::size_t queue_commands_max = 262'144;
    /// A batch takes no further submission once it has this many commands.
    std::size_t batch_commands_max = 8'190;
    /// Batches decided but not yet durable.
    std::size_t batches_in_flight_max = 4;
};

/// Runs the core on one thread and the journal on another. Failure to append ends the process
/// through `fatal`: what was not durable was told to nobody.
class Engine {
public:
    using Fatal = std::function<void(const std::string&)>;

    Engine(core::Switch& core, ledger::JournalStore& store, Clock& clock, Metrics& metrics,
           const EngineLimits& limits, Fatal fatal);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void start();

    /// Hands requests over. Returns the submission back when the queue is full or the engine is
    /// draining: nothing was executed, answer `overloaded`. Any thread.
    [[nodiscard]] std::unique_ptr<Submission> submit(std::unique_ptr<Submission> submission);

    /// Takes nothing more, finishes what was taken, makes it durable, calls all `durable`, and
    /// ends both threads. Any thread but the engine's own.
    void drain();

    ledger::Durability durability() const { return store_.durability(); }

private:
    struct Batch {
        ledger::BatchHeader header;
        std::vector<std::byte> bytes;
        bool has_events = false;
        Steady::time_point sealed{};
        std::vector<std::unique_ptr<Submission>> submissions;
    };

    void run_engine();
    void run_journal();
    bool take_submissions(Batch& batch);
    void decide(Batch& batch);
    void hand_to_journal(Batch batch);
    void append_group(std::vector<Batch>& group, ledger::Hash& previous);
    void release_group(std::vector<Batch>& group);
    void update_gauges();

    core::Switch& core_;
    ledger::JournalStore& store_;
    Clock& clock_;
    Metrics& metrics_;
    EngineLimits limits_;
    Fatal fatal_;

    std::mutex queue_mutex_;
    std::condition_variable queue_filled_;
    std::deque<std::unique_ptr<Submission>> queue_;
    std::size_t queue_commands_ = 0;
    bool draining_ = false;

    std::mutex journal_mutex_;
    std::condition_variable journal_filled_;
    std::condition_variable journal_freed_;
    std::deque<Batch> journal_queue_;
    std::size_t in_flight_ = 0;
    bool engine_done_ = false;
    std::vector<std::vector<std::byte>> spare_buffers_;

    std::thread engine_thread_;
    std::thread journal_thread_;
};

}  // namespace tuma::net
