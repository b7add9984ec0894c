#include "switch/engine/engine.h"

#include "switch/engine/order_look_up.h"
#include "switch/ops/log.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <string>
#include <utility>

namespace tuma::net {
namespace {

// How far ahead of the request being decided its successors' memory is asked for.
constexpr std::size_t prefetch_distance = 8;
// Deadlines met in one batch at most, so that a wave of them cannot stall requests.
constexpr std::size_t deadlines_per_batch_max = 4'096;
// The longest sleep while a deadline is open: switch time and the steady clock may drift apart.
constexpr std::chrono::milliseconds deadline_nap_max{100};

std::size_t undecided(const Submission& submission) {
    // Outcomes that are there already were decided before it had to wait for the disk.
    return submission.requests.size() - submission.outcomes.size();
}

}  // namespace

Engine::Engine(core::Switch& core, ledger::JournalStore& store, Clock& clock, Metrics& metrics,
               const EngineLimits& limits, Fatal fatal, EffectSink effects, const Kept& kept)
    : core_(core),
      store_(store),
      clock_(clock),
      metrics_(metrics),
      limits_(limits),
      fatal_(std::move(fatal)),
      effects_(std::move(effects)),
      kept_(kept),
      // Deadlines survive restarts: what fell due while nobody ran is due at once.
      deadline_(core.next_deadline()),
      last_hash_(core.state().position.hash) {
    const ledger::Position& position = core.state().position;
    update_gauges(position.time);
    metrics_.journal_sequence.set(static_cast<std::int64_t>(position.sequence));
    metrics_.next_transfer.set(static_cast<std::int64_t>(position.next_transfer.value));
    metrics_.queue_commands_max.set(static_cast<std::int64_t>(limits_.queue_commands_max));
}

Engine::~Engine() {
    // Like a crash: nothing more is made durable. An orderly end is drain().
    stop_threads();
}

void Engine::start() {
    ensure(!engine_thread_.joinable(), "an engine is started once");
    engine_thread_ = std::thread([this] { run_engine(); });
    journal_thread_ = std::thread([this] { run_journal(); });
    // Without an archive nothing is looked up, and simulations have one thread less to schedule.
    if (kept_.keys != nullptr || kept_.orders != nullptr)
        look_up_thread_ = std::thread([this] { run_look_up(); });
}

std::unique_ptr<Submission> Engine::submit(std::unique_ptr<Submission> submission) {
    return queue(std::move(submission), limits_.queue_commands_max);
}

std::unique_ptr<Submission> Engine::submit_result(std::unique_ptr<Submission> submission) {
    // It answers what the switch itself has begun; were it refused, an order would hang for ever.
    return queue(std::move(submission), std::numeric_limits<std::size_t>::max());
}

std::unique_ptr<Submission> Engine::queue(std::unique_ptr<Submission> submission,
                                          std::size_t commands_max) {
    // Submissions are used again by their connections.
    submission->outcomes.clear();
    submission->findings.clear();
    submission->executed = 0;
    const std::size_t commands = submission->requests.size();
    {
        const std::lock_guard lock(mutex_);
        // Counted in commands, not submissions: a frame has one or eight thousand.
        if (draining_ || stopped_ || queue_commands_ + commands > commands_max) return submission;
        queue_commands_ += commands;
        metrics_.queue_commands.set(static_cast<std::int64_t>(queue_commands_));
        queue_.push_back(std::move(submission));
    }
    // After the lock is released, or the engine's thread would wake up and wait for it.
    engine_wakes_.notify_one();
    return nullptr;
}

// Requires the lock.
bool Engine::has_work() const {
    // A bound on batches in flight is a bound on memory, and it makes batches larger while the disk
    // is slow.
    if (stopped_ || in_flight_ >= limits_.batches_in_flight_max) return false;
    return !queue_.empty() || (deadline_ && *deadline_ <= clock_.now());
}

// Requires the lock.
bool Engine::is_drained() const {
    // What is being looked for on disk comes back into the queue and has to be decided.
    return draining_ && queue_.empty() && looked_for_ == 0;
}

bool Engine::step_decide() {
    Batch batch;
    {
        const std::lock_guard lock(mutex_);
        if (!has_work()) return false;
        take_submissions(batch);
        ++in_flight_;
        ++unreleased_;
        // Buffers go round, because growing a megabyte anew for each batch would cost more than
        // deciding it.
        if (!spare_buffers_.empty()) {
            batch.bytes = std::move(spare_buffers_.back());
            spare_buffers_.pop_back();
        }
    }
    // Without the lock: this is the long part, and submissions arrive meanwhile.
    decide(batch);
    {
        const std::lock_guard lock(mutex_);
        deadline_ = core_.next_deadline();
        for (auto& submission : batch.looking) {
            queue_commands_ += undecided(*submission);
            looking_.push_back(std::move(submission));
            ++looked_for_;
        }
        batch.looking.clear();
        // In the order of decisions: the journal's thread takes them as they stand.
        decided_.push_back(std::move(batch));
    }
    journal_wakes_.notify_one();
    look_up_wakes_.notify_one();
    return true;
}

// Requires the lock. Takes what has gathered, never waits for more.
void Engine::take_submissions(Batch& batch) {
    std::size_t commands = 0;
    while (!queue_.empty()) {
        const std::size_t more = undecided(*queue_.front());
        // At least one, however large: a submission that is never taken would wait for ever.
        if (commands > 0 && commands + more > limits_.batch_commands_max) break;
        commands += more;
        batch.submissions.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queue_commands_ -= commands;
    metrics_.queue_commands.set(static_cast<std::int64_t>(queue_commands_));
}

void Engine::decide(Batch& batch) {
    const Steady::time_point begun = Steady::now();
    batch.begun = begun;
    // One time for the whole batch: what is decided together happened together.
    const Timestamp now = clock_.now();
    // The archive's thread moves this forward. Memory may let go of what is kept elsewhere, and of
    // nothing else.
    if (kept_.keys != nullptr) core_.may_leave(kept_.keys->kept_until());
    if (kept_.orders != nullptr) core_.orders_may_leave(kept_.orders->kept_until());
    // A moment that a client names is compared with the clock outside; by hand there is none.
    core_.begin(now, std::move(batch.bytes), clock_.is_by_hand() ? now : clock_.outside());
    // Deadlines first: a payment must not use a reservation that has expired.
    const core::Switch::Due due = core_.run_due(deadlines_per_batch_max);
    metrics_.expired.add(due.expired);
    metrics_.settled.add(due.settled);
    metrics_.orders_due.add(due.orders);
    std::vector<std::unique_ptr<Submission>> decided_now;
    for (auto& submission : batch.submissions) {
        // A submission that comes back from the disk has waited in the queue once already.
        if (submission->findings.empty()) metrics_.queue_wait.record(begun - submission->submitted);
        (decide(*submission) ? decided_now : batch.looking).push_back(std::move(submission));
    }
    batch.submissions = std::move(decided_now);
    batch.requests_end = core_.requests();
    batch.leaving.orders = core_.take_leaving();
    batch.leaving.end = core_.state().orders.leaving();
    batch.effects = core_.take_effects();
    core::Switch::Decided decided = core_.finish();
    batch.header = decided.header;
    batch.bytes = std::move(decided.bytes);
    batch.decided = Steady::now();
    metrics_.decide.record(batch.decided - begun);
    count_outcomes(batch);
    update_gauges(now);
}

// False when it has to wait for what is on disk.
bool Engine::decide(Submission& submission) {
    // From where it stopped: what was decided before it waited is in an earlier batch and must not
    // be decided twice.
    const std::vector<core::Request>& requests = submission.requests;
    for (std::size_t i = submission.outcomes.size(); i < requests.size(); ++i) {
        if (i + prefetch_distance < requests.size())
            core_.prefetch(requests[i + prefetch_distance]);
        const bool is_found = !submission.findings.empty() && submission.findings[i];
        core::Outcome outcome =
            core_.handle(requests[i], is_found ? &*submission.findings[i] : nullptr);
        // The order within a submission is a promise, so the rest waits too.
        if (outcome.must_look_up) {
            ask(submission);
            return false;
        }
        submission.outcomes.push_back(std::move(outcome));
    }
    return true;
}

bool Engine::step_journal() {
    std::vector<Batch> group;
    {
        const std::lock_guard lock(mutex_);
        // All that have gathered: while one group is synced the next one grows.
        if (stopped_ || decided_.empty()) return false;
        group.assign(std::make_move_iterator(decided_.begin()),
                     std::make_move_iterator(decided_.end()));
        decided_.clear();
    }
    try {
        // No reply leaves before this returns. It is the whole promise of the switch.
        if (!append(group)) return false;
        release(group);
        store_.maintain();
    } catch (const std::exception& error) {
        // Nothing can be said about what is on disk, so the switch ends. What was not told is not
        // lost, because nobody knows of it.
        fail(error.what());
        return false;
    }
    return true;
}

// One append for the whole group; batches without events only wait for those before them.
bool Engine::append(std::vector<Batch>& group) {
    std::vector<ledger::SealedBatch> sealed;
    sealed.reserve(group.size());
    last_fsync_ = {};
    for (Batch& batch : group) {
        // Queries change nothing. They wait here all the same, because they may have seen what is
        // not durable yet.
        if (batch.header.event_count == 0) continue;
        // The chain is made here and not in the core, so that hashing does not hold up deciding.
        batch.header.previous = last_hash_;
        sealed.push_back(ledger::seal(batch.header, std::move(batch.bytes)));
        last_hash_ = sealed.back().hash;
    }
    if (!sealed.empty()) {
        const Steady::time_point begun = Steady::now();
        store_.append(sealed);
        last_fsync_ = Steady::now() - begun;
        metrics_.fsync.record(last_fsync_);
        metrics_.journal_sequence.set(static_cast<std::int64_t>(sealed.back().header.sequence));
        metrics_.next_transfer.set(
            static_cast<std::int64_t>(sealed.back().header.next_transfer.value));
        metrics_.batches.add(sealed.size());
        // After the append: an archive must not hold what a crash could take back.
        tell_kept(group, sealed.back());
    }
    const std::lock_guard lock(mutex_);
    in_flight_ -= group.size();
    for (ledger::SealedBatch& batch : sealed) {
        metrics_.batch_events.add(batch.header.event_count);
        metrics_.journal_bytes.add(batch.bytes.size());
        if (spare_buffers_.size() < limits_.batches_in_flight_max)
            spare_buffers_.push_back(std::move(batch.bytes));
    }
    engine_wakes_.notify_one();
    return !stopped_;
}

void Engine::release(std::vector<Batch>& group) {
    const Steady::time_point durable_at = Steady::now();
    for (Batch& batch : group) {
        metrics_.append.record(durable_at - batch.decided);
        for (std::unique_ptr<Submission>& submission : batch.submissions) {
            // The submission owns itself from here on; the reference is for the call alone.
            Submission& receiver = *submission;
            receiver.times.decide = batch.decided - batch.begun;
            receiver.times.append_wait = durable_at - batch.decided - last_fsync_;
            receiver.times.fsync = last_fsync_;
            receiver.durable(std::move(submission), durable_at);
        }
        // After the replies, so that a callback seldom overtakes the reply to its request.
        if (!batch.effects.empty() && effects_) effects_(std::move(batch.effects));
    }
    // Only now is it idle: an advance of virtual time waits for what a batch has caused.
    const std::lock_guard lock(mutex_);
    unreleased_ -= group.size();
}

bool Engine::is_idle() {
    const std::lock_guard lock(mutex_);
    return queue_.empty() && looked_for_ == 0 && unreleased_ == 0 && !has_work();
}

std::optional<Timestamp> Engine::next_deadline() {
    const std::lock_guard lock(mutex_);
    return deadline_;
}

void Engine::run_engine() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wait_for_work(lock);
            if (stopped_ || is_drained()) break;
        }
        // An exception here means that memory and journal no longer agree; going on could only make
        // it worse.
        try {
            step_decide();
        } catch (const std::exception& error) {
            fail(error.what());
            return;
        }
    }
    {
        const std::lock_guard lock(mutex_);
        engine_done_ = true;
    }
    journal_wakes_.notify_one();
    look_up_wakes_.notify_one();
}

