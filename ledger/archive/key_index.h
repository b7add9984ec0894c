// Where request keys are found that have left memory: a projection of the journal in files.
#pragma once

#include "ledger/archive/key_run.h"
#include "ledger/records/batch.h"
#include "ledger/state/request_keys.h"
#include "ledger/store/journal_store.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace tuma::ledger {

struct KeyIndexOptions {
    /// So many neighbouring runs of about one size become one.
    std::size_t merge_runs = 8;
};

/// How far the journal is durable, as far as requests go.
struct DurableRequests {
    std::uint64_t end = 0;       ///< number of the request behind the last durable one
    std::uint64_t sequence = 0;  ///< a batch in which all of them are
    Hash batch_hash{};           ///< its hash
    Timestamp time{};            ///< its time
};

/// The request keys of the retention window that need not be in memory. Requests are copied from
/// the ring into runs (ledger/archive/key_run.h) once they are durable and half of the ring is in
/// no run, an eighth of the ring at a time, long before they have to leave it; runs grow together
/// and go when they are older than the window. What is missing or damaged at the start is made
/// again from the journal.
///
/// One thread calls `step_write` and one `step_merge`; `start` begins both.
class KeyIndex {
public:
    /// Makes the directory if it is not there. Throws StoreError.
    KeyIndex(const std::filesystem::path& directory, const KeyIndexOptions& options);
    ~KeyIndex();
    KeyIndex(const KeyIndex&) = delete;
    KeyIndex& operator=(const KeyIndex&) = delete;

    using Progress = std::function<void(std::uint64_t sequence, std::uint64_t requests)>;
    /// Reads and checks the files, makes them anew from `journal` when a request of the window is
    /// neither in them nor in `ring`, and has `ring` keep what they do not have. `durable` is where
    /// the journal ends. Returns what a person should know. Throws StoreError, also when `stop` was
    /// requested.
    /// Requires: called once, first; `ring` has a filter, and its requests stay where they are in
    /// memory.
    std::vector<std::string> open(JournalReader& journal, RequestKeys& ring,
                                  const DurableRequests& durable, const Progress& progress = {},
                                  const std::stop_token& stop = {});

    /// The journal is durable so far. Any thread.
    void notify(const DurableRequests& durable);
    /// Requests before this number are found here. Any thread.
    std::uint64_t kept_until() const { return kept_until_.load(std::memory_order_acquire); }
    /// The newest request with this key among those, or nothing. Any thread.
    /// Throws StoreError and KeyRunError.
    std::optional<RememberedRequest> find(const RequestKey& key) const;

    /// Writes the next run and removes what is too old. False when there was nothing to do.
    /// Throws StoreError.
    bool step_write();
    /// Makes one run of several. False when there was nothing to do. Throws as `find`.
    bool step_merge();

    /// Does these steps on two threads until `stop`. What goes wrong is told to `report` and tried
    /// again after a while; meanwhile nothing is forgotten.
    void start(std::function<void(const std::string&)> report);
    void stop();

    /// Runs, and bytes of their files. Any thread.
    std::size_t runs() const;
    std::uint64_t disk_bytes() const;

    /// Requests side by side in a ring, which may go round its end between two of them.
    class Block {
    public:
        Block(const RingView& ring, std::uint64_t first)
            : ring_(ring), begin_(static_cast<std::size_t>((first - ring.base) % ring.capacity)) {}
        /// Requires: i < capacity. A division for each of millions would be felt.
        const RememberedRequest& operator[](std::size_t i) const {
            const std::size_t place = begin_ + i;
            return ring_.requests[place < ring_.capacity ? place : place - ring_.capacity];
        }

    private:
        RingView ring_;
        std::size_t begin_;
    };

private:
    using Runs = std::vector<std::shared_ptr<const KeyRun>>;

    Runs all_runs() const;
    std::string load(JournalReader& journal, RequestKeys& ring);
    std::string violation(JournalReader& journal, const RequestKeys& ring) const;
    void make_anew(JournalReader& journal, RequestKeys& ring, const DurableRequests& durable,
                   const Progress& progress, const std::stop_token& stop);
    void add_run(const RingView& requests, std::uint64_t first, std::uint64_t end,
                 const DurableRequests& durable);
    std::filesystem::path write_run(const Block& block, const KeyRunFacts& facts);
    void remove_all();
    void retire(Timestamp now);
    Runs mergeable() const;
    void replace(const Runs& parts, std::shared_ptr<const KeyRun> whole);
    void run_steps(const std::stop_token& stop, bool (KeyIndex::*step)(), int niceness);

    std::filesystem::path directory_;
    KeyIndexOptions options_;
    RingView ring_;
    std::uint64_t block_ = 1;          ///< requests of a run when it is written
    std::uint64_t unwritten_max_ = 1;  ///< with so many that no run has, one is written
    std::uint64_t run_seed_ = 0;       ///< that of the files, which is kept over restarts
    Duration retention_{};
    std::int64_t before_us_ = 0;  ///< time of the last request that was written, or later

    mutable std::mutex mutex_;  ///< guards what follows, down to `rings_`
    Runs runs_;                 ///< oldest first
    DurableRequests durable_;
    std::uint64_t rings_ = 0;  ///< how often there was something new to do
    std::atomic<std::uint64_t> kept_until_{0};

    std::function<void(const std::string&)> report_;
    std::condition_variable_any wakes_;
    std::jthread writer_;
    std::jthread merger_;
};

}  // namespace tuma::ledger
