#include "ledger/projection/projection_follower.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <future>
#include <vector>

namespace tuma::ledger {
namespace {

// One direction of waking: the sleeper looks at `rings`, looks for work, and sleeps only if nobody
// has rung since.
struct Bell {
    std::atomic<std::uint32_t> rings{0};

    void ring() {
        // Changed before it is announced, so that a sleeper who looked earlier finds another
        // number.
        rings.fetch_add(1, std::memory_order_seq_cst);
        rings.notify_all();
    }
};

void become_idle() {
    // It may run only when nobody else wants to: the switch answers customers on the same cores.
    const sched_param parameter{};
    if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &parameter) == 0) return;
    // Where SCHED_IDLE is not allowed: on Linux this concerns the calling thread alone.
    setpriority(PRIO_PROCESS, 0, 19);
}

/// Notes what the calling thread has taken of the processor so far.
void note_cpu(std::atomic<std::int64_t>& us) {
    rusage usage{};
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return;
    constexpr std::int64_t us_per_second = 1'000'000;
    us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * us_per_second + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

}  // namespace

// Everything the projecting thread touches, so that it may outlive the follower.
struct ProjectionFollower::Shared {
    // Few, because a slot keeps the memory of the largest batch that it ever held.
    static constexpr std::size_t slot_count = 8;

    Shared(const std::filesystem::path& path, const FollowerOptions& given)
        : options(given), projection(path) {}

    struct Slot {
        std::uint64_t sequence = 0;
        std::vector<std::byte> bytes;
    };

    bool is_full() const {
        const std::uint64_t waiting = taken_in.load() - taken_out.load();
        // One slot stays free for the reader's last words.
        return waiting >= slot_count - 1 ||
               (waiting > 0 && queued_bytes.load() >= options.queue_bytes_max);
    }

    FollowerOptions options;
    Projection projection;

    // A ring between exactly one reader and one projector. No lock: a lock held by a starved thread
    // would hold up the other one.
    std::array<Slot, slot_count> slots;
    std::atomic<std::uint64_t> taken_in{0};
    std::atomic<std::uint64_t> taken_out{0};
    std::atomic<std::size_t> queued_bytes{0};
    Bell for_reader;
    Bell for_projector;

    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> durable{0};
    std::atomic<std::uint64_t> projected{0};
    std::atomic<std::int64_t> reader_cpu_us{0};
    std::atomic<std::int64_t> projector_cpu_us{0};
    std::atomic<bool> has_failed{false};
    std::string failure;  // written before has_failed is set
    std::string note;     // written before the threads start
    bool is_far_behind = false;
    std::promise<void> projector_ended;
};

ProjectionFollower::ProjectionFollower(const std::filesystem::path& path,
                                       std::unique_ptr<JournalReader> journal,
                                       const FollowerOptions& options)
    : journal_(std::move(journal)), shared_(std::make_shared<Shared>(path, options)) {
    // All of this before the threads begin, since afterwards each of the two has its own part.
    shared_->projection.leave_foreign_journal(*journal_);
    shared_->note = shared_->projection.note();
    shared_->durable = journal_->last_sequence();
    shared_->projected = shared_->projection.position().sequence;
    shared_->is_far_behind = shared_->projection.is_far_behind(*journal_);
    // The reader is always joined and may use `this`. The projector may outlive it, and holds the
    // shared part only.
    reader_ = std::thread([shared = shared_, this] { read(shared, *journal_); });
    projector_ = std::thread([shared = shared_] { project(shared); });
}

ProjectionFollower::~ProjectionFollower() {
    stop(std::chrono::milliseconds{0});
}

void ProjectionFollower::notify(std::uint64_t sequence) {
    shared_->durable.store(sequence);
    shared_->for_reader.ring();
}

std::uint64_t ProjectionFollower::lag() const {
    // A scan may read batches that are durable and not announced yet. Then `projected` is ahead,
    // which must not become a lag of nearly 2^64.
    const std::uint64_t projected = shared_->projected.load();
    return std::max(shared_->durable.load(), projected) - projected;
}

std::uint64_t ProjectionFollower::projected() const {
    return shared_->projected.load();
}

std::chrono::microseconds ProjectionFollower::cpu() const {
    return std::chrono::microseconds{shared_->reader_cpu_us + shared_->projector_cpu_us};
}

bool ProjectionFollower::has_failed() const {
    return shared_->has_failed.load();
}

std::string ProjectionFollower::failure() const {
    return has_failed() ? shared_->failure : std::string{};
}

std::string ProjectionFollower::note() const {
    return shared_->note;
}