void Engine::wait_for_work(std::unique_lock<std::mutex>& lock) {
    while (!stopped_ && !has_work() && !is_drained()) {
        if (deadline_ && in_flight_ < limits_.batches_in_flight_max) {
            const auto until =
                std::chrono::duration_cast<std::chrono::nanoseconds>(*deadline_ - clock_.now());
            // The nap is bounded, because switch time may run a little faster than the clock by
            // which this thread sleeps.
            engine_wakes_.wait_for(lock,
                                   std::min<std::chrono::nanoseconds>(until, deadline_nap_max));
        } else {
            engine_wakes_.wait(lock);
        }
    }
}

void Engine::run_journal() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            journal_wakes_.wait(lock,
                                [this] { return stopped_ || !decided_.empty() || engine_done_; });
            if (stopped_ || decided_.empty()) return;
        }
        step_journal();
    }
}

void Engine::fail(const std::string& why) {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    engine_wakes_.notify_all();
    look_up_wakes_.notify_all();
    fatal_(why);
}

void Engine::drain() {
    {
        const std::lock_guard lock(mutex_);
        draining_ = true;
    }
    engine_wakes_.notify_all();
    // In this order: decisions end first, then what they have decided becomes durable.
    if (engine_thread_.joinable()) engine_thread_.join();
    if (journal_thread_.joinable()) journal_thread_.join();
    if (look_up_thread_.joinable()) look_up_thread_.join();
}

