#include "switch/serve/background.h"

#include "ledger/projection/projection.h"
#include "ledger/store/snapshot.h"
#include "ledger/store/snapshot_builder.h"
#include "ledger/store/sqlite_journal.h"
#include "switch/ops/log.h"
#include "switch/serve/open_books.h"

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace tuma {

using net::log_event;
using net::LogLevel;

Snapshotter::Snapshotter(const net::Settings& settings, TransferId next_transfer,
                         std::uint64_t replayed)
    : settings_(settings),
      last_transfer_(next_transfer.value - std::min(next_transfer.value, replayed)) {}

void Snapshotter::tick(std::uint64_t sequence, std::uint64_t next_transfer) {
    // One at a time: each needs the memory of a second state.
    if (settings_.snapshot_every == 0 || is_busy_) return;
    if (next_transfer - last_transfer_ < settings_.snapshot_every) return;
    // Counted from the beginning of the work, so that the intervals do not grow by its duration.
    last_transfer_ = next_transfer;
    is_busy_ = true;
    // The last thread has ended, since it was not busy, so assigning waits for nothing.
    thread_ =
        std::jthread([this, sequence](const std::stop_token& stop) { build(sequence, stop); });
}

void Snapshotter::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void Snapshotter::build(std::uint64_t up_to, const std::stop_token& stop) {
    // A little nicer than the engine, but never starved: it reads the journal.
    setpriority(PRIO_PROCESS, 0, 5);
    try {
        // Its own connections: those of the engine belong to its threads.
        ledger::SqliteJournalReader reader(settings_.data);
        ledger::SnapshotFolder snapshots(settings_.data);
        ledger::StateLimits limits = limits_of(settings_);
        // Nobody asks this state about keys that have left it.
        limits.key_filter_bytes = 0;
        const auto built = ledger::build_snapshot(reader, snapshots, limits, up_to, stop);
        if (built) {
            sequence_ = *built;
            log_event(LogLevel::info, "snapshot", {{"sequence", *built}});
        }
    } catch (const std::exception& error) {
        // The journal alone suffices for a restart; the next snapshot may succeed.
        log_event(LogLevel::error, "snapshot_failed", {{"why", std::string(error.what())}});
    }
    // Last, since the next tick may assign a new thread once it is false.
    is_busy_ = false;
}

Projecting::Projecting(const net::Settings& settings) {
    if (settings.project == "off") return;
    try {
        follower_.emplace(ledger::projection_path(settings.data),
                          std::make_unique<ledger::SqliteJournalReader>(settings.data));
        if (const std::string note = follower_->note(); !note.empty())
            log_event(LogLevel::warn, "projection_note", {{"note", note}});
    } catch (const ledger::StoreError& error) {
        // Not passed on: payments need no projection, and `tuma project` can make it later.
        log_event(LogLevel::error, "projection_failed", {{"why", std::string(error.what())}});
    }
}

void Projecting::tick(std::uint64_t sequence, net::Metrics& metrics) {
    if (!follower_) return;
    follower_->notify(sequence);
    metrics.projection_sequence.set(static_cast<std::int64_t>(follower_->projected()));
    metrics.projection_cpu_us.raise_to(static_cast<std::uint64_t>(follower_->cpu().count()));
    // Told once; the metrics go on saying where it stopped.
    if (!follower_->has_failed() || is_failure_told_) return;
    is_failure_told_ = true;
    log_event(LogLevel::error, "projection_failed", {{"why", follower_->failure()}});
}

void Projecting::stop() {
    if (follower_) follower_->stop();
}

}  // namespace tuma
