// Follows the journal with the projection while the server runs, out of everybody's way.
#pragma once

#include "ledger/projection/projection.h"
#include "ledger/store/journal_store.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

namespace tuma::ledger {

/// How a follower behaves.
struct FollowerOptions {
    CatchUpOptions catch_up{.rows_per_commit = 20'000};
    /// Bytes of batches read but not yet projected; one batch is always let in.
    std::size_t queue_bytes_max = 4U << 20U;
    /// False leaves the projecting thread at normal priority.
    bool is_idle_priority = true;
};

/// Two threads. One reads the journal at normal priority in short reads and queues the batches; the
/// other projects them at idle priority. They are apart because a thread that may be starved must
/// not stand inside a read of the journal: as long as a read lasts, SQLite cannot reset the
/// journal's write-ahead log, and it would grow without bound.
///
/// A fault of the projection (disk full, damage) stops the following and nothing else.
class ProjectionFollower {
public:
    /// Opens the projection; throws StoreError when that is not possible.
    ProjectionFollower(const std::filesystem::path& path, std::unique_ptr<JournalReader> journal,
                       const FollowerOptions& options = {});
    ProjectionFollower(const ProjectionFollower&) = delete;
    ProjectionFollower& operator=(const ProjectionFollower&) = delete;
    /// As `stop` without patience.
    ~ProjectionFollower();

    /// The journal's batch `sequence` is durable. Takes no lock. Any thread.
    void notify(std::uint64_t sequence);

    /// Batches that are durable but not yet committed to the projection. Any thread.
    std::uint64_t lag() const;
    /// Last batch committed to the projection. Any thread.
    std::uint64_t projected() const;
    /// Processor time that both threads have taken, as of a moment ago. Any thread.
    std::chrono::microseconds cpu() const;
    /// True once a fault has ended the following; `failure` then says which. Any thread.
    bool has_failed() const;
    std::string failure() const;
    /// Why the projection was begun anew, or an empty text. Any thread.
    std::string note() const;

    /// Ends both threads. The reader is waited for; it runs at normal priority and its reads are
    /// short. The projecting thread is told to drop its open transaction and given `patience`; at
    /// idle priority it may not get a processor at all, so after that it is left to itself and ends
    /// with the process. What it had not committed is projected by the next start or `tuma
    /// project`. Returns whether the projecting thread ended in time.
    bool stop(std::chrono::milliseconds patience = std::chrono::milliseconds{200});

private:
    struct Shared;
    static void read(const std::shared_ptr<Shared>& shared, JournalReader& journal);
    static void project(const std::shared_ptr<Shared>& shared);

    std::unique_ptr<JournalReader> journal_;
    std::shared_ptr<Shared> shared_;
    std::thread reader_;
    std::thread projector_;
    bool is_stopped_ = false;
};

}  // namespace tuma::ledger