void Engine::stop_threads() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    engine_wakes_.notify_all();
    journal_wakes_.notify_all();
    look_up_wakes_.notify_all();
    if (engine_thread_.joinable()) engine_thread_.join();
    if (journal_thread_.joinable()) journal_thread_.join();
    if (look_up_thread_.joinable()) look_up_thread_.join();
}

ledger::Position Engine::position() const {
    // The state does not know the hash of its last batch: that is made after it was decided.
    ledger::Position position = core_.state().position;
    position.hash = last_hash_;
    return position;
}

// --- What has left memory: told to who keeps it, and looked for there

// All that the rest of it needs at once, so that it waits once.
void Engine::ask(Submission& submission) const {
    submission.findings.assign(submission.requests.size(), std::nullopt);
    for (std::size_t i = submission.outcomes.size(); i < submission.requests.size(); ++i)
        // Noted before the disk is looked at: what is remembered meanwhile is in memory, and the
        // core looks there again.
        if (core_.must_look_up(submission.requests[i]))
            submission.findings[i] = core_.begin_finding();
}

bool Engine::step_look_up() {
    std::unique_ptr<Submission> submission;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || looking_.empty()) return false;
        submission = std::move(looking_.front());
        looking_.pop_front();
    }
    look_up(*submission);
    {
        const std::lock_guard lock(mutex_);
        --looked_for_;
        // In front: it has waited already, and later requests of its connection wait behind it.
        queue_.push_front(std::move(submission));
    }
    engine_wakes_.notify_one();
    return true;
}

