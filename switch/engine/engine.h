// The engine: queue → batch → core → journal → effects. Owns the state's thread and the journal's.
//
// The promise. Nobody is told anything that is not on disk. Outcomes, effects and what the archives
// may keep all leave in release(), after the one append that made their batch durable.
//
// States of a submission, in this order:
//
//     queued ──▶ being decided ──▶ decided ──▶ being appended ──▶ durable
//       ▲              │
//       └── found ◀── looked for on disk
//
//   queued           in `queue_`. Bounded in commands; a full queue gives the submission back.
//   being decided    in a batch that only the engine's thread knows.
//   looked for       in `looking_`: a key or an order may have left memory. Nothing of the request
//                    that needs it was decided, and the requests behind it wait with it. It comes
//                    back to the front of the queue, with what was found.
//   decided          in `decided_`, with the batch's bytes. The state in memory has moved on, and
//                    the next batch is decided on top of it.
//   being appended   in a group: all batches that had gathered, one append, one sync.
//   durable          its owner has it back, by Submission::durable.
//
// Threads, and what belongs to them:
//
//   engine thread    step_decide(). The only one that touches the core and its state. It takes what
//                    has gathered and never waits to fill a batch.
//   journal thread   step_journal(). The only one that touches the store, `last_hash_` and
//                    `last_fsync_`. It chains the batches by hash, appends them, and calls
//                    Submission::durable.
//   look-up thread   step_look_up(). Reads the archives, while the engine thread goes on.
//   any thread       submit(), submit_result(), wake(), is_idle(), next_deadline().
//
// `mutex_` guards what they hand to each other: the queues, the counts, the deadline and the spare
// buffers. It is held for moves of pointers, never while something is decided, hashed or read.
//
// Bounds. Commands in the queue, commands in a batch, batches in flight. While the disk is slow,
// batches in flight reach their bound, the queue fills, batches grow, and at last `overloaded` is
// answered: then nothing was executed. What the switch itself has begun, such as the result of a
// callback, is always taken, because nobody would ask again.
//
// Deadlines. What falls due is decided by the same thread, at the front of the next batch. If there
// is no request, a batch is begun for the deadline alone.
//
// Ends. drain() finishes what was taken and answers it. The destructor ends the threads where they
// are, as a crash would. A failed append is the end as well: nothing more is taken, `fatal` is
// called with the reason, and what was not durable is told to nobody.
//
// Without threads. If start() is never called, the owner takes the steps itself, in any order that
// it likes. Set-up before the first request does so, and so do the simulations.
#pragma once

#include "ledger/archive/key_index.h"
#include "ledger/archive/order_archive.h"
#include "ledger/store/journal_store.h"
#include "switch/core/command.h"
#include "switch/core/outcome.h"
#include "switch/core/switch.h"
#include "switch/engine/clock.h"
#include "switch/ops/metrics.h"
#include "switch/ops/stage_times.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tuma::net {

/// Requests of one connection, decided in order and, unless a key among them has to be looked for
/// on disk, together; and later their outcomes. A dialect derives its own to remember how to
/// answer. Reused by its owner, so that the hot path allocates nothing.
class Submission {
public:
    Submission() = default;
    Submission(const Submission&) = delete;
    Submission& operator=(const Submission&) = delete;
    virtual ~Submission() = default;

    std::vector<core::Request> requests;
    /// One per request once `durable` is called.
    std::vector<core::Outcome> outcomes;
    /// The engine's own, while the disk is looked at: what was found, one per request or empty.
    std::vector<std::optional<core::Finding>> findings;
    Steady::time_point submitted{};
    // Set once `durable` is called. The engine leaves `times.decode` alone.
    std::uint32_t executed = 0;  ///< how many of its outcomes are no refusals
    StageTimes times{};          ///< its way since `submitted`

    /// Everything that `outcomes` tells is durable. Called on the journal's thread; must not block
    /// and must hand the answer over to the I/O thread itself. `durable_at` is for the reply stage.
    virtual void durable(std::unique_ptr<Submission> self, Steady::time_point durable_at) = 0;
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

/// Where what has left memory is found; without one the core's state forgets it.
struct Kept {
    ledger::KeyIndex* keys = nullptr;
    ledger::OrderArchive* orders = nullptr;
};

/// Runs the core on one thread and the journal on another; a third looks for what has left memory,
/// while the first goes on with other requests. Failure to append is fatal: `fatal` is called with
/// the reason, nothing more is taken, and what was not durable is told to nobody.
class Engine {
public:
    using Fatal = std::function<void(const std::string&)>;
    /// Takes what a durable batch causes outside, after its replies; on the journal's thread.
    using EffectSink = std::function<void(std::vector<core::Effect>)>;