bool ProjectionFollower::stop(std::chrono::milliseconds patience) {
    if (is_stopped_) return !projector_.joinable();
    is_stopped_ = true;
    // The flag before everything that wakes, so that whoever wakes sees it.
    shared_->stop = true;
    // A running statement ends; the projector reports no failure while it is being stopped.
    shared_->projection.interrupt();
    shared_->for_reader.ring();
    shared_->for_projector.ring();
    reader_.join();
    const bool ended =
        shared_->projector_ended.get_future().wait_for(patience) == std::future_status::ready;
    if (ended)
        projector_.join();
    else
        // At idle priority on a busy machine it may not get to run at all. A stop must not wait for
        // that.
        projector_.detach();
    return ended;
}

void ProjectionFollower::read(const std::shared_ptr<Shared>& shared, JournalReader& journal) {
    std::uint64_t next = shared->projected.load() + 1;
    const auto enqueue = [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        // Ends the scan instead of waiting in it, so that reads of the journal stay short.
        if (shared->is_full()) return false;
        Shared::Slot& slot = shared->slots[shared->taken_in.load() % Shared::slot_count];
        slot.sequence = sequence;
        slot.bytes.assign(bytes.begin(), bytes.end());
        shared->queued_bytes.fetch_add(bytes.size());
        // This hands the slot over. From here on the reader must not touch it.
        shared->taken_in.fetch_add(1);
        shared->for_projector.ring();
        next = sequence + 1;
        return !shared->stop.load();
    };
    try {
        while (!shared->stop.load()) {
            // Before the look for work. A ring that comes between the look and the wait changes the
            // number, and the wait returns at once.
            const std::uint32_t rings = shared->for_reader.rings.load();
            const std::uint64_t before = next;
            if (!shared->is_full() && next <= shared->durable.load()) journal.scan(next, enqueue);
            note_cpu(shared->reader_cpu_us);
            if (next == before && !shared->stop.load()) shared->for_reader.rings.wait(rings);
        }
    } catch (const std::exception& error) {
        // The projector reports: it alone writes `failure`.
        Shared::Slot& slot = shared->slots[shared->taken_in.load() % Shared::slot_count];
        slot.sequence = 0;
        const std::string_view what = error.what();
        const auto characters = std::as_bytes(std::span{what});
        slot.bytes.assign(characters.begin(), characters.end());
        shared->taken_in.fetch_add(1);
        shared->for_projector.ring();
    }
}

namespace {

// Small commits rewrite the same pages again and again; a pause lets batches gather.
constexpr std::chrono::milliseconds between_commits{50};

// Checks one queued batch and adds its rows.
void project_one(Projection& projection, std::uint64_t sequence, std::span<const std::byte> bytes) {
    if (sequence == 0)
        throw StoreError(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    const BatchCheck check = check_batch(bytes, sequence);
    if (check.damage != BatchDamage::none)
        throw StoreError("journal batch " + std::to_string(sequence) +
                         " is damaged: " + check.reason + "; run \"tuma audit\"");
    projection.apply(check.view);
}

}  // namespace

void ProjectionFollower::project(const std::shared_ptr<Shared>& shared) {
    if (shared->options.is_idle_priority) become_idle();
    Projection& projection = shared->projection;
    const auto commit = [&] {
        projection.commit();
        shared->projected = projection.position().sequence;
    };
    try {
        if (shared->is_far_behind) projection.drop_indexes();
        while (!shared->stop.load()) {
            const std::uint32_t rings = shared->for_projector.rings.load();
            // A system call beside at least a batch's rows.
            note_cpu(shared->projector_cpu_us);
            if (shared->taken_out.load() == shared->taken_in.load()) {
                // Nothing more to do for now: what there is becomes visible.
                if (projection.uncommitted_rows() > 0) {
                    commit();
                    std::this_thread::sleep_for(between_commits);
                    continue;
                }
                // Only once everything is there: until then each new row would have to be put into
                // them.
                if (shared->projected.load() >= shared->durable.load()) projection.make_indexes();
                shared->for_projector.rings.wait(rings);
                continue;
            }
            Shared::Slot& slot = shared->slots[shared->taken_out.load() % Shared::slot_count];
            project_one(projection, slot.sequence, slot.bytes);
            // Given back after the work, not before: until then its bytes are in memory.
            shared->queued_bytes.fetch_sub(slot.bytes.size());
            shared->taken_out.fetch_add(1);
            shared->for_reader.ring();
            if (projection.uncommitted_rows() >= shared->options.catch_up.rows_per_commit) commit();
        }
    } catch (const std::exception& error) {
        // An interrupted statement throws as well. That was asked for and is no failure.
        if (!shared->stop.load()) {
            // The text before the flag: other threads read it once they have seen the flag.
            shared->failure = error.what();
            shared->has_failed = true;
        }
    }
    shared->projector_ended.set_value();
}

}  // namespace tuma::ledger