void Engine::look_up(Submission& submission) {
    for (std::size_t i = submission.outcomes.size(); i < submission.requests.size(); ++i) {
        std::optional<core::Finding>& finding = submission.findings[i];
        if (!finding) continue;
        try {
            // The only part that may take long, and it is done without the lock.
            look_up(submission.requests[i], *finding);
        } catch (const std::exception& error) {
            // Not known to be new, so not executed.
            finding->is_readable = false;
            log_event(LogLevel::error, "disk_look_up_failed", {{"why", std::string(error.what())}});
        }
    }
}

void Engine::look_up(const core::Request& request, core::Finding& finding) {
    // The filter was asked before; here the disk has the last word.
    if (request.key && kept_.keys != nullptr) {
        metrics_.key_look_ups.add();
        finding.request = kept_.keys->find(request.key);
        if (finding.request) metrics_.keys_found_on_disk.add();
    }
    if (kept_.orders == nullptr) return;
    finding.orders = look_up_orders(request.command, *kept_.orders);
    metrics_.orders_found_on_disk.add(finding.orders.size());
}

// What these batches have decided may be kept elsewhere, now that it is durable.
void Engine::tell_kept(std::vector<Batch>& group, const ledger::SealedBatch& last) {
    if (kept_.keys != nullptr)
        kept_.keys->notify(
            {group.back().requests_end, last.header.sequence, last.hash, last.header.time()});
    if (kept_.orders == nullptr) return;
    ledger::LeavingOrders leaving{{}, group.back().leaving.end, last.header.sequence, last.hash};
    for (Batch& batch : group)
        leaving.orders.insert(leaving.orders.end(), batch.leaving.orders.begin(),
                              batch.leaving.orders.end());
    if (!leaving.orders.empty()) kept_.orders->put(std::move(leaving));
}

void Engine::run_look_up() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            look_up_wakes_.wait(lock,
                                [this] { return stopped_ || !looking_.empty() || engine_done_; });
            if (stopped_ || looking_.empty()) return;
        }
        step_look_up();
    }
}

}  // namespace tuma::net