    /// Requires: `kept` is what the core's state was opened with.
    Engine(core::Switch& core, ledger::JournalStore& store, Clock& clock, Metrics& metrics,
           const EngineLimits& limits, Fatal fatal, EffectSink effects = {}, const Kept& kept = {});
    /// Ends the threads without making anything more durable, as a crash would; see `drain`.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Starts the threads. Without it, whoever owns the engine calls the steps: simulations do.
    void start();

    /// Hands requests over. Returns the submission back when the queue is full, or the engine is
    /// draining or has failed: nothing was executed, answer `overloaded`. Any thread.
    [[nodiscard]] std::unique_ptr<Submission> submit(std::unique_ptr<Submission> submission);

    /// The same for how something ended that the switch itself has begun, which is bounded by what
    /// it begins: taken also when the queue is full, because it cannot be asked for again.
    [[nodiscard]] std::unique_ptr<Submission> submit_result(std::unique_ptr<Submission> submission);

    /// Takes nothing more, finishes what was taken, makes it durable, calls all `durable`, and
    /// ends the threads. Any thread but the engine's own. Requires: `start` was called.
    void drain();

    /// Decides one batch of what has gathered, expired reservations first, and hands it to the
    /// journal. False when there is nothing to do or too much is in flight.
    bool step_decide();

    /// Makes all handed-over batches durable in one append and lets their effects leave. False when
    /// there are none or the store failed.
    bool step_journal();

    /// Looks on disk for what one submission waits for, and puts it in front of all that wait for
    /// the core. False when none waits for that.
    bool step_look_up();

    /// Looks at the clock again: it was moved by hand. Any thread.
    void wake() { engine_wakes_.notify_all(); }
    /// Nothing is queued, being decided, becoming durable or due. Any thread.
    bool is_idle();
    /// When something next happens by itself, as far as decided. Any thread.
    std::optional<Timestamp> next_deadline();

    /// Where the journal ends. Requires: drained, or not running.
    ledger::Position position() const;
    ledger::Durability durability() const { return store_.durability(); }

private:
    struct Batch {
        ledger::BatchHeader header;
        std::uint64_t requests_end = 0;  ///< requests remembered with it and before
        ledger::LeavingOrders leaving;
        std::vector<std::unique_ptr<Submission>> looking;
        std::vector<std::byte> bytes;
        Steady::time_point begun{};
        Steady::time_point decided{};
        std::vector<std::unique_ptr<Submission>> submissions;
        std::vector<core::Effect> effects;
    };

    std::unique_ptr<Submission> queue(std::unique_ptr<Submission> submission,
                                      std::size_t commands_max);
    void run_engine();
    void run_journal();
    void run_look_up();
    bool has_work() const;
    bool is_drained() const;
    void wait_for_work(std::unique_lock<std::mutex>& lock);
    void take_submissions(Batch& batch);
    void decide(Batch& batch);
    bool decide(Submission& submission);
    void ask(Submission& submission) const;
    void look_up(Submission& submission);
    void look_up(const core::Request& request, core::Finding& finding);
    void tell_kept(std::vector<Batch>& group, const ledger::SealedBatch& last);
    void count_outcomes(const Batch& batch);
    void update_gauges(Timestamp now);
    bool append(std::vector<Batch>& group);
    void release(std::vector<Batch>& group);
    void fail(const std::string& why);
    void stop_threads();

    core::Switch& core_;
    ledger::JournalStore& store_;
    Clock& clock_;
    Metrics& metrics_;
    EngineLimits limits_;
    Fatal fatal_;
    EffectSink effects_;
    Kept kept_;

    /// Guards everything down to `spare_buffers_`.
    mutable std::mutex mutex_;
    std::condition_variable engine_wakes_;
    std::condition_variable journal_wakes_;
    std::condition_variable look_up_wakes_;
    std::deque<std::unique_ptr<Submission>> queue_;
    std::deque<std::unique_ptr<Submission>> looking_;
    std::size_t looked_for_ = 0;  ///< submissions in `looking_`, and the one being looked for
    std::size_t queue_commands_ = 0;
    std::deque<Batch> decided_;
    std::size_t in_flight_ = 0;
    std::size_t unreleased_ = 0;  ///< batches begun whose replies have not all left
    bool draining_ = false;
    bool engine_done_ = false;
    bool stopped_ = false;
    std::optional<Timestamp> deadline_;
    std::vector<std::vector<std::byte>> spare_buffers_;

    /// The journal's end; only the thread that appends touches it.
    ledger::Hash last_hash_{};
    std::chrono::nanoseconds last_fsync_{0};  ///< so long its last append took
    std::thread engine_thread_;
    std::thread journal_thread_;
    std::thread look_up_thread_;
};

}  // namespace tuma::net
