#include "switch/net/engine.h"

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
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
      deadline_(core.next_deadline()),
      last_hash_(core.state().position.hash) {
    const ledger::Position& position = core.state().position;
    update_gauges(position.time);
    metrics_.journal_sequence.set(static_cast<std::int64_t>(position.sequence));
    metrics_.next_transfer.set(static_cast<std::int64_t>(position.next_transfer.value));
}

Engine::~Engine() {
    stop_threads();
}

void Engine::start() {
    ensure(!engine_thread_.joinable(), "an engine is started once");
    engine_thread_ = std::thread([this] { run_engine(); });
    journal_thread_ = std::thread([this] { run_journal(); });
    if (kept_.keys != nullptr || kept_.orders != nullptr)
        look_up_thread_ = std::thread([this] { run_look_up(); });
}

std::unique_ptr<Submission> Engine::submit(std::unique_ptr<Submission> submission) {
    return queue(std::move(submission), limits_.queue_commands_max);
}

std::unique_ptr<Submission> Engine::submit_result(std::unique_ptr<Submission> submission) {
    return queue(std::move(submission), std::numeric_limits<std::size_t>::max());
}

std::unique_ptr<Submission> Engine::queue(std::unique_ptr<Submission> submission,
                                          std::size_t commands_max) {
    submission->outcomes.clear();
    submission->findings.clear();
    const std::size_t commands = submission->requests.size();
    {
        const std::lock_guard lock(mutex_);
        if (draining_ || stopped_ || queue_commands_ + commands > commands_max) return submission;
        queue_commands_ += commands;
        metrics_.queue_commands.set(static_cast<std::int64_t>(queue_commands_));
        queue_.push_back(std::move(submission));
    }
    engine_wakes_.notify_one();
    return nullptr;
}

// Requires the lock.
bool Engine::has_work() const {
    if (stopped_ || in_flight_ >= limits_.batches_in_flight_max) return false;
    return !queue_.empty() || (deadline_ && *deadline_ <= clock_.now());
}

// Requires the lock.
bool Engine::is_drained() const {
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
        if (!spare_buffers_.empty()) {
            batch.bytes = std::move(spare_buffers_.back());
            spare_buffers_.pop_back();
        }
    }
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
    const Timestamp now = clock_.now();
    if (kept_.keys != nullptr) core_.may_leave(kept_.keys->kept_until());
    if (kept_.orders != nullptr) core_.orders_may_leave(kept_.orders->kept_until());
    core_.begin(now, std::move(batch.bytes), clock_.is_by_hand() ? now : clock_.outside());
    const core::Switch::Due due = core_.run_due(deadlines_per_batch_max);
    metrics_.expired.add(due.expired);
    metrics_.settled.add(due.settled);
    metrics_.orders_due.add(due.orders);
    std::vector<std::unique_ptr<Submission>> decided_now;
    for (auto& submission : batch.submissions) {
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
    const std::vector<core::Request>& requests = submission.requests;
    for (std::size_t i = submission.outcomes.size(); i < requests.size(); ++i) {
        if (i + prefetch_distance < requests.size())
            core_.prefetch(requests[i + prefetch_distance]);
        const bool is_found = !submission.findings.empty() && submission.findings[i];
        core::Outcome outcome =
            core_.handle(requests[i], is_found ? &*submission.findings[i] : nullptr);
        if (outcome.must_look_up) {
            ask(submission);
            return false;
        }
        submission.outcomes.push_back(std::move(outcome));
    }
    return true;
}

void Engine::count_outcomes(const Batch& batch) {
    std::array<std::uint64_t, refusal_codes_max> by_code{};
    std::uint64_t replays = 0;
    for (const auto& submission : batch.submissions) {
        for (const core::Outcome& outcome : submission->outcomes) {
            ++by_code[static_cast<std::size_t>(outcome.code)];
            replays += outcome.is_replayed ? 1U : 0U;
        }
    }
    for (std::size_t code = 0; code < by_code.size(); ++code)
        if (by_code[code] != 0) metrics_.outcomes[code].add(by_code[code]);
    if (replays != 0) metrics_.replays.add(replays);
}

void Engine::update_gauges(Timestamp now) {
    const ledger::State& state = core_.state();
    metrics_.accounts.set(static_cast<std::int64_t>(state.books.account_count()));
    metrics_.reservations_open.set(static_cast<std::int64_t>(state.books.open_reservations()));
    metrics_.request_keys.set(static_cast<std::int64_t>(state.keys.size()));
    const auto window =
        std::chrono::duration_cast<std::chrono::seconds>(state.keys.effective_window(now));
    metrics_.request_key_window_s.set(window.count());
    metrics_.request_keys_evicted.raise_to(state.keys.evicted_by_capacity());
}

bool Engine::step_journal() {
    std::vector<Batch> group;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || decided_.empty()) return false;
        group.assign(std::make_move_iterator(decided_.begin()),
                     std::make_move_iterator(decided_.end()));
        decided_.clear();
    }
    try {
        if (!append(group)) return false;
        release(group);
        store_.maintain();
    } catch (const std::exception& error) {
        fail(error.what());
        return false;
    }
    return true;
}

// One append for the whole group; batches without events only wait for those before them.
bool Engine::append(std::vector<Batch>& group) {
    std::vector<ledger::SealedBatch> sealed;
    sealed.reserve(group.size());
    for (Batch& batch : group) {
        if (batch.header.event_count == 0) continue;
        batch.header.previous = last_hash_;
        sealed.push_back(ledger::seal(batch.header, std::move(batch.bytes)));
        last_hash_ = sealed.back().hash;
    }
    if (!sealed.empty()) {
        const Steady::time_point begun = Steady::now();
        store_.append(sealed);
        metrics_.fsync.record(Steady::now() - begun);
        metrics_.journal_sequence.set(static_cast<std::int64_t>(sealed.back().header.sequence));
        metrics_.next_transfer.set(
            static_cast<std::int64_t>(sealed.back().header.next_transfer.value));
        metrics_.batches.add(sealed.size());
        tell_kept(group, sealed.back());
    }
    const std::lock_guard lock(mutex_);
    in_flight_ -= group.size();
    for (ledger::SealedBatch& batch : sealed) {
        metrics_.batch_events.add(batch.header.event_count);
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
            Submission& receiver = *submission;
            receiver.durable(std::move(submission), durable_at);
        }
        if (!batch.effects.empty() && effects_) effects_(std::move(batch.effects));
    }
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
    ledger::Position position = core_.state().position;
    position.hash = last_hash_;
    return position;
}

}  // namespace tuma::net
