// What the running switch makes of its journal on the side: snapshots and the SQL projection.
#pragma once

#include "ledger/projection/projection_follower.h"
#include "ledger/words/id.h"
#include "switch/ops/metrics.h"
#include "switch/ops/settings.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>

namespace tuma {

/// Makes snapshots beside the running engine, one at a time, on a thread of its own.
class Snapshotter {
public:
    /// `replayed` events count too, else a switch that ends early again and again would never make
    /// one. Requires: `settings` stay.
    Snapshotter(const net::Settings& settings, TransferId next_transfer, std::uint64_t replayed);
    Snapshotter(const Snapshotter&) = delete;
    Snapshotter& operator=(const Snapshotter&) = delete;
    ~Snapshotter() { stop(); }

    /// Starts one of what is durable up to batch `sequence` when enough transfers have come since
    /// the last. One thread calls it.
    void tick(std::uint64_t sequence, std::uint64_t next_transfer);
    void stop();

    /// The last batch of the newest snapshot made here; 0 for none.
    std::uint64_t sequence() const { return sequence_; }

private:
    void build(std::uint64_t up_to, const std::stop_token& stop);

    const net::Settings& settings_;
    std::uint64_t last_transfer_;
    std::atomic<bool> is_busy_ = false;
    std::atomic<std::uint64_t> sequence_ = 0;
    std::jthread thread_;
};

/// The projection's follower, if there is to be one. Its faults never stop the switch.
class Projecting {
public:
    explicit Projecting(const net::Settings& settings);

    /// Tells it how far the journal is durable, and the metrics how far it is itself.
    void tick(std::uint64_t sequence, net::Metrics& metrics);
    void stop();

private:
    std::optional<ledger::ProjectionFollower> follower_;
    bool is_failure_told_ = false;
};

}  // namespace tuma
