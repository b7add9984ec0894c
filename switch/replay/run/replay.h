// All rails of a plan over the same sales.
#pragma once

#include "switch/replay/run/result.h"
#include "switch/replay/sales/outgoings.h"
#include "switch/replay/sales/plan.h"
#include "switch/replay/sales/sales.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace tuma::replay {

struct ReplayOptions {
    int threads = 1;
    /// Where each rail's journal is kept, in a folder of its own; empty: nowhere.
    std::filesystem::path books;
    /// What measures the time spent; without it all times are 0.
    std::function<std::chrono::nanoseconds()> clock;
    /// Called now and then with the newest day played on all rails and the payments decided so far.
    std::function<void(core::LocalDay, std::uint64_t)> progress;
};

/// Plays the sales on every rail. The file is read once, in pieces of whole days; all rails play
/// the same piece. The result is the same whatever the number of threads, but for times. Payments
/// that a rail cannot carry are listed in its result and left out of it; whether that will do is
/// for the caller to say. Refuses figures beyond the range of amounts. `dated` null: the plan's
/// rule of outgoings. Throws ledger::StoreError, std::runtime_error when the file changes.
Result<ReplayResult> replay(const Plan& plan, const SalesFile& sales, const DatedOutgoings* dated,
                            const ReplayOptions& options);

}  // namespace tuma::replay
